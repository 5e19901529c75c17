"""The records of a sequence file, one by one, so that a broken record does not take its neighbours with it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from protfold.entities import Sequence
from protfold.errors import InputError
from protfold.io import parse_csv, parse_fasta, read_text, split_records


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokenRecord:
    """A record that is no sequence.

    Attributes:
        id: first word of its header, or its number where it has none.
        error: what is wrong with it.
    """

    id: str
    error: InputError


def read_records(path: Path) -> list[Sequence | BrokenRecord]:
    """Every record of a FASTA or CSV file in file order.

    The second record of one id is a broken one.

    Raises:
        InputError: the file as a whole is no FASTA or CSV.
    """
    text = read_text(path)
    if path.name.lower().removesuffix(".gz").endswith(".csv"):
        return _csv_records(text, str(path))
    return _fasta_records(text, str(path))


def _fasta_records(text: bytes, source: str) -> list[Sequence | BrokenRecord]:
    records = split_records(text, source=source)
    if any(line.strip() for line in records.preamble):
        parse_fasta(text, source)  # raises, and says which line
    found: list[Sequence | BrokenRecord] = []
    lines: dict[str, int] = {}
    line = records.first_line
    for number, (header, body) in enumerate(zip(records.headers, records.bodies, strict=True), start=1):
        record = b">" + header + b"\n" + body.lstrip(b"\n")
        id = (header.decode().split() or [f"record_{number}"])[0]
        parsed = _parse_one(parse_fasta, record, source, id=id, lines_before=line - 1)
        found.append(_unless_taken(parsed, lines, source, line))
        line += 1 + body.count(b"\n")
    return found


def _csv_records(text: bytes, source: str) -> list[Sequence | BrokenRecord]:
    header, *rows = text.split(b"\n")
    found: list[Sequence | BrokenRecord] = []
    lines: dict[str, int] = {}
    for number, row in enumerate(rows, start=2):
        if row.strip():
            parsed = _parse_one(parse_csv, header + b"\n" + row, source, id=f"line_{number}", lines_before=number - 2)
            found.append(_unless_taken(parsed, lines, source, number))
    if not any(isinstance(record, Sequence) for record in found):
        parse_csv(text, source)  # raises, and says what is wrong with the header or the first record
    return found


def _parse_one(
    parse: Callable[[bytes, str], list[Sequence]], text: bytes, source: str, *, id: str, lines_before: int
) -> Sequence | BrokenRecord:
    try:
        return parse(text, source)[0]
    except InputError as error:
        line = None if error.line is None else error.line + lines_before
        id = error.record or id
        return BrokenRecord(id=id, error=InputError(error.problem, file=error.file, line=line, record=id))


def _unless_taken(record: Sequence | BrokenRecord, lines: dict[str, int], source: str, line: int) -> Sequence | BrokenRecord:
    if isinstance(record, BrokenRecord) or record.id not in lines:
        lines.setdefault(record.id, line)
        return record
    problem = f"the name is already taken by the record at line {lines[record.id]}; give each its own"
    return BrokenRecord(id=record.id, error=InputError(problem, file=source, line=line, record=record.id))
