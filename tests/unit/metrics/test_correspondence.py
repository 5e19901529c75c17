"""Which residues are compared: by number, by sequence, and why not."""

from dataclasses import replace

import numpy as np
import pytest

from protfold.constants.residues import encode
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.metrics.chain_pairing import align_sequences
from protfold.metrics.correspondence import match_residues
from tests.support.examples import at, example, moved

CHAIN = example("1orc_A")
OTHER = example("1a8o_A")


def renumbered(protein: Protein, shift: int, *, chain: str = "A") -> Protein:
    return replace(protein, residue_index=protein.residue_index + shift, chain_ids=(chain,))


def together(*proteins: Protein, names: str) -> Protein:
    """Chains in one structure."""
    fields = ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "b_factors")
    arrays = {field: np.concatenate([getattr(one, field) for one in proteins]) for field in fields}
    chain = np.repeat(np.arange(len(proteins)), [len(one) for one in proteins])
    return Protein(**arrays, chain_index=chain, chain_ids=tuple(names), name="complex")


def pairs(model: Protein, reference: Protein, match: str = "auto") -> list[tuple[int, int]]:
    found = match_residues(model, reference, match=match)
    return list(zip(found.model_rows.tolist(), found.reference_rows.tolist(), strict=True))


def test_equal_numbers_are_taken() -> None:
    """Gaps and missing ends on both sides."""
    model, reference = CHAIN.select(np.r_[0:20, 30:60]), CHAIN.select(np.r_[5:64])
    found = match_residues(model, reference)
    assert found.matched_by == "number"
    assert (model.residue_index[found.model_rows] == reference.residue_index[found.reference_rows]).all()
    assert len(found) == 15 + 30
    assert any("14 of 59 residues of the reference" in text for text in found.warnings)
    assert any("5 of 50 residues of the model" in text for text in found.warnings)


def test_chain_names_of_lone_chains_do_not_count() -> None:
    found = match_residues(renumbered(CHAIN, 0, chain="Q"), CHAIN)
    assert (found.matched_by, len(found), found.chains) == ("number", 64, (("Q", "A"),))
    assert any("Q/A" in text for text in found.warnings)


@pytest.mark.parametrize("shift", [1, -7, 300])
def test_shifted_numbers_are_matched_by_sequence(shift: int) -> None:
    model = renumbered(CHAIN, shift)
    assert pairs(model, CHAIN) == [(row, row) for row in range(64)]
    assert match_residues(model, CHAIN).matched_by == "sequence"


def test_gaps_and_shifted_numbers() -> None:
    """A loop of ten residues missing on either side."""
    model, reference = renumbered(CHAIN.select(np.r_[0:20, 30:64]), 9), CHAIN.select(np.r_[0:45, 55:64])
    expected = [(i, r) for i, row in enumerate(np.r_[0:20, 30:64]) for r, other in enumerate(np.r_[0:45, 55:64]) if row == other]
    assert len(set(pairs(model, reference)) & set(expected)) >= len(expected) - 3


def test_insertion_codes_tell_residues_apart() -> None:
    """Residues 10, 10A, 10B against a reference without 10A."""
    model = CHAIN.select(np.arange(30))
    number, code = model.residue_index.copy(), np.full(30, " ")
    number[10:13], code[11], code[12] = number[10], "A", "B"
    model = replace(model, residue_index=number, insertion_codes=code)
    reference = model.select(np.r_[0:11, 12:30])
    assert pairs(model, reference, "number") == [(row, index) for index, row in enumerate(np.r_[0:11, 12:30])]


def test_a_mutated_model_of_equal_numbers_keeps_them() -> None:
    """A design: six of ten residues changed, which an alignment would only confuse."""
    changed = at(CHAIN, CHAIN.atom37_positions)
    rows = np.flatnonzero(np.arange(64) % 10 < 6)
    changed.aatype[rows] = (changed.aatype[rows] + 7) % 20
    assert pairs(changed, CHAIN, "number") == [(row, row) for row in range(64)]
    found = match_residues(changed, CHAIN)
    assert found.num_identical >= 64 - len(rows)
    assert any("different residue types" in text for text in found.warnings)


def test_chains_are_paired_by_sequence_whatever_their_names_and_order() -> None:
    model, reference = together(CHAIN, OTHER, names="XY"), together(OTHER, CHAIN, names="AB")
    found = match_residues(model, reference)
    assert found.matched_by == "sequence"
    assert set(found.chains) == {("Y", "A"), ("X", "B")}
    assert len(found) == len(model)
    assert found.num_identical == len(model)


def test_copies_of_one_chain_are_paired_by_where_they_are() -> None:
    """A dimer whose chains are named the other way round."""
    reference = together(CHAIN, moved(CHAIN), OTHER, names="ABC")
    model = together(moved(CHAIN), CHAIN, OTHER, names="PQR")
    assert set(match_residues(model, reference, match="sequence").chains) == {("Q", "A"), ("P", "B"), ("R", "C")}


def test_one_chain_of_a_model_of_two_copies_finds_the_right_copy() -> None:
    reference = together(moved(CHAIN), OTHER, names="AC")
    model = together(CHAIN, moved(CHAIN), OTHER, names="PQR")
    assert set(match_residues(model, reference, match="sequence").chains) == {("Q", "A"), ("R", "C")}


def test_one_copy_of_a_model_finds_its_place_among_two() -> None:
    """Two copies in the reference, with different ends missing; the other chain tells which is meant."""
    reference = together(moved(CHAIN).select(np.arange(2, 64)), CHAIN.select(np.arange(61)), OTHER, names="ABC")
    model = together(CHAIN, OTHER, names="PR")
    assert set(match_residues(model, reference, match="sequence").chains) == {("P", "B"), ("R", "C")}


def test_nothing_matches_says_why() -> None:
    far = renumbered(OTHER, 5000)
    with pytest.raises(InputError, match=r"no residue has .* chain A 5151-5220; .* chain A 3-61"):
        match_residues(far, CHAIN, match="number")
    poly = replace(OTHER, aatype=encode("W" * 70).astype(OTHER.aatype.dtype), residue_index=OTHER.residue_index + 5000)
    for match in ("sequence", "auto"):
        with pytest.raises(InputError, match="number the residues alike"):
            match_residues(poly, CHAIN, match=match)
    with pytest.raises(InputError, match="none of auto, number, sequence"):
        match_residues(CHAIN, CHAIN, match="best")


def test_alignment_of_sequences() -> None:
    """An insertion, and free ends."""
    assert align_sequences("MKTAYIAKQRQISFVK", "KTAYIAKWWQRQISFV").tolist() == [
        [i, j] for i, j in zip(range(1, 15), [*range(7), *range(9, 16)], strict=True)
    ]
