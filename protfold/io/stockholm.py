"""Stockholm alignments (HMMER, Pfam)."""

from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io.aligned_rows import align_rows
from protfold.io.text import normalize_text


def parse_stockholm(text: str | bytes, source: str = "") -> Msa:
    """The alignment of a Stockholm text, its first row the query; rows may be split over blocks.

    Markup (`#=GF`, `#=GC`, `#=GR`, comments) is skipped, but a row's `#=GS ... DE` follows its name in the description.

    Raises:
        InputError: the text is no Stockholm, is cut short, holds several alignments, or its rows do not fit together.
    """
    lines = [line.strip() for line in normalize_text(text, source).split(b"\n")]
    begin, end = _bounds(lines, source or None)
    rows: dict[bytes, list[bytes]] = {}
    first_lines: list[int] = []
    about: dict[bytes, bytes] = {}
    in_block: set[bytes] = set()
    for number, line in enumerate(lines[begin + 1 : end], start=begin + 2):
        if not line:
            in_block.clear()
        elif line.startswith(b"#=GS"):
            _, name, tag, content, *_ = [*line.split(None, 3), b"", b"", b""]
            if tag == b"DE":
                about[name] = content
        elif not line.startswith(b"#"):
            name, letters = _split_row(line, source or None, number)
            if name in in_block:
                problem = "the name stands twice in one block; rows need unique names"
                raise InputError(problem, file=source or None, line=number, record=name.decode())
            in_block.add(name)
            if name not in rows:
                rows[name] = []
                first_lines.append(number)
            rows[name].append(letters)
    if not rows:
        raise InputError("holds no alignment row", file=source or None)
    descriptions = tuple([b" ".join([name, about[name]] if name in about else [name]).decode() for name in rows])
    aligned = [b"".join(pieces) for pieces in rows.values()]
    return align_rows(aligned, descriptions, source=source, line_of=lambda row: first_lines[row])


def _bounds(lines: list[bytes], source: str | None) -> tuple[int, int]:
    """Indices of the first line and of the closing `//`."""
    begin = next((index for index, line in enumerate(lines) if line), 0)
    if not lines[begin].startswith(b"# STOCKHOLM"):
        raise InputError("is no Stockholm alignment: it must begin with '# STOCKHOLM 1.0'", file=source, line=begin + 1)
    if b"//" not in lines:
        raise InputError(
            "ends without '//': the file is cut short; fetch it again, or add that line if it is complete", file=source
        )
    end = lines.index(b"//")
    for index, line in enumerate(lines[end + 1 :], start=end + 1):
        if line:
            raise InputError("something follows the closing '//'; give each alignment its own file", file=source, line=index + 1)
    return begin, end


def _split_row(line: bytes, source: str | None, number: int) -> tuple[bytes, bytes]:
    fields = line.split()
    if len(fields) != 2:
        raise InputError("an alignment row is a name, blanks, and aligned residues", file=source, line=number)
    return fields[0], fields[1]
