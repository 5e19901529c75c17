"""Alignments of made-up relatives, as A3M and Stockholm text."""

from collections.abc import Iterable

import numpy as np
from alphafold.data import parsers
from deepmind.draws import choice, uniform


def family(name: str, query: str, rows: int) -> list[tuple[str, str]]:
    """An alignment in A3M form: the query, then relatives with substitutions, gaps, insertions and odd letters."""
    result = [("query", query)]
    for row in range(1, rows):
        key = f"{name}/{row}"
        length = len(query)
        changed = choice(key + "/changed", 0.1 + 0.6 * row / rows, length)
        letters = np.array(list("ARNDCQEGHILKMFPSTWYVXBZUJO"))
        weights = np.array([1.0] * 20 + [0.3] * 6)
        picks = np.searchsorted(np.cumsum(weights) / weights.sum(), uniform(key + "/letters", length))
        aligned = np.where(changed, letters[picks], list(query))
        first, second = (int(value) for value in np.floor(uniform(key + "/gap", 2) * length))
        start, stop = min(first, second), min(max(first, second), first + 5, second + 5)
        aligned[start:stop] = "-"
        inserted = choice(key + "/inserted", 0.07, length)
        sizes = 1 + np.floor(uniform(key + "/sizes", length) * 6).astype(int)
        text = "".join(("acdefg"[: sizes[i]] if inserted[i] else "") + aligned[i] for i in range(length))
        result.append((f"relative_{row}/1-{length}", text))
    return result


def a3m(rows: Iterable[tuple[str, str]]) -> str:
    """A3M text."""
    return "".join(f">{name}\n{sequence}\n" for name, sequence in rows)


def stockholm(rows: list[tuple[str, str]], width: int = 30) -> str:
    """The same alignment as Stockholm text, in blocks of `width` columns."""
    split = [insertions(sequence) for _, sequence in rows]
    widths = [max(len(row[column][0]) for row in split) for column in range(len(split[0]))]
    lines = [
        "".join(left.upper().ljust(size, "-") + letter for (left, letter), size in zip(row, widths, strict=True)) for row in split
    ]
    blocks = range(0, len(lines[0]), width)
    body = "\n\n".join(
        "\n".join(f"{name:<24}{line[start : start + width]}" for (name, _), line in zip(rows, lines, strict=True))
        for start in blocks
    )
    return f"# STOCKHOLM 1.0\n#=GF ID synthetic\n\n{body}\n//\n"


def insertions(sequence: str) -> list[tuple[str, str]]:
    """Each aligned letter of an A3M row with the inserted letters before it."""
    result, pending = [], ""
    for letter in sequence:
        if letter.islower():
            pending += letter
        else:
            result.append((pending, letter))
            pending = ""
    return result


def merged_alignments(alignments: Iterable[parsers.Msa]) -> parsers.Msa:
    """One alignment without repeated rows, the first kept: what DeepMind's `make_msa_features` does and ColabFold's leaves out."""
    seen: dict[str, tuple[list[int], str]] = {}
    for alignment in alignments:
        for sequence, deletions, description in zip(
            alignment.sequences, alignment.deletion_matrix, alignment.descriptions, strict=True
        ):
            seen.setdefault(sequence, (deletions, description))
    deletion_matrix, descriptions = zip(*seen.values(), strict=True)
    return parsers.Msa(sequences=list(seen), deletion_matrix=list(deletion_matrix), descriptions=list(descriptions))
