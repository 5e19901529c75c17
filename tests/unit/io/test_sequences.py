"""Sequences from FASTA and CSV: what is accepted, what is told."""

import gzip
import io
import string
from pathlib import Path

import pytest
from Bio import SeqIO
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.entities import Sequence
from protfold.errors import InputError
from protfold.io import parse_csv, parse_fasta, read_sequences

FASTA = ">one first  protein\nACDE\nfghi\n\n>two\tx\nACDEFGHIKLMNPQRSTVWYUOBZJX*\n>pair\nAC*:DE\n:\nFG\n"
CSV = 'id,sequence,description\none,ACDEfghi,"first  protein"\n\n two ,"ACDEFGHIKLMNPQRSTVWY\nUOBZJX*",x\npair,AC*:DE:FG,\n'
EXPECTED = [
    Sequence(id="one", chains=("ACDEFGHI",), description="first  protein"),
    Sequence(id="two", chains=("ACDEFGHIKLMNPQRSTVWYUOBZJX",), description="x"),
    Sequence(id="pair", chains=("AC", "DE", "FG")),
]
names = st.text(string.ascii_letters + string.digits + "_|.", min_size=1, max_size=6)
residues = st.text("ACDEFGHIKLMNPQRSTVWYUOBZJX", min_size=1, max_size=20)


def test_fasta_and_csv_hold_the_same() -> None:
    assert parse_fasta(FASTA) == EXPECTED
    assert parse_csv(CSV) == EXPECTED


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "ascii"])
def test_files_of_any_line_end_and_encoding(tmp_path: Path, line_end: str, encoding: str) -> None:
    for name, text in (("x.fasta", FASTA), ("x.CSV", CSV), ("x.csv.gz", CSV), ("x.fa.gz", "; note\n\n" + FASTA)):
        content = text.replace("\n", line_end).encode(encoding)
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        assert read_sequences(tmp_path / name) == EXPECTED


@given(st.lists(st.tuples(names, residues), min_size=1, max_size=5, unique_by=lambda record: record[0]), st.integers(1, 9))
@settings(max_examples=100, deadline=None)
def test_agrees_with_biopython_however_lines_are_wrapped(records: list[tuple[str, str]], width: int) -> None:
    text = "".join(
        f">{name} text\n" + "".join(f"{letters[i : i + width]}\n" for i in range(0, len(letters), width))
        for name, letters in records
    )
    ours = parse_fasta(text)
    assert [(record.id, record.chains[0]) for record in ours] == records
    assert [(record.id, record.chains[0]) for record in ours] == [
        (other.id, str(other.seq)) for other in SeqIO.parse(io.StringIO(text), "fasta")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACDE\n", "f:1: no line begins with '>': put a header such as '>name' before the residues"),
        ("# x\n>a\nAC\n", "f:1: text before the first header"),
        (">\nAC\n", "f:1: record 1 has no name; write one after '>'"),
        (">a\nAC\n>  \nAC\n", "f:3: record 2 has no name"),
        (">a\nAC\n>b\n>c\nAC\n", "f:3 (record 'b'): it has no residues"),
        (">a\n*\n", "f:1 (record 'a'): it has no residues"),
        (">a\nAC\n>b x\nAC\n>a y\nAC\n", "f:5 (record 'a'): the name is already taken by the record at line 1; give each its own"),
        (">a\nAC\n DE\nFG1\n", "f:4 (record 'a'): character '1' is no residue at position 7"),
        (">a\nAC\n-DE\n", "f:3 (record 'a'): gap '-': give the sequence unaligned"),
        (">a\nAC*D\n", "f:2 (record 'a'): '*' (a stop) inside the sequence at position 3"),
        (">a\nAC**\n", "'*' (a stop) inside the sequence at position 3"),
        (">a\nA\u0421\n", "character '\u0421' is no residue at position 2"),
        (">a\nA\u00dfC\n", "character '\u00df' is no residue at position 2"),
        (">a\nA\0C\n", "character '\\x00' is no residue at position 2"),
        (">a\nAC::DE\n", "f:1 (record 'a'): chain 2 of 3 (chains are separated by ':') has no residues"),
        (">a\nAC:\n", "chain 2 of 2 (chains are separated by ':') has no residues"),
    ],
)
def test_a_broken_fasta_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_fasta(text, source="f")
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a,AC\n",
            "f:1: the first line must name the columns id,sequence (and description, if any), separated by commas; found 'a,AC'",
        ),
        ("id;sequence\na;AC\n", "separated by commas; found 'id;sequence'"),
        ("id,sequence,id\n", "the first line must name the columns"),
        ("id,sequence,length\n", "the first line must name the columns"),
        ("id,sequence\n", "f: holds no sequence below its header"),
        ("id,sequence\na,AC\nb,AC,x\n", "f:3: 3 fields where the header names 2"),
        ("id,sequence\na,AC\n,AC\n", "f:3: record 2 has no name"),
        ("id,sequence\na,AC\n\na,DE\n", "f:4 (record 'a'): the name is already taken by the record at line 2"),
        ('id,sequence\na,"A\nC\nD1"\n', "f:4 (record 'a'): character '1' is no residue at position 4"),
        ('id,sequence\na,"A\nC"\n\nb,A1\n', "f:5 (record 'b'): character '1' is no residue at position 2"),
        ('id,sequence\na,"AC\n', "f:2: is no valid CSV"),
        (f"id,sequence\na,{'A' * 200_000}\n", "f:2: is no valid CSV: field larger than field limit"),
    ],
)
def test_a_broken_csv_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_csv(text, source="f")
    assert message in str(raised.value)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.fasta").write_text("\n")
    with pytest.raises(InputError, match="is empty"):
        read_sequences(tmp_path / "x.fasta")


@given(st.sampled_from([(parse_fasta, FASTA), (parse_csv, CSV)]), st.integers(0, len(FASTA) - 1), st.binary(max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_damage_gives_sequences_or_our_error(case: tuple, position: int, inserted: bytes) -> None:
    parse, text = case
    damaged = text.encode()[:position] + inserted + text.encode()[position + 1 :]
    try:
        found = parse(damaged)
    except InputError:
        return
    assert all(chain.isascii() and chain.isalpha() and chain.isupper() for record in found for chain in record.chains)
    assert len({record.id for record in found}) == len(found) > 0
