"""A chain laid out from torsions against the definitions of bonds, angles and torsions."""

import math
from itertools import pairwise

import pytest
import torch

from protfold.constants.rigid_groups import IDEAL_ATOM_POSITIONS
from protfold.geometry.chain import C_N, CA_C, CA_C_N, N_CA, N_CA_C, lay_out_chain
from protfold.geometry.rigid import Rigid

N_RES = 11


def random_torsions(*shape: int) -> torch.Tensor:
    """Unit pairs of omega, phi and psi: [3, *shape, 2]."""
    angles = (torch.rand(3, *shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64) - 0.5) * 2 * math.pi
    return torch.stack([angles.sin(), angles.cos()], dim=-1)


def backbone(frames: Rigid) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """N, CA and C of each frame, at ideal length and angle."""
    nitrogen = frames.translation.new_tensor([N_CA * math.cos(N_CA_C), N_CA * math.sin(N_CA_C), 0.0])
    carbon = frames.translation.new_tensor([CA_C, 0.0, 0.0])
    return frames.apply(nitrogen), frames.translation, frames.apply(carbon)


def dihedral(*points: torch.Tensor) -> torch.Tensor:
    """By the textbook formula of three bond vectors, radians."""
    first, second, third = (after - before for before, after in pairwise(points))
    normal, next_normal = torch.linalg.cross(first, second), torch.linalg.cross(second, third)
    return torch.atan2(
        (torch.linalg.cross(normal, next_normal) * second).sum(-1) / second.norm(dim=-1), (normal * next_normal).sum(-1)
    )


def test_every_torsion_is_the_one_asked_for() -> None:
    """Measured from the atoms, over the whole chain and a batch axis."""
    omega, phi, psi = random_torsions(2, N_RES)
    n, ca, c = backbone(lay_out_chain(omega, phi, psi))
    found = {
        "omega": (dihedral(ca[:, :-1], c[:, :-1], n[:, 1:], ca[:, 1:]), omega[:, 1:]),
        "phi": (dihedral(c[:, :-1], n[:, 1:], ca[:, 1:], c[:, 1:]), phi[:, 1:]),
        "psi": (dihedral(n[:, :-1], ca[:, :-1], c[:, :-1], n[:, 1:]), psi[:, :-1]),
    }
    for angle, pairs in found.values():
        torch.testing.assert_close(torch.stack([angle.sin(), angle.cos()], dim=-1), pairs)


def test_bonds_and_angles() -> None:
    """The peptide bond and the angle before it are ideal; CA atoms of a trans peptide are 3.80 Å apart, of a cis one 2.77 Å."""
    omega, phi, psi = random_torsions(N_RES)
    omega[:6], omega[6:] = torch.tensor([0.0, -1.0]), torch.tensor([0.0, 1.0])
    n, ca, c = backbone(lay_out_chain(omega, phi, psi))
    bond, before = n[1:] - c[:-1], ca[:-1] - c[:-1]
    torch.testing.assert_close(bond.norm(dim=-1), torch.full((N_RES - 1,), C_N, dtype=torch.float64))
    cosine = (bond * before).sum(-1) / bond.norm(dim=-1) / before.norm(dim=-1)
    torch.testing.assert_close(cosine, torch.full_like(cosine, math.cos(CA_C_N)))
    apart = ca.diff(dim=0).norm(dim=-1)
    assert apart[:5].tolist() == pytest.approx([3.80] * 5, abs=0.01)
    assert apart[5:].tolist() == pytest.approx([2.77] * 5, abs=0.01)


def test_alpha_helix() -> None:
    """3.6 residues a turn and a rise of 1.5 Å: the fifth CA is 6.2 Å away, the nineteenth 27 Å."""
    pairs = (
        torch.tensor([math.sin(math.radians(angle)), math.cos(math.radians(angle))]).expand(20, 2) for angle in (180, -57, -47)
    )
    ca = lay_out_chain(*pairs).translation
    assert float((ca[4] - ca[0]).norm()) == pytest.approx(6.2, abs=0.25)
    assert float((ca[18] - ca[0]).norm()) == pytest.approx(27.0, abs=1.0)


def test_frames_are_proper_and_gradients_numeric() -> None:
    """In float32 over a thousand residues rotations stay orthogonal to 1e-4; gradcheck in float64."""
    frames = lay_out_chain(*random_torsions(1000).float())
    identity = torch.eye(3).expand(1000, 3, 3)
    assert (frames.rotation @ frames.rotation.transpose(-1, -2) - identity).abs().max() < 1e-4
    torsions = random_torsions(5).requires_grad_()
    assert torch.autograd.gradcheck(lambda pairs: lay_out_chain(*pairs).translation, (torsions,), fast_mode=True)


def test_atoms_agree_with_the_rigid_groups() -> None:
    """N, CA and C of the frames lie where the network's ideal alanine has them, within 0.01 Å."""
    ideal = {atom: torch.tensor(xyz) for atom, _, xyz in IDEAL_ATOM_POSITIONS["ALA"]}
    for atom, place in zip(("N", "CA", "C"), backbone(Rigid.identity((), like=torch.zeros(()))), strict=True):
        assert (place - ideal[atom]).norm() < 0.02
