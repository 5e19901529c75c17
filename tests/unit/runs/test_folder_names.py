"""Folder names: one path component, safe everywhere, never shared, the same for the same request."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protfold.runs.folder_names import MAX_SLUG, folder_names

HOSTILE = [
    "..", ".", "", "/", "a/b", "a\\b", "/etc/passwd", "../../x", "a\0b", "x" * 10_000, "CON", "nul.txt", "COM1", "aux", "-rf", "~",
    "a b", "a_b", "A_B", "\u0430bc", "abc", "ａｂｃ", "e\u0301", "\u00e9", "a.", "a..", ".hidden", "summary.csv", "summary.json",
    "summary", "report.html", "a\nb", "\u202eabc", "a:b", "*?", "a%2Fb", "\ud800", ".stages", "DONE", " ", "abc ", "target_",
    "$(reboot)",
]  # fmt: skip


def check(ids: list[str], names: list[str]) -> None:
    assert len({name.casefold() for name in names}) == len(ids)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name)
        assert not name.endswith(".")
        assert len(name) <= MAX_SLUG + len("target_") + 9
        assert Path("out", name).resolve().parent == Path("out").resolve()
        assert name.split(".")[0].casefold() not in {"con", "prn", "aux", "nul", "com1", "lpt1", "summary"}
        assert unicodedata.is_normalized("NFC", name)


def test_hostile_ids_stay_apart_and_inside() -> None:
    check(HOSTILE, folder_names(HOSTILE, ["MKV"] * len(HOSTILE)))


@given(st.lists(st.text(), max_size=30))
def test_any_ids_stay_apart_and_inside(ids: list[str]) -> None:
    check(ids, folder_names(ids, ["MKV"] * len(ids)))


def test_ten_thousand_ids_that_shorten_to_one_slug() -> None:
    ids = [f"{'x' * 60}/{i}" for i in range(10_000)]
    check(ids, folder_names(ids, ["MKV"] * len(ids)))


@pytest.mark.parametrize("id", ["1ubq_A", "T1019s1", "sp-P0CG48.2", "a" * MAX_SLUG])
def test_a_safe_id_is_its_own_folder(id: str) -> None:
    assert folder_names([id], ["MKV"]) == [id]


def test_a_changed_id_tells_so() -> None:
    """`a b` never gets the folder that `a_b` has, whether or not both are there."""
    (alone,) = folder_names(["a b"], ["MKV"])
    assert alone.startswith("a_b-")
    assert folder_names(["a_b", "a b"], ["MKV", "MKV"]) == ["a_b", alone]
    assert folder_names(["a b", "a_b"], ["MKV", "MKV"]) == [alone, "a_b"]


def test_one_id_for_two_contents_gives_two_folders() -> None:
    first, second = folder_names(["a", "a"], ["MKV", "GIV"])
    assert first == "a"
    assert second.startswith("a-")
    assert folder_names(["a", "a"], ["MKV", "GIVE"])[1] != second


def test_case_alone_does_not_tell_folders_apart() -> None:
    assert len({name.lower() for name in folder_names(["Abc", "aBC", "abc"], ["M", "M", "M"])}) == 3
