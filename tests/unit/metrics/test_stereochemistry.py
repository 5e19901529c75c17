"""The checks together: real chains, a mirror image, turned peptide planes."""

from dataclasses import astuple

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.entities import Protein
from protfold.metrics.stereochemistry import check_stereochemistry, has_wrong_chirality
from tests.support.examples import at, example, mirrored, moved, warped

CHAIN = example("1orc_A")


def turned_after(protein: Protein, row: int, degrees: float) -> Protein:
    """All that follows the peptide bond before `row`, turned about it."""
    c, n = (protein.atom37_positions[one, ATOM37_INDEX[name]].astype(float) for one, name in ((row - 1, "C"), (row, "N")))
    axis = (n - c) / np.linalg.norm(n - c)
    cross, turn = np.cross(np.eye(3), axis), np.radians(degrees)
    matrix = np.eye(3) * np.cos(turn) + np.sin(turn) * cross + (1 - np.cos(turn)) * np.outer(axis, axis)
    positions = protein.atom37_positions.astype(float)
    positions[row:] = (positions[row:] - n) @ matrix + n
    return at(protein, positions)


def test_a_real_chain_has_nothing_wrong() -> None:
    found = check_stereochemistry(CHAIN)
    assert (found.cis_non_proline, found.twisted, found.wrong_chirality) == (0, 0, 0)
    assert found.ramachandran_favoured > 0.9
    assert found.bond_outliers < 0.01
    assert found.clash_score < 5.0


def test_a_mirror_image_has_every_residue_but_glycine_wrong() -> None:
    wrong = has_wrong_chirality(mirrored(CHAIN))
    assert wrong.tolist() == (CHAIN.aatype != RESIDUE_CODE["G"]).tolist()
    assert check_stereochemistry(mirrored(CHAIN)).wrong_chirality == wrong.sum()


@pytest.mark.parametrize(("degrees", "expected"), [(180.0, (1, 0, 0)), (90.0, (0, 0, 1)), (10.0, (0, 0, 0))])
def test_peptide_planes(degrees: float, expected: tuple[int, int, int]) -> None:
    """One bond turned: cis, twisted, or still trans; before proline cis counts as such."""
    row = 30
    assert CHAIN.aatype[row] != RESIDUE_CODE["P"]
    before, found = check_stereochemistry(CHAIN), check_stereochemistry(turned_after(CHAIN, row, degrees))
    found = found.cis_non_proline, found.cis_proline - before.cis_proline, found.twisted
    assert found == expected
    proline = turned_after(CHAIN, row, degrees)
    proline.aatype[row] = RESIDUE_CODE["P"]
    found = check_stereochemistry(proline)
    assert (found.cis_proline - before.cis_proline, found.cis_non_proline, found.twisted) == expected


def test_damage_shows_and_motion_does_not() -> None:
    damaged = check_stereochemistry(warped(CHAIN, 3.0))
    sound = check_stereochemistry(CHAIN)
    assert damaged.bond_rms_z > 3 * sound.bond_rms_z
    assert damaged.angle_outliers > sound.angle_outliers
    assert astuple(check_stereochemistry(moved(CHAIN))) == pytest.approx(astuple(sound), abs=1e-3)


def test_lone_atoms_have_no_numbers() -> None:
    """One residue of one atom."""
    protein = CHAIN.select(np.array([5]))
    protein.atom37_mask[:] = np.arange(37) == 1
    found = check_stereochemistry(protein)
    assert np.isnan([found.bond_rms_z, found.angle_outliers, found.ramachandran_favoured]).all()
    assert found.clash_score == 0.0
