"""Alignments of whole targets: reading back what was written, and chains side by side."""

from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import GAP, decode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io import parse_a3m
from protfold.runs.alignments import check_query, format_alignment, read_alignment, single_sequence_msa, unpaired_msa


def equal(first: Msa, second: Msa) -> bool:
    return np.array_equal(first.residues, second.residues) and np.array_equal(first.deletions, second.deletions)


def test_query_alone() -> None:
    msa = single_sequence_msa(("MKV", "GI"))
    assert msa.depth == 1
    assert decode(msa.residues[0]) == "MKVGI"


def test_one_chain_is_its_own_alignment() -> None:
    msa = parse_a3m(">q\nMKV\n>h\nM-V\n")
    assert unpaired_msa(("MKV",), {"MKV": msa}) is msa


def test_chains_side_by_side() -> None:
    """A row stands over every copy of its chain and over no other chain."""
    first, second = parse_a3m(">q\nMKV\n>h\nMaa-V\n"), parse_a3m(">q\nGI\n>k\nGG\n")
    msa = unpaired_msa(("MKV", "GI", "MKV"), {"MKV": first, "GI": second})
    assert [decode(row) for row in msa.residues] == ["MKVGIMKV", "M-V--M-V", "---GG---"]
    assert msa.deletions[1].tolist() == [0, 2, 0, 0, 0, 0, 2, 0]
    assert msa.descriptions == ("query", "h", "k")


@pytest.mark.parametrize("chains", [("MKVGI",), ("MKV", "GI"), ("MK", "VG", "I")])
def test_written_and_read_back(tmp_path: Path, chains: tuple[str, ...]) -> None:
    msa = parse_a3m(">q\nMKVGI\n>h\nMaa-VG-\n>k\n--VG-\n")
    path = tmp_path / "x.a3m"
    path.write_text(format_alignment(msa, chains))
    found, read = read_alignment(path)
    assert found == chains
    assert equal(read, msa)


def test_copies_of_a_chain_share_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "x.a3m"
    path.write_text("#3,2\t2,1\n>101\t102\nMKVGI\n>h\nM-VGG\n")
    chains, msa = read_alignment(path)
    assert chains == ("MKV", "MKV", "GI")
    assert [decode(row) for row in msa.residues] == ["MKVMKVGI", "M-VM-VGG"]


def test_several_queries_in_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.a3m"
    path.write_text(">q\nMKV\n\0>r\nGI\n")
    with pytest.raises(InputError, match="2 queries"):
        read_alignment(path)


def test_letters_read_alike_are_one_query() -> None:
    """U is read as C and J as X everywhere, so the alignment of `MUJ` serves it."""
    check_query(parse_a3m(">q\nMCX\n"), ("MU", "J"))
    with pytest.raises(InputError, match="residue 2"):
        check_query(parse_a3m(">q\nMGX\n"), ("MU", "J"))


def test_gaps_outside_all_chains_of_a_row() -> None:
    msa = unpaired_msa(("MKV", "GI"), {"MKV": parse_a3m(">q\nMKV\n>h\nMKV\n"), "GI": parse_a3m(">q\nGI\n")})
    assert (msa.residues[1, 3:] == GAP).all()
