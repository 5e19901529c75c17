"""Frames measured from atoms are those the atoms were built with."""

import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import UNKNOWN
from protfold.losses.target_frames import group_frames
from tests.support.every_residue import EVERY_TYPE, every_residue


def test_frames_of_built_atoms_are_those_of_the_network() -> None:
    built, positions, mask = every_residue(seed=0)
    found, known = group_frames(EVERY_TYPE, positions, mask)
    torch.testing.assert_close(found.rotation * known[..., None, None], built.rotation * known[..., None, None], atol=1e-5, rtol=0)
    torch.testing.assert_close(found.translation * known[..., None], built.translation * known[..., None], atol=1e-4, rtol=0)


def test_known_frames_are_backbone_psi_and_the_chis_of_the_residue() -> None:
    _, positions, mask = every_residue(seed=1)
    _, known = group_frames(EVERY_TYPE, positions, mask)
    assert known[:, [0, 3]].eq(1).all()
    assert known[:, [1, 2]].eq(0).all()
    assert known[:, 4:].sum(0).tolist() == [18, 14, 5, 2]


def test_a_missing_atom_takes_its_frames_away() -> None:
    _, positions, mask = every_residue(seed=2)
    mask[:, ATOM37_INDEX["O"]] = 0.0
    mask[:, ATOM37_INDEX["CB"]] = 0.0
    _, known = group_frames(EVERY_TYPE, positions, mask)
    assert known[:, 0].eq(1).all()
    assert known[:, 3:6].eq(0).all()


def test_unknown_residues_have_no_frame() -> None:
    aatype = torch.full((2,), UNKNOWN)
    _, known = group_frames(aatype, torch.zeros(2, 37, 3), torch.ones(2, 37))
    assert known.eq(0).all()
