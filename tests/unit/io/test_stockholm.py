"""Stockholm: blocks, markup, and agreement with other readers."""

import gzip
import io
from pathlib import Path

import numpy as np
import pyhmmer
import pytest
from Bio import AlignIO
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.constants.residues import decode
from protfold.errors import InputError
from protfold.io import parse_stockholm, read_msa
from tests.unit.io.samples import needs_samples, sample_files, slow_aligned

ROWS = {"query/1-9": "AC-DEF..GHI", "hit/3-8": "-CkDE-wyGHI", "hit/9-20": "ACKD--WYG-I"}
ONE_BLOCK = (
    "# STOCKHOLM 1.0\n\n#=GF ID x\n#=GS hit/3-8 DE a longer  description\n#=GS hit/3-8 AC P1\n"
    + "".join(f"{name}  {row}\n" for name, row in ROWS.items())
    + "#=GR hit/3-8 SS ...........\n#=GC RF xx.xxx..xxx\n//\n"
)


def in_blocks(width: int) -> str:
    text = "# STOCKHOLM 1.0\n\n#=GS hit/3-8 DE a longer  description\n"
    for start in range(0, 11, width):
        text += "\n" + "".join(f"{name}     {row[start : start + width]}\n" for name, row in ROWS.items()) + "#=GC RF xx\n"
    return text + "//\n"


def test_query_gaps_become_deletions_and_markup_is_skipped() -> None:
    msa = parse_stockholm(ONE_BLOCK)
    found = [(decode(row), gaps.tolist()) for row, gaps in zip(msa.residues, msa.deletions, strict=True)]
    assert found == slow_aligned(list(ROWS.values()))
    assert msa.deletions.sum() == 6
    assert msa.descriptions == ("query/1-9", "hit/3-8 a longer  description", "hit/9-20")


@pytest.mark.parametrize("width", [1, 4, 5, 11])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_blocks_equal_one_block(width: int, line_end: str) -> None:
    blocks, whole = parse_stockholm(in_blocks(width).replace("\n", line_end)), parse_stockholm(ONE_BLOCK)
    assert np.array_equal(blocks.residues, whole.residues)
    assert np.array_equal(blocks.deletions, whole.deletions)
    assert blocks.descriptions == whole.descriptions


@needs_samples
@pytest.mark.parametrize("path", [path for path in sample_files("alignments") if ".sto" in path.name], ids=lambda path: path.name)
def test_real_alignment_agrees_with_biopython_and_easel(path: Path) -> None:
    text = gzip.decompress(path.read_bytes())
    msa = read_msa(path)
    theirs = AlignIO.read(io.StringIO(text.decode()), "stockholm")
    expected = slow_aligned([str(record.seq) for record in theirs])
    assert [(decode(row), gaps.tolist()) for row, gaps in zip(msa.residues, msa.deletions, strict=True)] == expected
    assert [description.split()[0] for description in msa.descriptions] == [record.id for record in theirs]
    with pyhmmer.easel.MSAFile(io.BytesIO(text), format="stockholm") as file:
        easel = file.read()
    by_name = dict(zip(easel.names, easel.alignment, strict=True))  # easel orders rows by their markup
    assert [str(record.seq) for record in theirs] == [by_name[record.id] for record in theirs]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACDE\n//\n", "f:1: is no Stockholm alignment"),
        (ONE_BLOCK.replace("//\n", ""), "ends without '//'"),
        (ONE_BLOCK + ONE_BLOCK, "f:12: something follows the closing '//'"),
        (ONE_BLOCK.replace("hit/9-20", "hit/3-8 "), "f:8 (record 'hit/3-8'): the name stands twice in one block"),
        (ONE_BLOCK.replace("hit/9-20  ", "hit/9-20"), "f:8: an alignment row is a name, blanks, and aligned residues"),
        (
            ONE_BLOCK.replace("ACKD--WYG-I", "ACKD--WYG-"),
            "f:8 (record 'hit/9-20'): 10 aligned characters where",
        ),
        (ONE_BLOCK.replace("ACKD--WYG-I", "ACKD--WYG-7"), "character '7' at position 11"),
        ("# STOCKHOLM 1.0\n//\n", "f: holds no alignment row"),
    ],
)
def test_a_broken_text_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_stockholm(text, source="f")
    assert message in str(raised.value)


@given(st.integers(0, len(ONE_BLOCK) - 1), st.sampled_from("\n\t -.aA#/\0\u00e9*1"))
@settings(max_examples=300, deadline=None)
def test_any_damage_gives_an_alignment_or_our_error(position: int, letter: str) -> None:
    try:
        msa = parse_stockholm(ONE_BLOCK[:position] + letter + ONE_BLOCK[position + 1 :])
    except InputError:
        return
    assert msa.deletions.min() >= 0
    assert msa.residues.shape[0] <= 4
