"""Sequences and alignments as Biopython's records, and back without loss."""

from typing import overload

import numpy as np
from Bio.Align import MultipleSeqAlignment
from Bio.Seq import Seq
from Bio.SeqRecord import SeqRecord

from protfold.constants.residues import decode, encode
from protfold.entities import Msa, Sequence

_DELETIONS = "deletions"


@overload
def to_biopython(entity: Sequence) -> SeqRecord: ...
@overload
def to_biopython(entity: Msa) -> MultipleSeqAlignment: ...
def to_biopython(entity: Sequence | Msa) -> SeqRecord | MultipleSeqAlignment:
    """A `SeqRecord`, the chains of a complex joined by `:`; or a `MultipleSeqAlignment` over the query's columns.

    The deletion counts of an alignment row are its `letter_annotations["deletions"]`, its description that of the record.
    """
    if isinstance(entity, Sequence):
        return SeqRecord(Seq(":".join(entity.chains)), id=entity.id, description=entity.description)
    records = []
    for description, residues, deletions in zip(entity.descriptions, entity.residues, entity.deletions, strict=True):
        record = SeqRecord(Seq(decode(residues)), id=(description.split() or [""])[0], description=description)
        record.letter_annotations[_DELETIONS] = deletions.tolist()
        records.append(record)
    return MultipleSeqAlignment(records, annotations={"source": entity.source})


@overload
def from_biopython(record: SeqRecord) -> Sequence: ...
@overload
def from_biopython(record: MultipleSeqAlignment) -> Msa: ...
def from_biopython(record: SeqRecord | MultipleSeqAlignment) -> Sequence | Msa:
    """The sequence of a record, or the alignment of records whose first is the query; deletions are 0 where none are annotated.

    Raises:
        ValueError: a chain is empty, or a letter is no residue.
    """
    if isinstance(record, SeqRecord):
        id = str(record.id)
        description = str(record.description).removeprefix(id).strip() if record.description != "<unknown description>" else ""
        return Sequence(id=id, chains=tuple(str(record.seq).upper().split(":")), description=description)
    zeros = [0] * record.get_alignment_length()
    return Msa(
        residues=np.stack([encode(str(row.seq).upper()) for row in record]),
        deletions=np.array([row.letter_annotations.get(_DELETIONS, zeros) for row in record], dtype=np.int32),
        descriptions=tuple([row.description for row in record]),
        source=record.annotations.get("source", ""),
    )
