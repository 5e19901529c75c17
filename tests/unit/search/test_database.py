"""A database is known by its content; the digest is remembered for a file that did not change."""

import hashlib
import os
from pathlib import Path

import pytest

from protfold.errors import SearchError
from protfold.search import database, open_database


def test_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(b">a\nMKV\n")
    assert open_database(path).sha256 == hashlib.sha256(b">a\nMKV\n").hexdigest()


def test_digest_is_computed_once_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(b">a\nMKV\n")
    first = open_database(path)
    computed = []
    monkeypatch.setattr(database, "_digest", lambda path: computed.append(path) or "new")
    assert open_database(path) == first
    assert computed == []
    os.utime(path, ns=(1, 1))
    assert open_database(path).sha256 == "new"


def test_damaged_memory_is_computed_again(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(b">a\nMKV\n")
    first = open_database(path)
    (remembered,) = (cache / "databases").iterdir()
    remembered.write_text("{}")
    assert open_database(path) == first


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"")])
def test_missing_folder_and_empty_are_errors(tmp_path: Path, make: object) -> None:
    path = tmp_path / "a.fasta"
    make(path)
    with pytest.raises(SearchError, match=r"a\.fasta"):
        open_database(path)


def test_unwritable_cache_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.fasta"
    path.write_bytes(b">a\nMKV\n")
    monkeypatch.setenv("PROTFOLD_CACHE_DIR", str(path / "below_a_file"))
    assert open_database(path).sha256 == hashlib.sha256(b">a\nMKV\n").hexdigest()
