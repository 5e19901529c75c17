"""ABACUS-R's features: numbers it ships, independent superposition, laws."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from protfold.constants.atoms import BACKBONE
from protfold.entities import Protein
from protfold.features.design_features import build_design_features
from protfold.features.local_environment import (
    FAR_OFFSET,
    NO_TORSION,
    NUM_NEIGHBORS,
    LocalEnvironment,
    best_rotation_vector,
    distance_basis,
    local_environment,
)
from protfold.io import read_structure
from protfold.metrics.backbone_torsions import backbone_torsions
from tests.support.examples import example, moved

DEMO = Path(__file__).parents[3] / "local" / "public" / "chains" / "db" / "1cy5_A.pdb"


def environment(protein: Protein, *, breaks: bool = False, num_neighbors: int = NUM_NEIGHBORS) -> LocalEnvironment:
    return local_environment(build_design_features(protein, num_neighbors=num_neighbors), breaks=breaks)


def without(protein: Protein, *rows: int) -> Protein:
    return protein.select(np.delete(np.arange(len(protein)), rows))


def assert_same(one: LocalEnvironment, other: LocalEnvironment, *, atol: float = 0.0) -> None:
    for field in fields(one):
        torch.testing.assert_close(getattr(one, field.name), getattr(other, field.name), rtol=0.0, atol=atol)


@pytest.mark.skipif(not DEMO.is_file(), reason="1CY5 is not at hand")
def test_the_numbers_shipped_for_1cy5() -> None:
    """`demo/inference_input/1CY5_A` of github.com/JasonWei2014/ABACUS-R: positions, rotations, torsions, and who is near."""
    found = environment(read_structure(DEMO))
    assert found.torsions.shape == (92, 15)
    distances = found.positions.norm(dim=-1)
    assert distances[:, 0].median() == pytest.approx(3.79, abs=5e-3)
    assert distances[:, 19].median() == pytest.approx(10.6, abs=0.05)
    assert distances[:, 19].max() == pytest.approx(14.2, abs=0.05)
    shipped = {
        (0, 0): ((-2.504367, 2.836164, -0.355862), (0.421264, -2.048687, -0.950922)),
        (1, 0): ((3.666412, 0.716561, -0.697338), (1.025510, 0.060757, 0.373823)),
        (3, 19): ((6.683032, 8.519092, 5.149455), (-0.834612, -0.730509, 0.424040)),
        (9, 1): ((3.687047, 0.478441, -0.931038), (0.897644, 0.754255, 0.571604)),
    }
    for place, (position, rotation) in shipped.items():
        assert found.positions[place].tolist() == pytest.approx(position, abs=2e-6)
        assert found.rotation_vectors[place].tolist() == pytest.approx(rotation, abs=2e-6)
    phi, psi, omega = (found.torsions[0] * 180.0).unflatten(0, (3, 5)).tolist()
    assert phi == pytest.approx([360.0, 360.0, 360.0, -50.83194, -58.583996], abs=1e-4)
    assert psi == pytest.approx([360.0, 360.0, 160.01929, 146.26378, -33.405098], abs=1e-4)
    assert omega == pytest.approx([360.0, 360.0, 175.16877, -177.4263, -176.7644], abs=1e-4)
    numbers = [2, 64, 65, 63, 6, 3, 5, 62, 68, 92, 61, 66, 4, 67, 60, 7, 91, 69, 90, 9]
    assert found.offsets[0].tolist() == [number + 63 if number < 65 else FAR_OFFSET for number in numbers]


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-4, 1.0, 3.0, np.pi - 1e-4, np.pi - 1e-9])
def test_a_rotation_is_found_at_every_angle(angle: float) -> None:
    """Of points that are no more than turned; to 1e-7 in float64, where the published formula loses 7e-4 near half turns."""
    generator = np.random.default_rng(0)
    axes = generator.normal(size=(50, 3))
    vectors = angle * axes / np.linalg.norm(axes, axis=-1, keepdims=True)
    points = generator.normal(size=(50, 4, 3))
    turned = np.einsum("nij,nkj->nki", Rotation.from_rotvec(vectors).as_matrix(), points)
    found = best_rotation_vector(torch.from_numpy(points), torch.from_numpy(turned)).numpy()
    np.testing.assert_allclose(found, vectors, atol=1e-7)


def test_superposition_beside_scipy() -> None:
    """Of points that do not fit, and that nothing centres."""
    generator = np.random.default_rng(1)
    moving, fixed = generator.normal(size=(2, 200, 4, 3)) + generator.normal(size=(2, 200, 1, 3)) * 3.0
    expected = [Rotation.align_vectors(own, one)[0].as_rotvec() for one, own in zip(moving, fixed, strict=True)]
    found = best_rotation_vector(torch.from_numpy(moving), torch.from_numpy(fixed)).numpy()
    np.testing.assert_allclose(found, np.array(expected), atol=1e-7)
    assert np.linalg.norm(found, axis=-1).max() <= np.pi


def test_every_pair_beside_a_slow_calculation() -> None:
    protein = example("1orc_A")
    features = build_design_features(protein, num_neighbors=NUM_NEIGHBORS)
    found = local_environment(features)
    atoms = protein.atom37_positions[:, BACKBONE].astype(np.float64)
    for row in range(0, len(protein), 7):
        x = atoms[row, 0] - atoms[row, 1]
        x /= np.linalg.norm(x)
        z = np.cross(x, atoms[row, 2] - atoms[row, 1])
        z /= np.linalg.norm(z)
        axes = np.stack([x, np.cross(z, x), z])
        for place, neighbor in enumerate(features.neighbors[row].tolist()):
            seen, own = ((atoms[one] - atoms[row, 1]) @ axes.T for one in (neighbor, row))
            np.testing.assert_allclose(found.positions[row, place], seen[1], atol=1e-5)
            np.testing.assert_allclose(
                found.rotation_vectors[row, place], Rotation.align_vectors(own, seen)[0].as_rotvec(), atol=1e-4
            )
            gaussians = np.exp(-(((np.linalg.norm(seen[1]) - np.arange(16) * 20.0 / 15.0) / 1.25) ** 2))
            np.testing.assert_allclose(found.rbf[row, place], gaussians, atol=1e-5)
    own, far = (distance_basis(torch.tensor(distance)) for distance in (0.0, 20.0))
    assert own[0] == far[-1] == 1.0
    torch.testing.assert_close(own.flip(0), far)


def test_torsions_are_those_of_the_residues_around() -> None:
    protein = example("1orc_A")
    found = environment(protein).torsions.unflatten(-1, (3, 5)).numpy()
    expected = backbone_torsions(protein)
    angles = np.stack([expected.phi, expected.psi, np.append(expected.omega[1:], np.nan)], axis=1)
    padded = np.full((len(protein) + 4, 3), NO_TORSION)
    padded[2:-2] = np.nan_to_num(angles / 180.0, nan=NO_TORSION)
    for place in range(5):
        difference = found[:, :, place] - padded[place : place + len(protein)]
        np.testing.assert_allclose((difference + 1.0) % 2.0 - 1.0, 0.0, atol=1e-4)
        assert ((found[:, :, place] == NO_TORSION) == (padded[place : place + len(protein)] == NO_TORSION)).all()


def test_motion_does_not_matter() -> None:
    protein = example("2ofg_X")
    one, other = environment(protein), environment(moved(protein))
    flat = [torch.cat([each.positions, each.rbf], dim=-1) for each in (one, other)]
    torch.testing.assert_close(*flat, rtol=0.0, atol=1e-3)
    turned = [Rotation.from_rotvec(each.rotation_vectors.flatten(0, 1).numpy()) for each in (one, other)]
    assert (turned[0].inv() * turned[1]).magnitude().max() < 2e-3


def test_a_gap_is_crossed_as_published_and_respected_where_asked() -> None:
    """With residues taken out; respected, the parts have the torsions of two chains, and the neighbors stay."""
    protein = without(example("1orc_A"), *range(20, 26))
    split = replace(protein, chain_index=(np.arange(len(protein)) >= 20).astype(np.int64), chain_ids=("A", "B"))
    joined, apart, two = environment(protein), environment(protein, breaks=True), environment(split)
    torch.testing.assert_close(apart.torsions, two.torsions)
    near = slice(18, 22)
    assert (apart.torsions[near] == NO_TORSION).any(-1).all()
    assert (joined.torsions[near] != NO_TORSION).all()
    torch.testing.assert_close(joined.torsions[:17], apart.torsions[:17])
    torch.testing.assert_close(joined.positions, apart.positions)
    whole = example("1orc_A")
    assert_same(environment(whole), environment(whole, breaks=True))


def test_an_incomplete_residue_is_as_good_as_absent() -> None:
    """Another one's environment is the same whether it is there without its O or not there; its own is empty."""
    protein = example("1orc_A")
    mask = protein.atom37_mask.copy()
    mask[30, BACKBONE[3]] = 0.0
    found, expected = environment(replace(protein, atom37_mask=mask)), environment(without(protein, 30))
    others = np.delete(np.arange(len(protein)), 30)
    assert_same(LocalEnvironment(**{field.name: getattr(found, field.name)[others] for field in fields(found)}), expected)
    assert not found.mask[30].any()
    assert not found.positions[30].any()
    assert (found.torsions[30] == NO_TORSION).all()


def test_offsets_are_of_numbers_within_the_chain() -> None:
    """-64 to 63 are classes 0 to 127; what is farther, or of another chain, is 128; places without a neighbor are 0."""
    protein = example("1lcd_A")
    numbers = np.arange(len(protein)) * 5
    found = environment(replace(protein, residue_index=numbers), num_neighbors=60)
    features = build_design_features(replace(protein, residue_index=numbers), num_neighbors=60)
    differences = numbers[features.neighbors.numpy()] - numbers[:, None]
    classes = np.where((differences >= -64) & (differences <= 63), differences + 64, 128) * found.mask.numpy()
    np.testing.assert_array_equal(found.offsets, classes)
    assert found.mask.sum(-1).tolist() == [50] * 51
    assert {0, 4, 124, FAR_OFFSET} <= set(found.offsets.flatten().tolist())
    others = environment(
        replace(protein, chain_index=(np.arange(51) > 24).astype(np.int64), chain_ids=("A", "B")), num_neighbors=60
    )
    of_other = (features.neighbors > 24) != (torch.arange(51) > 24)[:, None]
    assert (others.offsets[of_other & others.mask] == FAR_OFFSET).all()


def test_nothing_to_see() -> None:
    """No residue, one, and none that is complete."""
    protein = example("1lcd_A")
    assert environment(protein.select(np.arange(0))).torsions.shape == (0, 15)
    alone = environment(protein.select(np.arange(1)))
    assert not alone.mask.any()
    assert torch.isfinite(alone.rotation_vectors).all()
    bare = environment(replace(protein, atom37_mask=np.zeros_like(protein.atom37_mask)))
    assert (bare.torsions == NO_TORSION).all()
    assert not bare.rbf.any()
