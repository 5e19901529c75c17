"""Aligned FASTA, A2M and bare lines."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyhmmer
import pytest
from Bio import SeqIO

from protfold.constants.residues import decode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io import parse_a3m, parse_aligned_fasta, parse_aln, read_msa
from tests.unit.io.samples import needs_samples, sample_files, slow_aligned

ROWS = ["AC-DE-F", "ACKDEWF", "--KD--F"]
FASTA = "".join(f">r{number} text\n{row}\n" for number, row in enumerate(ROWS))


def test_the_query_may_have_gaps() -> None:
    msa = parse_aligned_fasta(FASTA)
    found = [(decode(row), gaps.tolist()) for row, gaps in zip(msa.residues, msa.deletions, strict=True)]
    assert found == slow_aligned(ROWS)
    assert msa.descriptions == ("r0 text", "r1 text", "r2 text")


def test_bare_lines_equal_aligned_fasta() -> None:
    bare, fasta = parse_aln("\n" + "\r\n".join(ROWS) + "\n\n"), parse_aligned_fasta(FASTA.replace("D", "D\n"))
    assert np.array_equal(bare.residues, fasta.residues)
    assert np.array_equal(bare.deletions, fasta.deletions)
    assert bare.descriptions == ("", "", "")


def test_a2m_with_its_dots_equals_the_a3m_without_them() -> None:
    a2m = parse_aligned_fasta(">q\nAC..DE\n>b\nACk.-E\n>c\nA-klDE\n")
    a3m = parse_a3m(">q\nACDE\n>b\nACk-E\n>c\nA-klDE\n")
    assert np.array_equal(a2m.residues, a3m.residues)
    assert np.array_equal(a2m.deletions, a3m.deletions)


@needs_samples
@pytest.mark.parametrize("path", [path for path in sample_files("alignments") if ".aln" in path.name], ids=lambda path: path.name)
def test_real_alignments_agree_with_biopython_and_easel(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).decode().split()[:300]
    fasta = "".join(f">r{number}\n{line}\n" for number, line in enumerate(lines))
    ours = [decode(row) for row in read_msa(path).residues[:300]]
    assert ours == [decode(row) for row in parse_aligned_fasta(fasta).residues]
    assert ours == [
        str(record.seq).translate(str.maketrans("BZUJO", "DECXX")) for record in SeqIO.parse(io.StringIO(fasta), "fasta")
    ]
    with pyhmmer.easel.MSAFile(io.BytesIO(fasta.encode()), format="afa") as file:
        assert list(file.read().alignment) == lines


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (parse_aligned_fasta, "AC\n>q\nAC\n", "f:1: text before the first header"),
        (parse_aligned_fasta, ">q\nAC\n>b\nA\n", "f:3 (record 'b'): 1 aligned characters where the first row has 2"),
        (parse_aligned_fasta, "; note\n>q\nAC\n>b\nA4\n", "f:4 (record 'b'): character '4' at position 2"),
        (parse_aln, "\n", "f: holds no alignment row"),
        (parse_aln, "CLUSTAL W\n\na AC\n", "f:1: is a Clustal alignment"),
        (parse_aln, "AC\n\nA\n", "f:3 (record 'row 2'): 1 aligned characters"),
        (parse_aln, "q AC\n", "f:1 (record 'row 1'): character ' ' at position 2"),
    ],
)
def test_a_broken_text_is_told(parse: Callable[..., Msa], text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        parse(text, source="f")
    assert message in str(raised.value)
