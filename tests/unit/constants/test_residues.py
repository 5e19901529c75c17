"""Alphabets and codes."""

import string

import gemmi
import pytest

from protfold.constants.residues import (
    AMBIGUOUS_RESIDUES,
    GAP,
    LETTER_TO_CODE,
    MSA_ALPHABET,
    ONE_TO_THREE,
    RESIDUES,
    decode,
    encode,
)


def test_order_is_alphabetical_by_three_letter_name() -> None:
    """AlphaFold's order, by its rule."""
    assert [ONE_TO_THREE[letter] for letter in RESIDUES] == sorted(ONE_TO_THREE[letter] for letter in RESIDUES)
    assert MSA_ALPHABET[GAP] == "-"


def test_names_agree_with_gemmi() -> None:
    """One-letter and three-letter names."""
    assert all(gemmi.find_tabulated_residue(ONE_TO_THREE[letter]).one_letter_code == letter for letter in RESIDUES)


def test_every_letter_has_a_code_and_nothing_else() -> None:
    """All 26 letters and the gap; ambiguous letters as documented."""
    known = {chr(code) for code in range(256) if LETTER_TO_CODE[code] >= 0}
    assert known == set(string.ascii_uppercase) | {"-"}
    for letter, read_as in AMBIGUOUS_RESIDUES.items():
        assert decode(encode(letter)) == read_as


def test_encode_restores_and_complains() -> None:
    """Round trip; the position of a bad character, counted from one."""
    assert decode(encode(MSA_ALPHABET)) == MSA_ALPHABET
    assert len(encode("")) == 0
    with pytest.raises(ValueError, match="'1' at position 3"):
        encode("AC1D")
    with pytest.raises(ValueError, match="position 2"):
        encode("Aé")
