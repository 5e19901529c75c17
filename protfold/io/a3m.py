"""A3M alignments: upper case and `-` fill the query's columns, lower case is inserted before the next column.

`.` pads insert columns and is skipped. Insertions after the last column have no column to be counted in and leave no trace, as in
AlphaFold. Text is read with whole-array operations; a Python loop runs over rows, never over residues.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protfold.constants.residues import GAP, LETTER_TO_CODE, MSA_ALPHABET
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io.atomic import write_atomically
from protfold.io.fasta_records import FastaRecords, split_records
from protfold.io.text import normalize_text, read_text
from protfold.typing import Bool

_INSERTION, _SKIPPED, _INVALID = 64, 65, 66
_BYTES_AT_ONCE = 500_000
_COMPLEX_LINE = re.compile(rb"#(\d{1,9}(?:,\d{1,9})*)[\t ]+(\d{1,9}(?:,\d{1,9})*)[\t ]*")
_ANNOTATION_ROWS = ("ss_pred", "ss_conf", "ss_dssp", "sa_dssp", "aa_dssp", "aa_pred")


def _translation_table() -> bytes:
    table = np.where(LETTER_TO_CODE < 0, _INVALID, LETTER_TO_CODE).astype(np.uint8)
    table[ord("a") : ord("z") + 1] = _INSERTION
    table[ord(".")] = _SKIPPED
    return table.tobytes()


_TABLE = _translation_table()
_LETTERS = np.frombuffer(MSA_ALPHABET.encode(), dtype=np.uint8)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class A3mBlock:
    """One alignment of an A3M text, with what ColabFold's first line `#length,...<TAB>copies,...` says of its chains.

    Attributes:
        msa: rows over the columns of all chains side by side.
        chain_lengths: columns of each distinct chain; the whole length where the text says nothing.
        copies: how often each distinct chain occurs in the complex.
    """

    msa: Msa
    chain_lengths: tuple[int, ...]
    copies: tuple[int, ...]

    @property
    def chain_slices(self) -> tuple[slice, ...]:
        """The columns of each distinct chain."""
        ends = np.cumsum(self.chain_lengths).tolist()
        return tuple(slice(end - length, end) for end, length in zip(ends, self.chain_lengths, strict=True))

    @property
    def chain_presence(self) -> Bool[np.ndarray, "N_rows N_chains"]:
        """[N_rows, N_chains] whether a row has any residue in a chain; a row of two or more chains is paired."""
        return np.stack([(self.msa.residues[:, columns] != GAP).any(axis=1) for columns in self.chain_slices], axis=1)


def parse_a3m(text: str | bytes, source: str = "") -> Msa:
    """The alignment of an A3M text that serves one chain.

    Raises:
        InputError: the text is no A3M, holds several alignments (separated by NUL), or the alignment of a complex.
    """
    blocks = parse_a3m_blocks(text, source)
    if len(blocks) > 1:
        raise InputError(
            f"holds alignments of {len(blocks)} queries, separated by NUL bytes; read it with protfold.io.read_a3m_blocks",
            file=source or None,
        )
    lengths = blocks[0].chain_lengths
    if len(lengths) > 1:
        raise InputError(
            f"is the alignment of a complex of {len(lengths)} chains ({', '.join(map(str, lengths))} residues by its first line); "
            "give one alignment for each chain, or read it with protfold.io.read_a3m_blocks",
            file=source or None,
        )
    return blocks[0].msa


def read_a3m_blocks(path: str | Path) -> list[A3mBlock]:
    """The alignments of an A3M file (.gz too), one for each query."""
    return parse_a3m_blocks(read_text(path), source=str(path))


def parse_a3m_blocks(text: str | bytes, source: str = "") -> list[A3mBlock]:
    """The alignments of an A3M text, separated by NUL bytes as the ColabFold server sends them.

    Raises:
        InputError: a block is no A3M; the message names line and record.
    """
    blocks, line = [], 1
    for block in normalize_text(text, source).split(b"\0"):
        if block.strip():
            leading = len(block) - len(block.lstrip(b"\n"))
            blocks.append(_parse_block(block[leading:] if leading else block, source, line + leading))
        line += block.count(b"\n")
    if not blocks:
        raise InputError("holds no alignment: it is empty", file=source or None)
    return blocks


def _parse_block(text: bytes, source: str, first_line: int) -> A3mBlock:
    records = split_records(text, source=source, first_line=first_line)
    records.check_preamble((b"#", b";"), source=source)
    msa = _align(records, source)
    chain_lengths: tuple[int, ...] = (msa.num_residues,)
    copies: tuple[int, ...] = (1,)
    for declared in filter(None, map(_COMPLEX_LINE.fullmatch, records.preamble)):
        chain_lengths, copies = (tuple(map(int, numbers.split(b","))) for numbers in declared.groups())
    if len(copies) != len(chain_lengths) or sum(chain_lengths) != msa.num_residues or 0 in (*chain_lengths, *copies):
        raise InputError(
            f"the first line gives chain lengths {chain_lengths} and copies {copies}; they must be as many, positive, "
            f"and the lengths must add up to the query's {msa.num_residues} residues",
            file=source or None,
            line=first_line,
        )
    return A3mBlock(msa=msa, chain_lengths=chain_lengths, copies=copies)


def _align(records: FastaRecords, source: str) -> Msa:
    rows = records.rows()
    descriptions = records.descriptions()
    _check_annotations(records, descriptions, source)
    num_residues = len(rows[0])
    if num_residues == 0 or max(rows[0].translate(_TABLE)) >= GAP:
        raise _row_error(records, rows, 0, num_residues, source)
    residues = np.empty((len(rows), num_residues), dtype=np.int8)
    deletions = np.zeros((len(rows), num_residues), dtype=np.int32)
    rows_at_once = max(1, _BYTES_AT_ONCE // num_residues)
    for start in range(0, len(rows), rows_at_once):
        chunk = slice(start, start + rows_at_once)
        if not _align_rows(rows[chunk], residues[chunk], deletions[chunk]):
            wrong = next(row for row in range(start, len(rows)) if _row_problem(rows[row], num_residues))
            raise _row_error(records, rows, wrong, num_residues, source)
    return Msa(residues=residues, deletions=deletions, descriptions=descriptions, source=source)


def _align_rows(rows: list[bytes], residues: np.ndarray, deletions: np.ndarray) -> bool:
    """Fill `residues` and `deletions` from the rows; false if any row has an unknown character or another number of columns."""
    codes = np.frombuffer(b"".join(rows).translate(_TABLE), dtype=np.int8)
    ends: np.ndarray = np.cumsum([len(row) for row in rows])
    if len(codes) == residues.size and (ends == np.arange(1, len(rows) + 1) * residues.shape[1]).all() and codes.max() <= GAP:
        residues[:] = codes.reshape(residues.shape)
        return True
    columns: np.ndarray = np.flatnonzero(codes <= GAP)
    if len(columns) != residues.size or codes.max() == _INVALID:
        return False
    columns = columns.reshape(residues.shape)
    if (columns[1:, 0] < ends[:-1]).any() or (columns[:, -1] >= ends).any():
        return False
    residues[:] = codes[columns]
    inserted = np.add.accumulate(codes == _INSERTION, dtype=np.int32)
    inserted_before = inserted[columns]
    deletions[:] = inserted_before
    deletions[:, 1:] -= inserted_before[:, :-1]
    deletions[1:, 0] -= inserted[ends[:-1] - 1]
    return True


def _row_problem(row: bytes, num_residues: int) -> str:
    """What is wrong with a row; empty if nothing."""
    codes = np.frombuffer(row.translate(_TABLE), dtype=np.int8)
    if (codes == _INVALID).any():
        position = len(row[: int(np.argmax(codes == _INVALID))].decode())
        text = row.decode()
        return f"character {text[position]!r} at position {position + 1} is no residue, gap or insertion; remove it"
    found = int((codes <= GAP).sum())
    if found != num_residues:
        return (
            f"{found} columns (upper case and '-') where the query has {num_residues}; the row is cut or not aligned to this query"
        )
    return ""


def _row_error(records: FastaRecords, rows: list[bytes], row: int, num_residues: int, source: str) -> InputError:
    problem = _row_problem(rows[row], num_residues)
    if row == 0 and (not rows[0] or "character" not in problem):
        problem = _query_problem(rows[0])
    return InputError(problem, file=source or None, line=records.line_of(row), record=records.headers[row].decode())


def _query_problem(query: bytes) -> str:
    if not query:
        return "the first row is the query and has no residues"
    codes = np.frombuffer(query.translate(_TABLE), dtype=np.int8)
    position = int(np.argmax(codes >= GAP))
    return (
        f"the first row is the query and must be upper case without gaps, "
        f"but has {chr(query[position])!r} at position {position + 1}; put the ungapped query first"
    )


def _check_annotations(records: FastaRecords, descriptions: tuple[str, ...], source: str) -> None:
    """HH-suite may put secondary structure among the rows; its letters would pass as residues."""
    for row, description in enumerate(descriptions):
        if description.startswith(_ANNOTATION_ROWS) and description.split()[0] in _ANNOTATION_ROWS:
            raise InputError(
                "is HH-suite's annotation of the alignment, no sequence; remove this record",
                file=source or None,
                line=records.line_of(row),
                record=description,
            )


def format_a3m(msa: Msa, *, chain_lengths: tuple[int, ...] = (), copies: tuple[int, ...] = ()) -> str:
    """A3M text, one line a row; inserted residues, which an `Msa` only counts, are written as lower-case `x`.

    Args:
        msa: the alignment.
        chain_lengths: for a complex, columns of each distinct chain; gives ColabFold's first line.
        copies: how often each of these chains occurs.
    """
    lines = []
    if chain_lengths:
        lines.append(f"#{','.join(map(str, chain_lengths))}\t{','.join(map(str, copies))}\n")
    rows_at_once = max(1, _BYTES_AT_ONCE // msa.num_residues)
    for start in range(0, msa.depth, rows_at_once):
        chunk = slice(start, start + rows_at_once)
        for description, row in zip(msa.descriptions[chunk], _format_rows(msa.residues[chunk], msa.deletions[chunk]), strict=True):
            lines.append(f">{description}\n{row}\n")
    return "".join(lines)


def _format_rows(residues: np.ndarray, deletions: np.ndarray) -> list[str]:
    ends = np.cumsum(deletions.astype(np.int64) + 1).reshape(residues.shape)
    letters = np.full(int(ends[-1, -1]), ord("x"), dtype=np.uint8)
    letters[ends - 1] = _LETTERS[residues]
    text = letters.tobytes().decode()
    row_ends = ends[:, -1].tolist()
    return [text[start:end] for start, end in zip([0, *row_ends[:-1]], row_ends, strict=True)]


def write_a3m(msa: Msa, path: str | Path, *, chain_lengths: tuple[int, ...] = (), copies: tuple[int, ...] = ()) -> None:
    """Write `format_a3m` to a file, atomically."""
    write_atomically(path, format_a3m(msa, chain_lengths=chain_lengths, copies=copies))
