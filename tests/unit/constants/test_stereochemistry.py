"""Bond lengths, angles and radii agree with the ideal residues, with one another and with chemistry."""

from itertools import combinations

import numpy as np
import pytest

from protfold.constants import stereochemistry as chemistry
from protfold.constants.atoms import ATOM14_MASK, ATOM14_NAMES
from protfold.constants.residues import RESIDUE_CODE, RESIDUE_NAMES, THREE_TO_ONE, UNKNOWN
from protfold.geometry.atom_frames import atom37_to_atom14
from tests.support.every_residue import EVERY_TYPE, every_residue

NUM_RINGS = {"HIS": 1, "PHE": 1, "TYR": 1, "TRP": 2, "PRO": 1}


def bonds_of(residue: str) -> dict[frozenset[str], tuple[float, float]]:
    return {frozenset(pair.split("-")): value for pair, value in (chemistry.BACKBONE_BONDS | chemistry.BONDS[residue]).items()}


@pytest.mark.parametrize("residue", ATOM14_NAMES)
def test_bonds_join_all_heavy_atoms(residue: str) -> None:
    """One bond fewer than atoms, and one more for each ring; every atom is reached."""
    bonds, atoms = bonds_of(residue), ATOM14_NAMES[residue]
    assert len(bonds) == len(atoms) - 1 + NUM_RINGS.get(residue, 0)
    reached = {"CA"}
    for _ in atoms:
        reached |= {atom for bond in bonds if bond & reached for atom in bond}
    assert reached == set(atoms)


@pytest.mark.parametrize("residue", ATOM14_NAMES)
def test_every_two_bonds_at_an_atom_have_an_angle(residue: str) -> None:
    """And there is no other angle."""
    triples = (atoms.split("-") for atoms in chemistry.BACKBONE_ANGLES | chemistry.ANGLES[residue])
    angles = {(middle, frozenset((first, last))) for first, middle, last in triples}
    meeting = [(one & other, one ^ other) for one, other in combinations(bonds_of(residue), 2) if one & other]
    assert angles == {(next(iter(middle)), ends) for middle, ends in meeting}


@pytest.mark.parametrize("residue", ATOM14_NAMES)
def test_known_distances_are_those_of_the_ideal_residue(residue: str) -> None:
    """To two standard deviations, whatever the torsions; but random ones leave the ring of proline open."""
    code, atoms = RESIDUE_CODE[THREE_TO_ONE[residue]], ATOM14_NAMES[residue]
    _, positions, _ = every_residue(seed=0)
    ideal = atom37_to_atom14(positions, EVERY_TYPE)[code]
    for first, second in combinations(range(len(atoms)), 2):
        mean, deviation = (table[code, first, second] for table in (chemistry.KNOWN_DISTANCES, chemistry.KNOWN_DISTANCE_DEVIATIONS))
        open_ring = residue == "PRO" and {atoms[first], atoms[second]} in ({"N", "CD"}, {"N", "CG"}, {"CA", "CD"})
        if mean and not open_ring:
            assert abs(float((ideal[first] - ideal[second]).norm()) - mean) < 2.0 * deviation, (atoms[first], atoms[second])


def test_distance_over_an_angle() -> None:
    """N to C over CA of alanine, and its deviation by small changes of the two bonds and the angle."""

    def distance(a: float, b: float, degrees: float) -> float:
        return float(np.sqrt(a * a + b * b - 2.0 * a * b * np.cos(np.radians(degrees))))

    n, c = 0, 2
    code = RESIDUE_CODE["A"]
    mean = distance(1.459, 1.525, 111.0)
    changes = (distance(1.459 + 0.020, 1.525, 111.0), distance(1.459, 1.525 + 0.026, 111.0), distance(1.459, 1.525, 111.0 + 2.7))
    assert chemistry.KNOWN_DISTANCES[code, n, c] == pytest.approx(mean)
    expected = np.linalg.norm(np.array(changes) - mean)
    assert chemistry.KNOWN_DISTANCE_DEVIATIONS[code, n, c] == pytest.approx(expected, rel=0.02)


def test_tables_are_symmetric_empty_where_there_are_no_atoms_and_read_only() -> None:
    for table in (chemistry.KNOWN_DISTANCES, chemistry.KNOWN_DISTANCE_DEVIATIONS):
        np.testing.assert_array_equal(table, table.transpose(0, 2, 1))
        assert not table[UNKNOWN].any()
        assert not table.flags.writeable
    np.testing.assert_array_equal(chemistry.ATOM14_RADII > 0, ATOM14_MASK > 0)
    assert not chemistry.ATOM14_RADII.flags.writeable
    assert len(chemistry.ATOM14_RADII) == len(RESIDUE_NAMES)
