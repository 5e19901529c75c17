"""What `DONE` promises."""

import json
from pathlib import Path

import pytest

from protfold.runs import store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A complete target."""
    (tmp_path / "scores.json").write_text("{}")
    store.complete(tmp_path, "key", ["scores.json"])
    return tmp_path


def test_complete_for_its_key_only(folder: Path) -> None:
    assert store.is_complete(folder, "key")
    assert not store.is_complete(folder, "another")


def test_not_complete_without_a_file(folder: Path) -> None:
    (folder / "scores.json").unlink()
    assert not store.is_complete(folder, "key")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"key": "key"}', "null"])
def test_damaged_done_is_not_done(folder: Path, content: str) -> None:
    (folder / "DONE").write_text(content)
    assert not store.is_complete(folder, "key")


def test_clear_takes_done_away_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = []
    unlink = Path.unlink
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: (removed.append(path.name), unlink(path, missing_ok)))
    (folder / "mine.txt").write_text("")
    store.clear(folder)
    assert removed == ["DONE", "scores.json"]
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_complete_removes_stage_files(tmp_path: Path) -> None:
    (tmp_path / store.STAGES).mkdir()
    (tmp_path / store.STAGES / "x").write_text("")
    store.complete(tmp_path, "key", [])
    assert [path.name for path in tmp_path.iterdir()] == ["DONE"]
    assert json.loads((tmp_path / "DONE").read_text()) == {"key": "key", "files": []}


def test_content_key_depends_on_values_alone() -> None:
    assert store.content_key({"a": 1, "b": 2}) == store.content_key({"b": 2, "a": 1})
    assert (
        len({store.content_key(*parts) for parts in (["ab"], ["a", "b"], [["a", "b"]], [None], ["None"], [1], [1.5], ["1"])}) == 8
    )
