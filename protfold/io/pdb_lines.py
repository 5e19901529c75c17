"""What gemmi lets pass in the ATOM lines of a PDB file and protfold does not: damaged numbers and records."""

import re

from protfold.errors import InputError

_NUMBER = re.compile(rb" *[-+]?(?:\d+\.?\d*|\.\d+) *")
_RESIDUE_NUMBER = re.compile(rb" *(?:-?\d+|[A-Za-z][0-9A-Za-z]{3}) *")  # hybrid-36 beyond 9999
_COORDINATES = (("x", slice(30, 38)), ("y", slice(38, 46)), ("z", slice(46, 54)))
_OPTIONAL_NUMBERS = (("occupancy", slice(54, 60)), ("B-factor", slice(60, 66)))
_BETWEEN_ATOMS = (b"TER", b"ANISOU", b"SIGATM", b"SIGUIJ", b"MODEL", b"END", b"REMARK", b"CONECT", b"USER", b"#")


def check_pdb_lines(text: bytes, *, source: str) -> int:
    """Check every ATOM and HETATM line of a PDB text and return how many there are.

    Raises:
        InputError: there is none, one is cut short or has a field that is no number, or an unknown record stands between them.
    """
    atoms = 0
    unknown: tuple[int, bytes] | None = None
    for number, line in enumerate(text.split(b"\n"), start=1):
        if line.startswith((b"ATOM  ", b"HETATM")):
            if unknown:
                problem = f"record {unknown[1].decode(errors='replace')!r} among the atoms is unknown; the file is damaged"
                raise InputError(problem, file=source, line=unknown[0])
            if problem := _atom_line_problem(line):
                raise InputError(problem, file=source, line=number)
            atoms += 1
        elif atoms and not unknown and line.strip() and not line.startswith(_BETWEEN_ATOMS):
            unknown = number, line[:6]
    if atoms == 0:
        raise InputError("is neither mmCIF (no 'data_' line) nor PDB with atoms (no ATOM line)", file=source)
    return atoms


def _atom_line_problem(line: bytes) -> str:
    """What is wrong with an ATOM line; empty if nothing."""
    if len(line) < 54 or not line.isascii():
        return "this atom line is cut short or holds characters that are not ASCII; the file is damaged"
    for what, columns in _COORDINATES:
        if not _NUMBER.fullmatch(line[columns]):
            return f"{what} coordinate {line[columns].decode().strip()!r} of {_atom_label(line)} is no number; the file is damaged"
    for what, columns in _OPTIONAL_NUMBERS:
        if not _NUMBER.fullmatch(line[columns]) and line[columns].strip():
            return f"{what} {line[columns].decode().strip()!r} of {_atom_label(line)} is no number; the file is damaged"
    if not _RESIDUE_NUMBER.fullmatch(line[22:26]):
        return f"residue number {line[22:26].decode().strip()!r} is no integer; the file is damaged"
    return ""


def _atom_label(line: bytes) -> str:
    atom, residue, place = (line[columns].decode().strip() for columns in (slice(12, 16), slice(17, 20), slice(21, 27)))
    return f"atom {atom} of {residue} {place}"
