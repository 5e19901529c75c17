"""Options that cannot run are refused with the cure."""

from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.runs.options import FoldOptions


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": ()}, "no weights"),
        ({"search": "jackhmmer"}, "needs a database"),
        ({"search": "jackhmmer", "database": "/nowhere.fasta"}, "no such database"),
        ({"num_seeds": 0}, "--num-seeds is 0; give 1 or more"),
        ({"seed": -1}, "--seed is -1"),
        ({"recycles": -1}, "--recycles is -1"),
        ({"recycle_tolerance": -0.1}, "--recycle-tolerance is -0.1"),
        ({"recycle_tolerance": float("nan")}, "--recycle-tolerance is nan"),
        ({"recycle_tolerance": float("inf")}, "--recycle-tolerance is inf"),
        ({"threads": 0}, "--threads is 0"),
        ({"max_msa": (0, 5)}, "--max-msa is 0:5"),
    ],
)
def test_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        FoldOptions(**change)


def test_database_without_search_is_refused(tmp_path: Path) -> None:
    (tmp_path / "db.fasta").write_text(">a\nMKV\n")
    with pytest.raises(InputError, match="--search is none"):
        FoldOptions(database=str(tmp_path / "db.fasta"))


def test_seeds_count_up() -> None:
    assert FoldOptions(seed=5, num_seeds=3).seeds == (5, 6, 7)
