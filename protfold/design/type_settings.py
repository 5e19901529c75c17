"""Which residue types are excluded or favored, as a user writes it: `CP`, `A10:CP`, `W:0.5,A:-0.3`, `A10:W:0.5`."""

import re
from collections.abc import Iterator

import numpy as np

from protfold.constants.residues import RESIDUES
from protfold.design.constraints import NUM_TYPES
from protfold.design.residue_selection import residue_names, select_residues
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.typing import Bool, Float, Int


def parse_letters(text: str) -> Int[np.ndarray, " N_letters"]:
    """Codes of one-letter names such as `CP`; commas and blanks between them do not count.

    Raises:
        InputError: a character is none of the 20, X among them, or there is none.
    """
    letters = re.sub(r"[,;\s]", "", text).upper()
    if unknown := [letter for letter in letters if letter not in RESIDUES]:
        raise InputError(f"{unknown[0]!r} is none of the 20 residues {''.join(sorted(RESIDUES))}")
    if not letters:
        raise InputError(f"no residue type is named; write letters of {''.join(sorted(RESIDUES))}, as in CP")
    return np.array([RESIDUES.index(letter) for letter in letters], dtype=np.int64)


def parse_exclude_at(text: str, protein: Protein) -> Bool[np.ndarray, "N_res 20"]:
    """Excluded types by residue: `A10:CP`, `A10-20,A25:P`, several joined by commas.

    Raises:
        InputError: an entry, residue or letter cannot be read.
    """
    excluded = np.zeros((len(protein), NUM_TYPES), dtype=bool)
    for residues, letters in _entries(text, r"(.+):\s*([A-Za-z]+)", "A10:CP or A10-20:P"):
        excluded[np.ix_(select_residues(residues, protein).rows, parse_letters(letters))] = True
    return excluded


def parse_bias(text: str) -> Float[np.ndarray, " 20"]:
    """Bias of types everywhere, in nats: `W:0.5,A:-0.3`; letters together get the same, `DE:-0.2`.

    Raises:
        InputError: an entry, letter or number cannot be read, or a letter has two values.
    """
    bias = np.full((1, NUM_TYPES), np.nan)
    for entry in filter(str.strip, re.split("[,;]", text)):
        if not (found := re.fullmatch(r"([A-Za-z]+):([^:]+)", entry.strip())):
            raise InputError(f"{entry.strip()!r} is no bias; write W:0.5 or W:0.5,A:-0.3")
        _set_bias(bias, np.zeros(1, dtype=np.int64), found[1], found[2], ("every residue",))
    return np.nan_to_num(bias[0])


def parse_bias_at(text: str, protein: Protein) -> Float[np.ndarray, "N_res 20"]:
    """Bias by residue in nats, NaN where none is given: `A10:W:0.5`, `A10-20:DE:-0.2`, several joined by commas.

    Raises:
        InputError: an entry, residue, letter or number cannot be read, or a letter has two values at one residue.
    """
    bias = np.full((len(protein), NUM_TYPES), np.nan)
    for residues, letters, value in _entries(text, r"(.+):\s*([A-Za-z]+)\s*:([^:]+)", "A10:W:0.5 or A10-20:W:0.5"):
        _set_bias(bias, select_residues(residues, protein).rows, letters, value, residue_names(protein))
    return bias


def _entries(text: str, pattern: str, example: str) -> Iterator[tuple[str, ...]]:
    """Residues and what is set there; pieces between commas that set nothing name residues of the next entry."""
    residues: list[str] = []
    for piece in filter(None, (piece.strip() for piece in re.split("[,;]", text))):
        if not (found := re.fullmatch(pattern, piece)):
            residues.append(piece)
            continue
        yield ",".join([*residues, found[1]]), *found.groups()[1:]
        residues = []
    if residues:
        raise InputError(f"{residues[0]!r} sets nothing; write {example}")


def _set_bias(bias: np.ndarray, rows: np.ndarray, letters: str, text: str, names: tuple[str, ...]) -> None:
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"the bias {text.strip()!r} is no finite number; give nats, as in 0.5 or -0.3")
    for code in parse_letters(letters):
        old = bias[rows, code]
        if (differs := ~np.isnan(old) & (old != value)).any():
            place = int(np.argmax(differs))
            raise InputError(
                f"the bias of {RESIDUES[code]} at {names[rows[place]]} is given as {old[place]:g} and as {value:g}; give one"
            )
        bias[rows, code] = value
