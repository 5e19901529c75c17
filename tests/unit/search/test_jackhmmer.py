"""The in-process search against the program it stands for, and its manners with odd databases."""

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import GAP, decode
from protfold.errors import SearchError
from protfold.search import Jackhmmer, SearchResult, jackhmmer, open_database
from tests.unit.search.conftest import QUERY, write_fasta


def search(path: Path, **settings: object) -> SearchResult:
    return Jackhmmer(database=open_database(path), **settings).search(QUERY)


def names(result: SearchResult) -> list[str]:
    return [description.split("/")[0] for description in result.msa.descriptions]


def test_finds_relatives_and_only_them(database: Path) -> None:
    result = search(database)
    assert {*names(result)[1:]} >= {f"relative_{i}" for i in range(6)} | {"relative_twice"}
    assert not [name for name in names(result) if name.startswith("stranger")]
    assert result.notes == ()


def test_query_is_row_0_and_rows_fit_its_columns(database: Path, relatives: dict[str, str]) -> None:
    """The aligned residues and the counted insertions are together a stretch of the target."""
    msa = search(database).msa
    assert decode(msa.residues[0]) == QUERY
    assert not msa.deletions[0].any()
    for description, residues, deletions in zip(msa.descriptions[1:], msa.residues[1:], msa.deletions[1:], strict=True):
        name, span = description.split()[0].split("/")
        first, last = map(int, span.split("-"))
        stretch = relatives[name][first - 1 : last]
        inserted = int(deletions.sum())
        assert (residues != GAP).sum() + inserted == len(stretch)
        position = 0
        for residue, count in zip(residues, deletions, strict=True):
            position += int(count)
            if residue != GAP:
                assert decode(residue[None]) == stretch[position]
                position += 1


def test_domains_of_one_target_are_rows_of_their_own(database: Path) -> None:
    assert names(search(database)).count("relative_twice") == 2


def test_equals_the_program(database: Path, tmp_path: Path) -> None:
    """`jackhmmer -N 1` with AlphaFold's options, its Stockholm reduced to query columns: same rows, order, residues, insertions."""
    program = shutil.which("jackhmmer")
    if program is None:
        pytest.skip("HMMER's jackhmmer is not installed")
    query = write_fasta(tmp_path / "query.fasta", {"query": QUERY})
    output = tmp_path / "out.sto"
    options = ["--noali", "--F1", "0.0005", "--F2", "5e-05", "--F3", "5e-07", "--incE", "0.0001", "-E", "0.0001", "-N", "1"]
    subprocess.run([program, *options, "-A", output, "-o", tmp_path / "log", query, database], check=True)
    msa = search(database).msa
    rows = list(stockholm_rows(output))
    assert [description.split()[0] for description in msa.descriptions] == [name for name, _, _ in rows]
    assert np.array_equal(msa.deletions, [deletions for _, _, deletions in rows])
    assert [decode(row) for row in msa.residues] == [residues for _, residues, _ in rows]


def stockholm_rows(path: Path) -> Iterator[tuple[str, str, list[int]]]:
    """Name, residues over the query's columns and insertions before each of them."""
    rows: dict[str, str] = {}
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith(("#", "//")):
            name, aligned = line.split()
            rows[name] = rows.get(name, "") + aligned
    query = next(iter(rows.values()))
    for name, aligned in rows.items():
        residues, deletions, pending = "", [], 0
        for of_query, letter in zip(query, aligned, strict=True):
            if of_query not in ".-":
                residues += letter.upper().replace(".", "-")
                deletions.append(pending)
                pending = 0
            elif letter not in ".-":
                pending += 1
        yield name, residues, deletions


def test_blocks_and_threads_change_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = search(database)
    monkeypatch.setattr(jackhmmer, "BLOCK_RESIDUES", 3000)
    for threads in (1, 3):
        blocks = search(database, threads=threads)
        assert blocks.msa.descriptions == whole.msa.descriptions
        assert np.array_equal(blocks.msa.residues, whole.msa.residues)
        assert np.array_equal(blocks.msa.deletions, whole.msa.deletions)


def test_gzip_gives_the_same(database: Path, tmp_path: Path) -> None:
    packed = tmp_path / "small.fasta.gz"
    packed.write_bytes(gzip.compress(database.read_bytes()))
    assert np.array_equal(search(packed).msa.residues, search(database).msa.residues)


def test_stops_are_no_residues(tmp_path: Path, relatives: dict[str, str]) -> None:
    """A final `*` changes nothing; one inside is an unknown residue."""
    plain = {name: sequence for name, sequence in relatives.items() if name != "relative_0"}
    ended = {name: sequence + "*" for name, sequence in plain.items()}
    without, with_stops = search(write_fasta(tmp_path / "a.fasta", plain)), search(write_fasta(tmp_path / "b.fasta", ended))
    assert np.array_equal(without.msa.residues, with_stops.msa.residues)
    inside = search(write_fasta(tmp_path / "c.fasta", {"inside": QUERY[:60] + "*" + QUERY[61:]}))
    assert decode(inside.msa.residues[1]) == QUERY[:60] + "X" + QUERY[61:]


def test_unusable_targets_are_reported(tmp_path: Path) -> None:
    path = write_fasta(tmp_path / "odd.fasta", {"titan": "A" * 100_001, "nothing": "", "stop": "*", "same": QUERY})
    result = search(path)
    assert names(result) == ["query", "same"]
    assert result.notes == (
        "1 database sequences over 100000 residues were not searched: titan",
        "2 database records without residues were not searched",
    )


def test_rows_beyond_the_limit_are_cut_and_reported(database: Path) -> None:
    whole, cut = search(database), search(database, max_rows=4)
    assert cut.msa.descriptions == whole.msa.descriptions[:4]
    assert cut.notes == (f"{whole.msa.depth - 4} of {whole.msa.depth - 1} aligned hits are beyond the limit of 4 rows",)


def test_no_hit_leaves_the_query(tmp_path: Path) -> None:
    assert search(write_fasta(tmp_path / "far.fasta", {"far": "ACDEFGHIKL" * 20})).msa.depth == 1


@pytest.mark.parametrize("content", [b"", b"no fasta at all\n", b">a\nMK1V\n", b"\x1f\x8bdamaged"])
def test_damaged_databases_are_search_errors(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "damaged.fasta"
    path.write_bytes(content)
    with pytest.raises(SearchError, match=r"damaged\.fasta"):
        search(path)


def test_a_cut_archive_is_not_searched_in_part(database: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.fasta.gz"
    packed = gzip.compress(database.read_bytes())
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(SearchError, match=r"cut\.fasta\.gz"):
        search(path)
