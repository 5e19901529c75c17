"""Clashes: by hand, by an independent count, in real chains."""

from itertools import combinations

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_NAMES
from protfold.constants.residues import UNKNOWN, encode
from protfold.entities import Protein
from protfold.metrics.clashes import clash_score, clashing_atoms
from tests.support.examples import at, example, moved, warped

CHAIN = example("1orc_A")


def lone_atoms(*atoms: tuple[str, str, float]) -> Protein:
    """Residues of one atom each, far apart in the sequence: residue, atom, place on a line."""
    residues, names, places = zip(*atoms, strict=True)
    positions, mask = np.zeros((len(atoms), 37, 3), dtype=np.float32), np.zeros((len(atoms), 37), dtype=np.float32)
    for row, (name, place) in enumerate(zip(names, places, strict=True)):
        positions[row, ATOM37_INDEX[name], 0], mask[row, ATOM37_INDEX[name]] = place, 1.0
    return Protein(
        atom37_positions=positions,
        atom37_mask=mask,
        aatype=encode("".join(residues)).astype(np.int64),
        residue_index=10 * np.arange(len(atoms)),
        insertion_codes=np.full(len(atoms), " "),
        chain_index=np.zeros(len(atoms), dtype=np.int64),
        chain_ids=("A",),
        b_factors=mask,
    )


@pytest.mark.parametrize(
    ("first", "second", "limit"),
    [
        (("A", "CB"), ("A", "CB"), 3.0),
        (("A", "CB"), ("A", "O"), 2.82),
        (("A", "O"), ("K", "NZ"), 2.27),
        (("S", "OG"), ("D", "OD1"), 2.24),
        (("C", "SG"), ("A", "CB"), 3.1),
    ],
)
def test_limits_by_hand(first: tuple[str, str], second: tuple[str, str], limit: float) -> None:
    """Radii of 1.7 (C), 1.55 (N), 1.52 (O) and 1.8 Å (S), less 0.4, and less 0.8 for hydrogen bonds."""
    assert len(clashing_atoms(lone_atoms((*first, 0.0), (*second, limit - 0.01)))) == 1
    assert len(clashing_atoms(lone_atoms((*first, 0.0), (*second, limit + 0.01)))) == 0


def test_disulfides_are_bonds() -> None:
    assert len(clashing_atoms(lone_atoms(("C", "SG", 0.0), ("C", "SG", 2.05)))) == 0
    assert len(clashing_atoms(lone_atoms(("C", "SG", 0.0), ("M", "SD", 2.05)))) == 1


def test_an_unknown_residue_does_not_clash_with_itself() -> None:
    """Its CB is bonded to its CA, as that of any residue."""
    unknown = at(CHAIN, CHAIN.atom37_positions)
    unknown.aatype[10:20] = UNKNOWN
    unknown.atom37_mask[10:20, 5:] = unknown.atom37_mask[10:20, 3:4] = 0.0
    unknown.atom37_mask[10:20, [ATOM37_INDEX["CB"], ATOM37_INDEX["O"]]] = 1.0
    found = clashing_atoms(at(unknown, CHAIN.atom37_positions))
    assert not ((found[:, 0] == found[:, 2]) & np.isin(found[:, 0], np.arange(10, 20))).any()


def test_by_an_independent_count() -> None:
    """A squeezed chain: all pairs of residues three or more apart, of which none can be near by bonds."""
    protein = at(CHAIN, 0.75 * CHAIN.atom37_positions)
    radii = {"C": 1.7, "N": 1.55, "O": 1.52, "S": 1.8}
    atoms = [(row, ATOM37_NAMES[slot]) for row, slot in np.argwhere(protein.atom37_mask > 0)]
    points = protein.atom37_positions[protein.atom37_mask > 0].astype(float)
    expected = set()
    for (i, (row, name)), (j, (other, other_name)) in combinations(enumerate(atoms), 2):
        polar = name[0] in "NO" and other_name[0] in "NO"
        limit = radii[name[0]] + radii[other_name[0]] - (0.8 if polar else 0.4)
        if other - row >= 3 and np.linalg.norm(points[i] - points[j]) < limit:
            expected.add((row, name, other, other_name))
    found = {(a, ATOM37_NAMES[b], c, ATOM37_NAMES[d]) for a, b, c, d in clashing_atoms(protein).tolist() if c - a >= 3}
    assert len(expected) > 20
    assert found == expected


def test_real_chains_hardly_clash_and_damaged_ones_do() -> None:
    scores = [clash_score(warped(CHAIN, amplitude)) for amplitude in (0.0, 2.0, 6.0)]
    assert scores[0] < 5.0
    assert scores[0] < scores[1] < scores[2]


def test_motion_does_not_matter() -> None:
    squeezed = at(CHAIN, 0.75 * CHAIN.atom37_positions)
    assert clash_score(moved(squeezed)) == clash_score(squeezed) > 50.0
