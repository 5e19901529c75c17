"""Geometry and confidence against DeepMind's functions."""

import pytest
import torch

from protfold.geometry import atom_frames
from protfold.geometry.torsions import measure_torsions
from protfold.metrics.confidence import pae_from_logits, plddt_from_logits, ptm_from_logits
from protfold.model.embedders import distance_one_hot
from tests.parity.reference import Case, rigid_from_flat12


@pytest.fixture(scope="module")
def geometry() -> Case:
    """All residue types with all their atoms."""
    return Case.read("geometry")


def test_torsions_to_frames_and_atoms(geometry: Case) -> None:
    """Alg. 24 from the same frames and torsions."""
    backbone = rigid_from_flat12(geometry["backbone_frames"])
    frames = atom_frames.torsions_to_frames(geometry["aatype"], backbone, geometry["torsion_angles_sin_cos"])
    expected = rigid_from_flat12(geometry["group_frames"])
    torch.testing.assert_close(frames.rotation, expected.rotation, atol=1e-5, rtol=0)
    torch.testing.assert_close(frames.translation, expected.translation, atol=1e-4, rtol=0)
    atom14 = atom_frames.frames_to_atom14(geometry["aatype"], frames)
    torch.testing.assert_close(atom14, geometry["atom14_positions"], atol=1e-4, rtol=0)


def test_atom_layouts(geometry: Case) -> None:
    """Both directions, with the tables behind them."""
    atom37, mask = atom_frames.atom14_to_atom37(geometry["atom14_positions"], geometry["aatype"])
    torch.testing.assert_close(atom37, geometry["atom14_to_atom37"])
    torch.testing.assert_close(mask, geometry["atom37_atom_exists"])
    atom14 = atom_frames.atom37_to_atom14(geometry["atom37_positions"], geometry["aatype"])
    torch.testing.assert_close(atom14, geometry["atom37_to_atom14"])


def test_measured_torsions(geometry: Case) -> None:
    """Angles, their alternatives and masks, with some atoms missing."""
    found = measure_torsions(geometry["aatype"], geometry["atom37_positions"], geometry["atom37_mask"])
    torch.testing.assert_close(found.mask, geometry["atom37_to_torsion_angles/torsion_angles_mask"])
    present = found.mask[..., None].bool().expand_as(found.sin_cos)
    for ours, theirs in ((found.sin_cos, "torsion_angles_sin_cos"), (found.alternative_sin_cos, "alt_torsion_angles_sin_cos")):
        torch.testing.assert_close(ours[present], geometry[f"atom37_to_torsion_angles/{theirs}"][present], atol=1e-5, rtol=0)


def test_pseudo_beta(geometry: Case) -> None:
    """Positions and mask."""
    beta = atom_frames.pseudo_beta(geometry["aatype"], geometry["atom37_positions"])
    torch.testing.assert_close(beta, geometry["pseudo_beta"])
    mask = atom_frames.pseudo_beta(geometry["aatype"], geometry["atom37_mask"][..., None])[..., 0]
    torch.testing.assert_close(mask, geometry["pseudo_beta_mask"])


@pytest.mark.parametrize(("last_edge", "num_bins"), [(20.75, 15), (50.75, 39)])
def test_distance_bins(geometry: Case, last_edge: float, num_bins: int) -> None:
    """Of recycled positions and of templates."""
    edges = torch.linspace(3.25, last_edge, num_bins)
    assert torch.equal(distance_one_hot(geometry["pseudo_beta"], edges), geometry[f"distogram_{num_bins}"])


def test_confidence() -> None:
    """pLDDT, PAE, pTM and ipTM from the same logits."""
    case = Case.read("confidence")
    logits = case["predicted_aligned_error_logits"]
    everyone, real = torch.ones(len(logits)), case["seq_mask"].float()
    for ours, name in (
        (plddt_from_logits(case["predicted_lddt_logits"]), "plddt"),
        (pae_from_logits(logits), "predicted_aligned_error"),
        (ptm_from_logits(logits, everyone), "ptm"),
        (ptm_from_logits(logits, real, case["asym_id"]), "iptm"),
        (ptm_from_logits(logits, real), "ptm_masked"),
    ):
        torch.testing.assert_close(
            ours.double(), case[name].double(), atol=1e-6, rtol=1e-6, msg=lambda text, name=name: f"{name}: {text}"
        )
