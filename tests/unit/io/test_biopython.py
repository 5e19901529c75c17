"""To Biopython and back."""

import numpy as np
from Bio.Align import MultipleSeqAlignment
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from protfold.entities import Sequence
from protfold.io import parse_a3m
from protfold.io.biopython import from_biopython, to_biopython


def test_sequences_are_restored() -> None:
    for sequence in (Sequence(id="a", chains=("ACDE",), description="b c"), Sequence(id="a", chains=("AC", "DE"))):
        record = to_biopython(sequence)
        assert (record.id, str(record.seq)) == (sequence.id, ":".join(sequence.chains))
        assert from_biopython(record) == sequence


def test_a_record_read_by_biopython_repeats_its_id_in_the_description() -> None:
    record = SeqRecord(Seq("acd"), id="a", description="a protein")
    assert from_biopython(record) == Sequence(id="a", chains=("ACD",), description="protein")
    assert from_biopython(SeqRecord(Seq("AC"), id="a")).description == ""


def test_alignments_are_restored_with_their_deletions() -> None:
    msa = parse_a3m(">q x\nACDE\n>\nA-kkDE\n>b\t1\n----\n", source="x.a3m")
    alignment = to_biopython(msa)
    assert [str(record.seq) for record in alignment] == ["ACDE", "A-DE", "----"]
    assert [record.id for record in alignment] == ["q", "", "b"]
    again = from_biopython(alignment)
    assert np.array_equal(again.residues, msa.residues)
    assert np.array_equal(again.deletions, msa.deletions)
    assert (again.descriptions, again.source) == (msa.descriptions, msa.source)


def test_an_alignment_without_deletions_has_none() -> None:
    msa = from_biopython(
        MultipleSeqAlignment([SeqRecord(Seq("AC"), id="q", description="q"), SeqRecord(Seq("-c"), id="b", description="b")])
    )
    assert msa.deletions.tolist() == [[0, 0], [0, 0]]
    assert msa.residues.tolist() == [[0, 4], [21, 4]]
