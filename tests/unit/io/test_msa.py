"""One door for every alignment format, and the check against the query."""

import gzip
from pathlib import Path

import pytest

from protfold.constants.residues import decode
from protfold.errors import InputError
from protfold.io import read_msa

A3M = ">q\nACDE\n>b\nAwC-E\n"
TEXTS = {
    "x.a3m": A3M,
    "server.a3m": "#4\t1\n" + A3M,
    "x.fasta": A3M,
    "x.a2m": ">q\nA.CDE\n>b\nAwC-E\n",
    "x.fa": ">q\nA-CDE\n>b\nAWC-E\n",
    "x.sto": "# STOCKHOLM 1.0\nq A.CDE\nb AWC-E\n//\n",
    "x.aln": "A-CDE\nAWC-E\n",
    "odd.a3m": "# STOCKHOLM 1.0\nq A.CDE\nb AWC-E\n//\n",
    "no_extension": ">q\nACDE\n>b\nAwC-E\n",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("packed", [False, True])
def test_the_format_is_known_without_being_told(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / (name + ".gz" * packed)
    path.write_bytes(gzip.compress(TEXTS[name].encode()) if packed else TEXTS[name].encode())
    msa = read_msa(path, query="ACDE")
    assert [decode(row) for row in msa.residues] == ["ACDE", "AC-E"]
    assert msa.deletions.tolist() == [[0, 0, 0, 0], [0, 1, 0, 0]]
    assert msa.source == str(path)


@pytest.mark.parametrize("format", ["a3m", "fasta", "a2m", "stockholm", "aln"])
def test_a_format_that_is_given_is_obeyed(tmp_path: Path, format: str) -> None:
    text = {"stockholm": TEXTS["x.sto"], "aln": TEXTS["x.aln"], "a3m": A3M}.get(format, TEXTS["x.fa"])
    (tmp_path / "x").write_text(text)
    assert read_msa(tmp_path / "x", format=format).deletions.sum() == 1
    (tmp_path / "y").write_text({"stockholm": A3M}.get(format, TEXTS["x.sto"]))
    with pytest.raises(InputError):
        read_msa(tmp_path / "y", format=format)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "ACDEF",
            "x.a3m (record 'q'): the first row is not the query: they agree up to position 4, where one ends (lengths 4 in the ",
        ),
        ("ACD", "they agree up to position 3, where one ends (lengths 4 in the alignment, 3 in the sequence)"),
        ("AWDEK", "position 2 is C in the alignment and W in the sequence (lengths 4 in the alignment, 5 in the sequence)"),
        ("AC1E", "the query sequence cannot be compared with the alignment: character '1' at position 3"),
    ],
)
def test_another_query_is_told(tmp_path: Path, query: str, message: str) -> None:
    (tmp_path / "x.a3m").write_text(A3M)
    with pytest.raises(InputError) as raised:
        read_msa(tmp_path / "x.a3m", query=query)
    assert message in str(raised.value)


def test_the_query_is_compared_as_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.a3m").write_text(">q\nUBZJ\n")
    assert read_msa(tmp_path / "x.a3m", query="ubzj").depth == 1
    assert read_msa(tmp_path / "x.a3m", query="CDEX").depth == 1


def test_rows_of_different_length_are_told_as_an_alignment_problem(tmp_path: Path) -> None:
    (tmp_path / "x.fasta").write_text(">q\nACDE\n>b\nAC\n")
    with pytest.raises(InputError, match="2 aligned characters where the first row has 4"):
        read_msa(tmp_path / "x.fasta")
