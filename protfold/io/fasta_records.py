"""Records of `>header` and residue lines: what FASTA, A2M and A3M have in common."""

from dataclasses import dataclass

from protfold.errors import InputError

_BLANKS = b"\n\t "


@dataclass(frozen=True, kw_only=True, slots=True)
class FastaRecords:
    """Headers and bodies of a text in file order.

    Attributes:
        preamble: the lines before the first header.
        headers: without `>`.
        bodies: everything from the end of the header's line to the next header, line ends included.
        first_line: 1-based line of the first header.
    """

    preamble: list[bytes]
    headers: list[bytes]
    bodies: list[bytes]
    first_line: int

    def line_of(self, record: int) -> int:
        """1-based line of a record's header."""
        return self.first_line + sum(1 + body.count(b"\n") for body in self.bodies[:record])

    def check_preamble(self, comments: tuple[bytes, ...], *, source: str) -> None:
        """Only blank lines and comments may stand before the first header.

        Args:
            comments: what a comment line begins with.
            source: file name for messages.

        Raises:
            InputError: some other text stands there.
        """
        for number, line in enumerate(self.preamble, start=self.first_line - len(self.preamble)):
            if line.strip() and not line.startswith(comments):
                raise InputError(
                    "text before the first header, which must begin with '>'; remove it", file=source or None, line=number
                )

    def rows(self) -> list[bytes]:
        """The bodies without blanks and line ends."""
        return [body.translate(None, _BLANKS) for body in self.bodies]

    def descriptions(self) -> tuple[str, ...]:
        """The headers as text."""
        return tuple([header.decode() for header in self.headers])


def split_records(text: bytes, *, source: str = "", first_line: int = 1) -> FastaRecords:
    r"""Split a normalised text at each line that begins with `>`.

    Args:
        text: UTF-8 with `\n` line ends.
        source: file name for messages.
        first_line: line number of the text's first line.

    Raises:
        InputError: no line begins with `>`.
    """
    if text.startswith(b">"):
        start = 0
    else:
        start = text.find(b"\n>") + 1
        if start == 0:
            raise InputError(
                "no line begins with '>': put a header such as '>name' before the residues", file=source or None, line=first_line
            )
    headers, bodies = [], []
    for record in text[start + 1 :].split(b"\n>"):
        header_end = record.find(b"\n") if b"\n" in record else len(record)
        headers.append(record[:header_end])
        bodies.append(record[header_end:])
    preamble = text[:start].split(b"\n")[:-1] if start else []
    return FastaRecords(preamble=preamble, headers=headers, bodies=bodies, first_line=first_line + len(preamble))
