"""A3M: what a row means, that layouts do not matter, and that every broken text is told."""

import gzip
import string
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.constants.residues import GAP, decode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io import format_a3m, parse_a3m, parse_a3m_blocks, read_a3m_blocks, read_msa, write_a3m
from tests.unit.io.samples import needs_samples, sample_files, slow_a3m

TEXT = ">query\nACDEF\n>hit 1\tscore\nA-dkDEF\n>hit 2\n-CDEFgh\n"
COMPLEX = "#3,2\t1,2\n>101\t102\nACDEF\n>both\nACDE-\n>only first\nAC---\n>only second\n---EF\n"


def same(first: Msa, second: Msa) -> bool:
    return (
        np.array_equal(first.residues, second.residues)
        and np.array_equal(first.deletions, second.deletions)
        and first.descriptions == second.descriptions
    )


def as_letters(msa: Msa) -> list[tuple[str, str, list[int]]]:
    rows = zip(msa.descriptions, msa.residues, msa.deletions, strict=True)
    return [(description, decode(residues), deletions.tolist()) for description, residues, deletions in rows]


@st.composite
def alignments(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of an alignment; the object itself is made in the test, since checked constructors draw random numbers."""
    depth, length = draw(st.integers(1, 6)), draw(st.integers(1, 12))
    seed = draw(st.integers(0, 2**32 - 1))
    random = np.random.default_rng(seed)
    residues = random.integers(0, GAP + 1, (depth, length), dtype=np.int8)
    residues[0] = random.integers(0, GAP, length)
    deletions = np.where(random.random((depth, length)) < 0.3, random.integers(0, 40, (depth, length)), 0).astype(np.int32)
    deletions[0] = 0
    header = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=8)
    header = header.filter(lambda text: not text.startswith(("ss_", "sa_", "aa_")))  # HH-suite's annotation is refused
    return {"residues": residues, "deletions": deletions, "descriptions": tuple(draw(header) for _ in range(depth))}


def test_lower_case_is_counted_before_the_next_column() -> None:
    msa = parse_a3m(TEXT, source="x.a3m")
    assert [decode(row) for row in msa.residues] == ["ACDEF", "A-DEF", "-CDEF"]
    assert msa.deletions.tolist() == [[0] * 5, [0, 0, 2, 0, 0], [0] * 5]
    assert msa.descriptions == ("query", "hit 1\tscore", "hit 2")
    assert (msa.residues.dtype, msa.deletions.dtype, msa.source) == (np.int8, np.int32, "x.a3m")


@given(alignments())
@settings(max_examples=150, deadline=None)
def test_writing_and_reading_restores(fields: dict[str, Any]) -> None:
    msa = Msa(**fields)
    assert same(parse_a3m(format_a3m(msa)), msa)


@given(alignments(), st.integers(1, 5), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=100, deadline=None)
def test_wrapping_and_line_ends_do_not_matter(fields: dict[str, Any], width: int, line_end: str) -> None:
    msa = Msa(**fields)
    lines = format_a3m(msa).split("\n")
    wrapped = [
        piece
        for line in lines
        for piece in ([line] if line[:1] in (">", "") else textwrap.wrap(line, width, break_on_hyphens=False))
    ]
    assert same(parse_a3m(line_end.join(wrapped)), msa)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_whole_array_reading_agrees_with_letter_by_letter(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 8))
    insertion = st.text("acdx.", max_size=3)
    rows = ["".join(data.draw(st.sampled_from("ACDEFGHIKLMNPQRSTVWY")) for _ in range(length))]
    column = st.sampled_from("ACWY-")
    for _ in range(data.draw(st.integers(0, 5))):
        inserted_and_columns = ["".join(data.draw(st.tuples(insertion, column))) for _ in range(length)]
        rows.append("".join([*inserted_and_columns, data.draw(insertion)]))
    text = "".join(f">{number}\n{row}\n" for number, row in enumerate(rows))
    assert as_letters(parse_a3m(text)) == slow_a3m(text)


@needs_samples
@pytest.mark.parametrize("path", [path for path in sample_files("alignments") if ".a3m" in path.name], ids=lambda path: path.name)
def test_real_alignments_agree_with_letter_by_letter(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode().rstrip("\0")
    replaced = str.maketrans("BZUJO", "DECXX")
    msa = read_msa(path)
    assert as_letters(msa) == [(header, aligned.translate(replaced), deletions) for header, aligned, deletions in slow_a3m(text)]
    assert same(parse_a3m(format_a3m(msa)), msa)


def test_ambiguous_letters_are_read_as_alphafold_reads_them() -> None:
    assert decode(parse_a3m(">q\nBZUJOX\n").residues[0]) == "DECXXX"


def test_every_row_is_kept_in_order_even_twice() -> None:
    msa = parse_a3m(">q\nAC\n>b\nWY\n>b\nWY\n>q\nAC\n")
    assert msa.descriptions == ("q", "b", "b", "q")


@pytest.mark.parametrize(
    "text",
    [
        "#A3M#\n" + TEXT,
        "\n\n" + TEXT,
        "; where it comes from\n" + TEXT,
        "#5\t1\n" + TEXT,
        "\ufeff" + TEXT,
        TEXT.rstrip("\n"),
        TEXT + "\0",
        TEXT.replace("EF\n", "E F \t\n\n"),
        TEXT.replace("dk", "d.k."),
        TEXT.encode("utf-16"),
    ],
)
def test_dialects_mean_the_same(text: str | bytes) -> None:
    assert same(parse_a3m(text), parse_a3m(TEXT))


def test_blocks_are_separated_by_nul_and_may_be_complexes() -> None:
    first, second = parse_a3m_blocks(TEXT + "\0" + COMPLEX + "\0")
    assert same(first.msa, parse_a3m(TEXT))
    assert (first.chain_lengths, first.copies, first.chain_presence.tolist()) == ((5,), (1,), [[True]] * 3)
    assert (second.chain_lengths, second.copies) == ((3, 2), (1, 2))
    assert second.chain_slices == (slice(0, 3), slice(3, 5))
    assert second.chain_presence.tolist() == [[True, True], [True, True], [True, False], [False, True]]
    again = parse_a3m_blocks(format_a3m(second.msa, chain_lengths=second.chain_lengths, copies=second.copies))[0]
    assert (again.chain_lengths, again.copies, same(again.msa, second.msa)) == ((3, 2), (1, 2), True)


def test_files_are_written_and_read(tmp_path: Path) -> None:
    msa = parse_a3m(TEXT)
    write_a3m(msa, tmp_path / "x.a3m")
    (tmp_path / "x.a3m.gz").write_bytes(gzip.compress((tmp_path / "x.a3m").read_bytes()))
    assert same(read_msa(tmp_path / "x.a3m"), msa)
    assert same(read_a3m_blocks(tmp_path / "x.a3m.gz")[0].msa, msa)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no alignment: it is empty"),
        ("\0\n\0", "holds no alignment: it is empty"),
        ("ACDE\n", "f:1: no line begins with '>'"),
        ("ACDE\n>q\nAC\n", "f:1: text before the first header"),
        ("\n#x\nACDE\n>q\nAC\n", "f:3: text before the first header"),
        (">q\n", "f:1 (record 'q'): the first row is the query and has no residues"),
        (
            ">q\nA-C\n",
            "f:1 (record 'q'): the first row is the query and must be upper case without gaps, but has '-' at",
        ),
        (">q\nAcC\n", "has 'c' at position 2"),
        (">q\nA1C\n", "character '1' at position 2"),
        (">q\nAC\n\n>b\nAC\n>long\nAC\nD\n", "f:6 (record 'long'): 3 columns (upper case and '-') where the query has 2"),
        (">q\nAC\n>short\nAcc\n", "f:3 (record 'short'): 1 columns"),
        (">q\nAC\n>short\nA\n>long\nACD\n", "f:3 (record 'short'): 1 columns"),
        (">q\nAC\n>long\nACD\n>short\nA\n", "f:3 (record 'long'): 3 columns"),
        (">q\nAC\n>empty\n>b\nAC\n", "f:3 (record 'empty'): 0 columns"),
        (">q\nAC\n>stop\nA*\n", "f:3 (record 'stop'): character '*' at position 2"),
        (">q\nAC\n>latin\nA\u00c5\n", "character '\u00c5' at position 2"),
        (">ss_pred\nHH\n>q\nAC\n", "f:1 (record 'ss_pred'): is HH-suite's annotation"),
        (">q\nHH\n>aa_pred PSIPRED\nHH\n", "f:3 (record 'aa_pred PSIPRED'): is HH-suite's annotation"),
        ("#3,2\t1\n>q\nACDEF\n", "f:1: the first line gives chain lengths (3, 2) and copies (1,)"),
        ("#3,3\t1,1\n>q\nACDEF\n", "must add up to the query's 5 residues"),
        ("#5,0\t1,1\n>q\nACDEF\n", "positive"),
        (COMPLEX, "is the alignment of a complex of 2 chains (3, 2 residues by its first line)"),
        (TEXT + "\0" + TEXT, "holds alignments of 2 queries"),
        (">q\nAC\n\0>r\nAC\n>b\nA\n", "f:5 (record 'b'): 1 columns"),
        (TEXT.encode("utf-16-le"), "looks like UTF-16"),
    ],
)
def test_a_broken_text_is_told(text: str | bytes, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_a3m(text, source="f")
    assert message in str(raised.value)


@given(st.integers(0, len(TEXT) - 1), st.sampled_from(string.printable + "\0\u00e9"), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_damage_gives_an_alignment_or_our_error(position: int, letter: str, insert: bool) -> None:
    damaged = TEXT[:position] + letter + TEXT[position + (not insert) :]
    try:
        msa = parse_a3m(damaged)
    except InputError:
        return
    assert (msa.residues[0] < GAP).all()
    assert msa.residues.max() <= GAP
    assert msa.deletions.min() >= 0
