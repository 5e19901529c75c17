"""Residue alphabets and their integer codes.

The order of the twenty residues is AlphaFold 2's (`ARNDCQEGHILKMFPSTWYV`), followed by X = 20, gap = 21 and the mask token = 22
of the masked alignment.
"""

import numpy as np

RESIDUES = "ARNDCQEGHILKMFPSTWYV"
UNKNOWN = 20
GAP = 21
MASK = 22
NUM_RESIDUE_TYPES = 21
NUM_MSA_TYPES = 22
NUM_MASKED_MSA_TYPES = 23

MSA_ALPHABET = RESIDUES + "X-"

# Letters outside the twenty: how alignments are read (Jumper et al. code, HHblits ids): B -> D, Z -> E, U -> C, J and O -> X.
AMBIGUOUS_RESIDUES = {"B": "D", "Z": "E", "U": "C", "J": "X", "O": "X"}

ONE_TO_THREE = {
    "A": "ALA", "R": "ARG", "N": "ASN", "D": "ASP", "C": "CYS", "Q": "GLN", "E": "GLU", "G": "GLY", "H": "HIS", "I": "ILE",
    "L": "LEU", "K": "LYS", "M": "MET", "F": "PHE", "P": "PRO", "S": "SER", "T": "THR", "W": "TRP", "Y": "TYR", "V": "VAL",
    "X": "UNK",
}  # fmt: skip
THREE_TO_ONE = {three: one for one, three in ONE_TO_THREE.items()}
RESIDUE_NAMES = tuple(ONE_TO_THREE[one] for one in RESIDUES + "X")
RESIDUE_CODE = {one: code for code, one in enumerate(RESIDUES + "X")}


def _letter_codes() -> np.ndarray:
    codes = np.full(256, -1, dtype=np.int8)
    for code, letter in enumerate(MSA_ALPHABET):
        codes[ord(letter)] = code
    for letter, read_as in AMBIGUOUS_RESIDUES.items():
        codes[ord(letter)] = MSA_ALPHABET.index(read_as)
    codes.flags.writeable = False
    return codes


LETTER_TO_CODE = _letter_codes()
"""[256] int8: code of each upper-case ASCII letter and `-`; -1 for every other byte."""


def encode(sequence: str) -> np.ndarray:
    """Codes [N_res] int8 of an upper-case sequence over `MSA_ALPHABET` and the ambiguous letters.

    Raises:
        ValueError: a character has no code; the message gives it and its 1-based position.
    """
    letters = np.frombuffer(sequence.encode("latin-1", "replace"), dtype=np.uint8)
    codes = LETTER_TO_CODE[letters]
    if len(codes) and codes.min() < 0:
        position = int(np.argmin(codes >= 0))
        raise ValueError(f"character {sequence[position]!r} at position {position + 1} is no residue")
    return codes


def decode(codes: np.ndarray) -> str:
    """The letters of codes over `MSA_ALPHABET`."""
    return "".join(MSA_ALPHABET[int(code)] for code in codes)
