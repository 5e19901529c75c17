"""Neighbors, packing, and geometry of pairs."""

import numpy as np
import torch
from scipy.spatial.transform import Rotation

from protfold.features.design_features import build_design_features, nearest_residues, pack
from protfold.features.residue_graph import OTHER_CHAIN, edge_features, node_features, sequence_offsets
from protfold.metrics.backbone_torsions import backbone_torsions
from tests.support.designers import backbone


def test_neighbors_are_the_nearest_known_residues_and_ties_go_by_order() -> None:
    grid = torch.tensor(np.stack(np.meshgrid(*[np.arange(5.0)] * 3), axis=-1).reshape(-1, 3))  # many equal distances
    known = torch.ones(len(grid), dtype=torch.bool)
    known[::7] = False
    neighbors, mask = nearest_residues(grid, known, 18)
    for row in range(len(grid)):
        others = [other for other in range(len(grid)) if other != row and known[other] and known[row]]
        nearest = sorted(others, key=lambda other: (float((grid[other] - grid[row]).norm()), other))[:18]
        assert neighbors[row][mask[row]].tolist()[:6] == nearest[:6]
        found, true = (
            sorted(float((grid[one] - grid[row]).norm()) for one in ones) for ones in (neighbors[row][mask[row]], nearest)
        )
        np.testing.assert_allclose(found, true)


def test_fewer_residues_than_neighbors_leave_masked_places() -> None:
    features = build_design_features(backbone(5), num_neighbors=9)
    assert features.neighbor_mask.sum(-1).tolist() == [4] * 5
    alone = build_design_features(backbone(1), num_neighbors=3)
    assert not alone.neighbor_mask.any()
    assert alone.neighbors.tolist() == [[0, 0, 0]]


def test_an_incomplete_residue_is_nobodys_neighbor() -> None:
    protein = backbone(12)
    protein.atom37_mask[4, 2] = 0.0
    features = build_design_features(protein, num_neighbors=6)
    assert not features.complete[4]
    assert not features.neighbor_mask[4].any()
    assert not ((features.neighbors == 4) & features.neighbor_mask).any()
    assert features.linked.tolist() == [False, True, True, True, False, False, *[True] * 6]


def test_packed_backbones_do_not_see_each_other() -> None:
    parts = [build_design_features(backbone(number), num_neighbors=6) for number in (9, 4, 12)]
    packed = pack(parts)
    starts = [0, 9, 13, 25]
    for part, start, stop in zip(parts, starts, starts[1:], strict=False):
        mask = packed.neighbor_mask[start:stop]
        assert torch.equal(mask, part.neighbor_mask)
        assert torch.equal((packed.neighbors[start:stop] - start)[mask], part.neighbors[mask])
    assert torch.equal(edge_features(packed)[9:13], edge_features(parts[1]))
    assert len(set(packed.chain_index.tolist())) == 3


def test_geometry_does_not_depend_on_the_place_but_on_the_hand() -> None:
    protein = backbone(30)
    features = build_design_features(protein, num_neighbors=8).to(dtype=torch.float64)
    turn = torch.from_numpy(Rotation.random(random_state=0).as_matrix())
    moved = features.to(dtype=torch.float64)
    object.__setattr__(moved, "backbone", features.backbone @ turn.T + 30.0)
    for measure in (node_features, edge_features):
        torch.testing.assert_close(measure(moved), measure(features), rtol=0, atol=1e-6)
    object.__setattr__(moved, "backbone", features.backbone * torch.tensor([1.0, 1.0, -1.0]))
    for measure in (node_features, edge_features):
        assert float((measure(moved) - measure(features)).abs().max()) > 0.1


def test_torsions_are_those_of_the_measures_and_end_at_a_break() -> None:
    whole = backbone(40)
    protein = whole.select(np.r_[0:17, 21:40])
    measured = backbone_torsions(protein)
    features = node_features(build_design_features(protein, num_neighbors=4).to(dtype=torch.float64)).numpy()
    for column, angles in enumerate((measured.omega, measured.phi, measured.psi)):
        defined = ~np.isnan(angles)
        assert (features[:, 6 + column] == defined).all()
        expected = np.stack([np.sin(np.radians(angles)), np.cos(np.radians(angles))], axis=-1)[defined]
        np.testing.assert_allclose(features[defined][:, 2 * column : 2 * column + 2], expected, atol=1e-5)
        assert not features[~defined][:, 2 * column : 2 * column + 2].any()


def test_offsets_are_of_author_numbers_within_the_chain() -> None:
    protein = backbone(6)
    protein.residue_index[:] = [1, 2, 3, 60, 61, 62]
    offsets = sequence_offsets(build_design_features(protein, num_neighbors=5))
    assert set(offsets[0].tolist()) == {33, 34, 64}
    packed = pack([build_design_features(protein, num_neighbors=5)] * 2)
    joined = torch.where(packed.neighbor_mask, 6, 0) + packed.neighbors
    object.__setattr__(packed, "neighbors", joined.clamp(max=11))
    assert (sequence_offsets(packed)[:5] == OTHER_CHAIN).any()
