"""An alignment file of any of the formats read."""

from pathlib import Path
from typing import Literal

import numpy as np

from protfold.constants.residues import MSA_ALPHABET, encode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io.a3m import parse_a3m
from protfold.io.aligned_fasta import parse_aligned_fasta, parse_aln
from protfold.io.stockholm import parse_stockholm
from protfold.io.text import read_text

MsaFormat = Literal["a3m", "fasta", "a2m", "stockholm", "aln"]


def read_msa(path: str | Path, format: MsaFormat | None = None, query: str | None = None) -> Msa:
    """Read an alignment of one chain from A3M, Stockholm, aligned FASTA, A2M or bare aligned lines (.gz too).

    Every row is kept, in file order, duplicates included.

    Args:
        path: the file.
        format: when not given, known by content, and among texts with `>` headers by the extension `.a3m`.
        query: residues the first row must have; letters are compared as they are read (U as C, B as D, Z as E, J and O as X).

    Raises:
        InputError: the file cannot be read as an alignment, or is not one of this query.
    """
    text = read_text(path)
    source = str(path)
    match format or _sniff(text, Path(path)):
        case "a3m":
            msa = parse_a3m(text, source)
        case "stockholm":
            msa = parse_stockholm(text, source)
        case "aln":
            msa = parse_aln(text, source)
        case "fasta" | "a2m":
            msa = _parse_aligned_fasta_or_a3m(text, source)
        case other:
            raise InputError(f"alignment format {other!r} is unknown; use a3m, fasta, a2m, stockholm or aln", file=path)
    if query is not None:
        _check_query(msa, query)
    return msa


def _sniff(text: bytes, path: Path) -> MsaFormat:
    beginning = text.lstrip()
    if beginning.startswith(b"# STOCKHOLM"):
        return "stockholm"
    if beginning.startswith((b">", b"#", b";")):
        extensions = [extension.lower() for extension in path.suffixes if extension.lower() != ".gz"]
        return "a3m" if extensions[-1:] == [".a3m"] or beginning.startswith(b"#") else "fasta"
    return "aln"


def _parse_aligned_fasta_or_a3m(text: bytes, source: str) -> Msa:
    """Rows of one length are aligned; A3M under another name is known by its shorter and longer rows.

    The two readings cannot disagree: among rows of the query's length A3M allows no insertion.
    """
    try:
        return parse_aligned_fasta(text, source)
    except InputError as as_aligned:
        try:
            return parse_a3m(text, source)
        except InputError:
            raise as_aligned from None


def _check_query(msa: Msa, query: str) -> None:
    try:
        expected = encode(query.upper())
    except ValueError as error:
        raise InputError(f"the query sequence cannot be compared with the alignment: {error}", file=msa.source) from None
    found = msa.residues[0]
    shared = min(len(found), len(expected))
    differs = found[:shared] != expected[:shared]
    lengths = f"(lengths {len(found)} in the alignment, {len(expected)} in the sequence)"
    if differs.any():
        position = int(np.argmax(differs))
        problem = (
            f"the first row is not the query: position {position + 1} is {MSA_ALPHABET[found[position]]} in the alignment "
            f"and {query[position].upper()} in the sequence {lengths}"
        )
    elif len(found) != len(expected):
        problem = f"the first row is not the query: they agree up to position {shared}, where one ends {lengths}"
    else:
        return
    raise InputError(f"{problem}; give the alignment of this sequence", file=msa.source, record=msa.descriptions[0] or None)
