"""Accessible surface: spheres whose surface is known, laws, and Biopython. mkdssp stands in `tests/parity/test_tools.py`."""

from dataclasses import replace

import numpy as np
import pytest
from Bio.Data.IUPACData import protein_letters_3to1
from Bio.PDB import PDBParser
from Bio.PDB.DSSP import residue_max_acc
from Bio.PDB.SASA import ShrakeRupley

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.metrics.accessibility import (
    LARGEST_ACCESSIBILITY,
    NUM_DOTS,
    PROBE,
    RADII,
    accessible_surface,
    relative_accessibility,
    sphere_dots,
)
from tests.support.examples import FOLDER, example, moved

ALPHA, SIDE = ATOM37_INDEX["CA"], ATOM37_INDEX["CB"]


def spheres(*places: tuple[int, float]) -> Protein:
    """One residue an atom, of a given slot, along x."""
    protein = example("1lcd_A").select(np.arange(len(places)))
    positions, mask = np.zeros_like(protein.atom37_positions), np.zeros_like(protein.atom37_mask)
    for row, (slot, x) in enumerate(places):
        positions[row, slot, 0], mask[row, slot] = x, 1.0
    return replace(protein, atom37_positions=positions, atom37_mask=mask)


def sphere(slot: int) -> float:
    return 4.0 * np.pi * (RADII[slot] + PROBE) ** 2


def test_dots_are_even() -> None:
    """Unit vectors without a preferred direction, nearest neighbours about equally far."""
    dots = sphere_dots(NUM_DOTS)
    np.testing.assert_allclose(np.linalg.norm(dots, axis=-1), 1.0)
    np.testing.assert_allclose(dots.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(np.cov(dots.T, bias=True), np.eye(3) / 3.0, atol=1e-3)
    distances = np.linalg.norm(dots[:, None] - dots, axis=-1) + 9.0 * np.eye(NUM_DOTS)
    assert distances.min(axis=0).max() / distances.min() < 1.5


def test_a_sphere_alone_and_two_far_apart() -> None:
    assert accessible_surface(spheres((ALPHA, 0.0)))[0] == pytest.approx(sphere(ALPHA))
    far = RADII[ALPHA] + RADII[SIDE] + 2.0 * PROBE + 0.01
    np.testing.assert_allclose(accessible_surface(spheres((ALPHA, 0.0), (SIDE, far))), [sphere(ALPHA), sphere(SIDE)])


@pytest.mark.parametrize("distance", [1.5, 3.0, 6.0])
def test_two_spheres_lose_their_caps(distance: float) -> None:
    """The cap of a sphere beyond a plane has a known area; dots give it to one per cent of the sphere."""
    own, other = RADII[ALPHA] + PROBE, RADII[SIDE] + PROBE
    heights = [one - (distance**2 + one**2 - another**2) / (2.0 * distance) for one, another in ((own, other), (other, own))]
    expected = [sphere(ALPHA) - 2.0 * np.pi * own * heights[0], sphere(SIDE) - 2.0 * np.pi * other * heights[1]]
    np.testing.assert_allclose(accessible_surface(spheres((ALPHA, 0.0), (SIDE, distance))), expected, atol=0.01 * sphere(ALPHA))


def test_an_atom_within_another_has_no_surface() -> None:
    found = accessible_surface(spheres((ALPHA, 0.0), (ATOM37_INDEX["O"], 0.1)))
    assert found[1] == 0.0
    assert found[0] == pytest.approx(sphere(ALPHA))


def test_motion_hardly_matters_and_companions_only_take() -> None:
    """Up to the dots, which do not turn along; another chain covers residues and bares none."""
    protein = example("1orc_A")
    found = accessible_surface(protein)
    np.testing.assert_allclose(accessible_surface(moved(protein)), found, atol=6.0)
    assert accessible_surface(moved(protein)).sum() == pytest.approx(found.sum(), rel=5e-3)
    shifted = replace(protein, atom37_positions=protein.atom37_positions + np.float32([15, 0, 0]) * protein.atom37_mask[..., None])
    both = replace(
        protein,
        chain_ids=("A", "B"),
        chain_index=np.repeat([0, 1], len(protein)),
        **{
            name: np.concatenate([getattr(one, name) for one in (protein, shifted)])
            for name in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "b_factors")
        },
    )
    together = accessible_surface(both)[: len(protein)]
    assert (together <= found + 1e-9).all()
    assert together.sum() < found.sum() - 50.0


def test_biopython_finds_the_same() -> None:
    """Its program with our radii and a thousand dots: each residue within 6 Å², all of them within 0.5 %."""
    structure = PDBParser(QUIET=True).get_structure("1orc", FOLDER / "1orc_A.pdb")
    for atom in structure.get_atoms():
        atom.element = atom.get_name()
    radii = {name: float(RADII[slot]) for name, slot in ATOM37_INDEX.items()}
    ShrakeRupley(probe_radius=PROBE, n_points=1000, radii_dict=radii).compute(structure, level="R")
    expected = np.array([residue.sasa for residue in structure.get_residues()])
    found = accessible_surface(example("1orc_A"))
    np.testing.assert_allclose(found, expected, atol=6.0)
    assert found.sum() == pytest.approx(expected.sum(), rel=5e-3)


def test_relative_accessibility() -> None:
    """By the maxima that Biopython has, too; unknown residues have none, residues without atoms no surface."""
    wilke = residue_max_acc["Wilke"]
    assert {protein_letters_3to1[name.capitalize()]: value for name, value in wilke.items()} == LARGEST_ACCESSIBILITY
    protein = example("1a8o_A")
    protein.aatype[3], protein.atom37_mask[5] = 20, 0.0
    found = relative_accessibility(protein)
    assert np.isnan(found[3])
    assert found[5] == 0.0
    known = np.delete(found, 3)
    assert 0.2 < known.mean() < 0.5
    assert known.max() < 1.5
    assert accessible_surface(protein.select(np.arange(0))).shape == (0,)
