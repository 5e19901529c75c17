"""Rows of equal length, gaps included, turned into an alignment over the query's residues.

This is what Stockholm, aligned FASTA, A2M and bare aligned lines come down to. A column where the query has a gap is no column of
the result: residues that other rows have there become their deletion count before the next column, as AlphaFold reads Stockholm.
Letters count the same in either case; `-`, `.`, `_` and `~` are gaps.
"""

from collections.abc import Callable, Sequence

import numpy as np

from protfold.constants.residues import GAP, LETTER_TO_CODE
from protfold.entities import Msa
from protfold.errors import InputError

_INVALID = 64
_BYTES_AT_ONCE = 4_000_000


def _translation_table() -> bytes:
    table = np.where(LETTER_TO_CODE < 0, _INVALID, LETTER_TO_CODE).astype(np.uint8)
    table[ord("a") : ord("z") + 1] = table[ord("A") : ord("Z") + 1]
    table[[ord(gap) for gap in "-._~"]] = GAP
    return table.tobytes()


_TABLE = _translation_table()


def align_rows(rows: Sequence[bytes], descriptions: tuple[str, ...], *, source: str, line_of: Callable[[int], int]) -> Msa:
    """The alignment of gapped rows of one length, the query first.

    Args:
        rows: letters and gaps, UTF-8.
        descriptions: header of each row.
        source: file name for messages.
        line_of: gives the 1-based line of a row, for messages.

    Raises:
        InputError: rows differ in length, a character is no residue, or the query has gaps only.
    """

    def error(row: int, problem: str) -> InputError:
        return InputError(problem, file=source or None, line=line_of(row), record=descriptions[row] or f"row {row + 1}")

    length = len(rows[0])
    for row, letters in enumerate(rows):
        if len(letters) != length:
            raise error(
                row, f"{len(letters.decode())} aligned characters where the first row has {length}; the row is cut or not aligned"
            )
    is_column = np.frombuffer(rows[0].translate(_TABLE), dtype=np.int8) != GAP
    if not is_column.any():
        raise error(0, "the first row is the query and has no residues")
    residues = np.empty((len(rows), int(is_column.sum())), dtype=np.int8)
    deletions = np.zeros(residues.shape, dtype=np.int32)
    rows_at_once = max(1, _BYTES_AT_ONCE // length)
    for start in range(0, len(rows), rows_at_once):
        chunk = slice(start, start + rows_at_once)
        codes = np.frombuffer(b"".join(rows[chunk]).translate(_TABLE), dtype=np.int8).reshape(-1, length)
        if codes.max() == _INVALID:
            row = start + int(np.argmax((codes == _INVALID).any(axis=1)))
            raise error(row, _character_problem(rows[row]))
        residues[chunk] = codes[:, is_column]
        if not is_column.all():
            inserted = np.cumsum((codes != GAP) & ~is_column, axis=1, dtype=np.int32)[:, is_column]
            deletions[chunk] = np.diff(inserted, axis=1, prepend=np.int32(0))
    return Msa(residues=residues, deletions=deletions, descriptions=descriptions, source=source)


def _character_problem(row: bytes) -> str:
    codes = np.frombuffer(row.translate(_TABLE), dtype=np.int8)
    position = len(row[: int(np.argmax(codes == _INVALID))].decode())
    return f"character {row.decode()[position]!r} at position {position + 1} is no residue or gap; remove it"
