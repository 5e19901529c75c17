"""Pieces of a chain laid over points."""

import math

import torch

from protfold.geometry.chain import lay_out_chain
from protfold.geometry.fragments import place_fragments
from protfold.geometry.rigid import Rigid
from tests.unit.geometry.test_rigid import random_rigid

N_RES = 16
MIRROR = torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)


def helix(num_residues: int = N_RES) -> Rigid:
    """The frames of an alpha helix."""
    angles = torch.deg2rad(torch.tensor([180.0, -63.0, -42.0], dtype=torch.float64))
    omega, phi, psi = torch.stack([angles.sin(), angles.cos()], dim=-1)[:, None].expand(3, num_residues, 2)
    return lay_out_chain(omega, phi, psi)


def beta(frames: Rigid) -> torch.Tensor:
    """An atom that shows which way a frame looks."""
    return frames.apply(frames.translation.new_tensor([-0.53, -0.77, -1.2]))


def test_a_moved_chain_is_moved() -> None:
    """Points that are the chain's own atoms after a motion give all frames after this motion."""
    chain, motion = helix(), random_rigid(1, seed=3)
    found = place_fragments(chain, beta(chain), motion.apply(beta(chain)), torch.ones(N_RES, dtype=torch.float64))
    expected = motion.compose(chain)
    torch.testing.assert_close(found.translation, expected.translation)
    torch.testing.assert_close(found.rotation, expected.rotation)


def test_handedness_is_the_chain_s() -> None:
    """Mirrored points give the same: distances cannot tell the images apart, helices can."""
    chain = helix()
    mask = torch.ones(2, N_RES, dtype=torch.float64)
    chains = Rigid(chain.rotation.expand(2, N_RES, 3, 3), chain.translation.expand(2, N_RES, 3))
    points = torch.stack([beta(chain), beta(chain) * MIRROR])
    found = place_fragments(chains, beta(chains), points, mask)
    torch.testing.assert_close(found.translation[0], found.translation[1])
    torch.testing.assert_close(found.translation[0], chain.translation)


def test_pieces_follow_the_points() -> None:
    """A straight helix over the points of one that is broken in the middle: both halves lie in place."""
    chain, bend = helix(30), random_rigid(1, seed=5)
    points = beta(chain).clone()
    points[15:] = bend.apply(points[15:] - points[15]) + points[14] - bend.translation + 3.8
    found = beta(place_fragments(chain, beta(chain), points, torch.ones(30, dtype=torch.float64)))
    ends = torch.cat([torch.arange(10), torch.arange(20, 30)])
    torch.testing.assert_close(found[ends], points[ends], atol=1e-6, rtol=0.0)


def test_padding_changes_nothing() -> None:
    """Atoms and points of padding have no say; its frames are finite."""
    chain, mask = helix(), torch.ones(N_RES, dtype=torch.float64)
    mask[12:] = 0.0
    points = beta(chain) * math.sqrt(2.0)
    found = place_fragments(chain, beta(chain), points, mask)
    moved = points.clone()
    moved[12:] = 50.0
    again = place_fragments(chain, beta(chain), moved, mask)
    torch.testing.assert_close(again.translation[:12], found.translation[:12])
    assert found.translation.isfinite().all()
