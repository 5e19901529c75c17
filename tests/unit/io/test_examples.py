"""The files in `data/examples` are what their sources say."""

from pathlib import Path

import pytest

from protfold.io import parse_fasta, read_msa, read_sequences

EXAMPLES = Path(__file__).parents[3] / "data" / "examples"
UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"


def test_sequences() -> None:
    (ubiquitin,) = read_sequences(EXAMPLES / "ubiquitin.fasta")
    assert ubiquitin.chains == (UBIQUITIN,)
    assert [(record.id, len(record)) for record in read_sequences(EXAMPLES / "small_proteins.fasta")] == [
        ("ubiquitin", 76),
        ("trp_cage", 20),
        ("villin_headpiece", 36),
    ]


def test_alignment() -> None:
    msa = read_msa(EXAMPLES / "ubiquitin.a3m", query=UBIQUITIN)
    assert (msa.depth, msa.num_residues, int(msa.deletions.sum())) == (6, 76, 2)
    identity = (msa.residues == msa.residues[0]).mean(axis=1)
    assert identity[1:] == pytest.approx([73 / 76, 44 / 76, 40 / 76, 28 / 76, 22 / 76])


def test_names_are_told_in_the_sources() -> None:
    sources = (EXAMPLES.parent / "SOURCES.md").read_text()
    for path in EXAMPLES.iterdir():
        assert f"`examples/{path.name}`" in sources
    for record in parse_fasta((EXAMPLES / "ubiquitin.fasta").read_text()):
        assert record.description.split("(")[1].split(")")[0] in sources
