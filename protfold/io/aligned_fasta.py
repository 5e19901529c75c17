"""Aligned FASTA, A2M, and bare aligned lines (`.aln`): gapped rows of one length, the query first."""

from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io.aligned_rows import align_rows
from protfold.io.fasta_records import split_records
from protfold.io.text import normalize_text


def parse_aligned_fasta(text: str | bytes, source: str = "") -> Msa:
    """The alignment of a FASTA or A2M text whose rows have one length, gaps included; the query, in the first row, may have gaps.

    Raises:
        InputError: text before the first header, rows of different lengths, or a character that is no residue or gap.
    """
    records = split_records(normalize_text(text, source), source=source)
    records.check_preamble((b";",), source=source)
    return align_rows(records.rows(), records.descriptions(), source=source, line_of=records.line_of)


def parse_aln(text: str | bytes, source: str = "") -> Msa:
    """The alignment of bare lines, one gapped row a line without names (as PSICOV and CCMpred read); blank lines are skipped.

    Raises:
        InputError: the text is Clustal's, has rows of different lengths, or a character that is no residue or gap.
    """
    lines = [line.strip() for line in normalize_text(text, source).split(b"\n")]
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line]
    if not numbered:
        raise InputError("holds no alignment row", file=source or None)
    if numbered[0][1].startswith((b"CLUSTAL", b"MUSCLE")):
        raise InputError(
            "is a Clustal alignment, which is not read; convert it to aligned FASTA", file=source or None, line=numbered[0][0]
        )
    rows = [line for _, line in numbered]
    return align_rows(rows, ("",) * len(rows), source=source, line_of=lambda row: numbered[row][0])
