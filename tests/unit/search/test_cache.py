"""What was found once is not searched again, and a damaged memory costs only time."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import GAP, encode
from protfold.entities import Msa
from protfold.search import Jackhmmer, SearchResult, cached_search, open_database
from protfold.search.cache import cache_path
from tests.unit.search.conftest import QUERY


@dataclass
class CountingEngine:
    """Finds one gapped row, and counts how often it was asked."""

    identity: dict[str, str | int | float]
    searches: list[str] = field(default_factory=list)

    def search(self, sequence: str) -> SearchResult:
        self.searches.append(sequence)
        residues = np.stack([encode(sequence), np.full(len(sequence), GAP, np.int8)])
        residues[1, 1] = residues[0, 1]
        deletions = np.zeros(residues.shape, np.int32)
        deletions[1, 1] = 3
        msa = Msa(residues=residues, deletions=deletions, descriptions=("query", "hit/1-5 é"), source="counting")
        return SearchResult(msa=msa, notes=("one left out",))


def same(first: SearchResult, second: SearchResult) -> bool:
    return (
        np.array_equal(first.msa.residues, second.msa.residues)
        and np.array_equal(first.msa.deletions, second.msa.deletions)
        and first.msa.descriptions == second.msa.descriptions
        and first.msa.source == second.msa.source
        and first.notes == second.notes
    )


def test_second_time_comes_from_the_cache_unchanged() -> None:
    engine = CountingEngine({"engine": "a"})
    assert same(cached_search(engine, "MKVL"), cached_search(engine, "MKVL"))
    assert engine.searches == ["MKVL"]


def test_another_sequence_setting_or_database_is_another_question(database: Path) -> None:
    engine = Jackhmmer(database=open_database(database))
    other = Jackhmmer(database=open_database(database), max_rows=9)
    paths = {cache_path(engine, "MKVL"), cache_path(engine, "MKV"), cache_path(other, "MKVL")}
    assert len(paths) == 3
    assert cache_path(Jackhmmer(database=open_database(database), threads=2), "MKVL") in paths


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-4], lambda data: b"", lambda data: data.replace(b"M", b"W"), lambda data: b"\xff"]
)
def test_damaged_entry_is_searched_again(damage: object) -> None:
    engine = CountingEngine({"engine": "a"})
    first = cached_search(engine, "MKVL")
    path = cache_path(engine, "MKVL")
    path.write_bytes(damage(path.read_bytes()))
    assert same(cached_search(engine, "MKVL"), first)
    assert len(engine.searches) == 2
    assert same(cached_search(engine, "MKVL"), first)
    assert len(engine.searches) == 2


def test_unwritable_cache_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROTFOLD_CACHE_DIR", str(tmp_path / "file" / "below"))
    assert cached_search(CountingEngine({"engine": "a"}), "MKVL").msa.depth == 2


def test_real_search_survives_the_cache(database: Path) -> None:
    engine = Jackhmmer(database=open_database(database))
    assert same(cached_search(engine, QUERY), engine.search(QUERY))
    assert same(cached_search(engine, QUERY), engine.search(QUERY))
