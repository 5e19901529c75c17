"""Named sequences from FASTA and CSV.

Residues are the twenty letters and U, O, B, Z, J, X, in either case, stored in upper case. `:` joins the chains of a complex,
blanks and line breaks between residues are skipped, and one `*` at the end of a chain (the stop of a translated gene) is dropped.
"""

import csv
import io
import re
from pathlib import Path

from protfold.entities import Sequence
from protfold.errors import InputError
from protfold.io.fasta_records import split_records
from protfold.io.text import normalize_text, read_text

_BLANKS = str.maketrans("", "", "\t\n ")
_UNUSABLE = re.compile(r"[^A-Za-z:*\t\n ]|\*(?![\t\n ]*(?::|\Z))")
_CSV_COLUMNS = ("id", "sequence", "description")


def read_sequences(path: str | Path) -> list[Sequence]:
    """The sequences of a FASTA file, or of a `.csv` file with columns `id,sequence` (either may be gzip-compressed), in file order.

    Raises:
        InputError: the file, a header or a residue cannot be used; the message names line, record, character and position.
    """
    text = read_text(path)
    is_csv = Path(path).name.lower().removesuffix(".gz").endswith(".csv")
    return parse_csv(text, str(path)) if is_csv else parse_fasta(text, str(path))


def parse_fasta(text: str | bytes, source: str = "") -> list[Sequence]:
    """The sequences of a FASTA text; see `read_sequences`."""
    records = split_records(normalize_text(text, source), source=source)
    records.check_preamble((b";",), source=source)
    gathered = _Gathered(source)
    line = records.first_line
    for header, body in zip(records.descriptions(), records.bodies, strict=True):
        words = header.split(None, 1)
        gathered.add(words[0] if words else "", words[1] if len(words) > 1 else "", body.decode(), line=line)
        line += 1 + body.count(b"\n")
    return gathered.sequences


def parse_csv(text: str | bytes, source: str = "") -> list[Sequence]:
    """The sequences of a CSV text with the columns `id`, `sequence` and, if wanted, `description`; see `read_sequences`."""
    reader = csv.reader(io.StringIO(normalize_text(text, source).decode(), newline=""), strict=True)
    gathered = _Gathered(source)
    columns: list[str] = []
    line = 1
    try:
        for fields in reader:
            if not columns:
                columns = _csv_columns(fields, source, line)
            elif any(fields):
                if len(fields) != len(columns):
                    raise InputError(f"{len(fields)} fields where the header names {len(columns)}", file=source or None, line=line)
                record = dict(zip(columns, map(str.strip, fields), strict=True))
                gathered.add(record["id"], record.get("description", ""), record["sequence"], line=line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"is no valid CSV: {error}", file=source or None, line=line) from error
    if not gathered.sequences:
        raise InputError("holds no sequence below its header", file=source or None)
    return gathered.sequences


def _csv_columns(fields: list[str], source: str, line: int) -> list[str]:
    columns = [field.strip().lower() for field in fields]
    if not {"id", "sequence"} <= set(columns) <= set(_CSV_COLUMNS) or len(set(columns)) < len(columns):
        raise InputError(
            "the first line must name the columns id,sequence (and description, if any), separated by commas; "
            f"found {','.join(fields)!r}",
            file=source or None,
            line=line,
        )
    return columns


class _Gathered:
    """The sequences of one file so far, each checked as it comes."""

    def __init__(self, source: str) -> None:
        self.source = source or None
        self.sequences: list[Sequence] = []
        self._line_of_id: dict[str, int] = {}

    def add(self, id: str, description: str, residues: str, *, line: int) -> None:
        if not id:
            raise InputError(
                f"record {len(self.sequences) + 1} has no name; write one after '>' or in the id column",
                file=self.source,
                line=line,
            )
        if id in self._line_of_id:
            raise InputError(
                f"the name is already taken by the record at line {self._line_of_id[id]}; give each its own",
                file=self.source,
                line=line,
                record=id,
            )
        self._line_of_id[id] = line
        if unusable := _UNUSABLE.search(residues):
            before = residues[: unusable.start()]
            raise InputError(
                f"{_why_unusable(unusable.group())} at position {len(before.translate(_BLANKS)) + 1}",
                file=self.source,
                line=line + before.count("\n"),
                record=id,
            )
        chains = tuple([chain.removesuffix("*") for chain in residues.translate(_BLANKS).upper().split(":")])
        if not all(chains):
            which = "it" if len(chains) == 1 else f"chain {chains.index('') + 1} of {len(chains)} (chains are separated by ':')"
            raise InputError(f"{which} has no residues", file=self.source, line=line, record=id)
        self.sequences.append(Sequence(id=id, chains=chains, description=description))


def _why_unusable(character: str) -> str:
    if character == "*":
        return "'*' (a stop) inside the sequence"
    if character in "-.":
        return f"gap {character!r}: give the sequence unaligned; an alignment is no sequence input,"
    return f"character {character!r} is no residue"
