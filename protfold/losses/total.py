"""All terms together, with the published weights."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.geometry.atom_frames import atom37_to_atom14, pseudo_beta
from protfold.geometry.rigid import Rigid
from protfold.geometry.torsions import Torsions, measure_torsions
from protfold.losses.confidence import pae_loss, plddt_loss
from protfold.losses.distogram import distogram_loss
from protfold.losses.fape import frame_aligned_point_error
from protfold.losses.peptide_bond import peptide_bond_loss
from protfold.losses.symmetry import rename_symmetric_atoms
from protfold.losses.target import FoldTarget
from protfold.losses.target_frames import group_frames
from protfold.losses.torsion import angle_norm_loss, torsion_angle_loss
from protfold.model.output import FoldOutput
from protfold.model.structure_module import Structure
from protfold.typing import Float


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldLossConfig:
    """Weight of each term. Defaults: Jumper et al. (2021) Suppl. Sec. 1.9 "Loss functions and auxiliary heads", initial training.

    Attributes:
        backbone_fape, all_atom_fape, torsion, angle_norm, peptide_bond, distogram, plddt, pae: weights.
        bond_tolerance: standard deviations that a peptide bond may be off.
        worst_resolution: Å; the confidence terms leave out worse structures.
    """

    backbone_fape: float = 0.5
    all_atom_fape: float = 0.5
    torsion: float = 0.5
    angle_norm: float = 0.01
    peptide_bond: float = 0.0
    distogram: float = 0.3
    plddt: float = 0.01
    pae: float = 0.1
    bond_tolerance: float = 12.0
    worst_resolution: float = 3.0


class FoldLoss:
    """The training loss of the folding network.

    Args:
        config: weight of each term.
    """

    def __init__(self, config: FoldLossConfig = FoldLossConfig()) -> None:
        self.config = config

    def __call__(self, output: FoldOutput, target: FoldTarget) -> dict[str, Float[Tensor, "*batch"]]:
        """Each unweighted term of each example, and their weighted sum under `total`."""
        terms = structure_terms(output.structure, output.atom37_positions, target)
        terms["peptide_bond"] = peptide_bond_loss(
            target.aatype,
            target.residue_index,
            target.seq_mask,
            output.atom37_positions,
            tolerance=self.config.bond_tolerance,
        )
        terms["distogram"] = distogram_loss(
            output.distogram_logits,
            pseudo_beta(target.aatype, target.atom37_positions),
            pseudo_beta(target.aatype, target.atom37_mask[..., None])[..., 0],
        )
        terms |= self._confidence_terms(output, target)
        terms["total"] = torch.stack([getattr(self.config, name) * term for name, term in terms.items()]).sum(0)
        return terms

    def _confidence_terms(self, output: FoldOutput, target: FoldTarget) -> dict[str, Tensor]:
        """PLDDT and PAE of structures that are known well enough to judge a model."""
        alpha = ATOM37_INDEX["CA"]
        judged = (target.resolution <= self.config.worst_resolution).float()
        terms = {
            "plddt": judged
            * plddt_loss(
                output.plddt_logits,
                output.atom37_positions[..., alpha, :],
                target.atom37_positions[..., alpha, :],
                target.atom37_mask[..., alpha],
            )
        }
        if output.pae_logits is not None:
            frames, known = group_frames(target.aatype, target.atom37_positions, target.atom37_mask)
            terms["pae"] = judged * pae_loss(output.pae_logits, output.structure.backbone[-1], frames[..., 0], known[..., 0])
        return terms


def structure_terms(
    structure: Structure, atom37_positions: Float[Tensor, "*batch N_res 37 3"], target: FoldTarget
) -> dict[str, Float[Tensor, "*batch"]]:
    """FAPE of the backbone over all layers, of all atoms after the last, and the torsion terms."""
    positions, mask = rename_symmetric_atoms(target.aatype, atom37_positions, target.atom37_positions, target.atom37_mask)
    frames, known = group_frames(target.aatype, positions, mask)
    return {
        "backbone_fape": backbone_fape(structure.backbone, frames[..., 0], known[..., 0], target.clamp_fape),
        "all_atom_fape": frame_aligned_point_error(
            _flat(structure.group_frames[-1]),
            _flat(frames),
            known.flatten(-2),
            structure.atom14_positions[-1].flatten(-3, -2),
            atom37_to_atom14(positions, target.aatype).flatten(-3, -2),
            atom37_to_atom14(mask[..., None], target.aatype).flatten(-3),
        ),
        "torsion": torsion_angle_loss(structure.torsion_sin_cos, known_torsions(target)),
        "angle_norm": angle_norm_loss(structure.unnormalized_torsions, target.seq_mask),
    }


def known_torsions(target: FoldTarget) -> Torsions:
    """Observed torsions; pre-omega and phi only where the previous residue is bonded."""
    torsions = measure_torsions(target.aatype, target.atom37_positions, target.atom37_mask)
    mask = torsions.mask.clone()
    mask[..., 1:, :2] *= (target.residue_index.diff(dim=-1) == 1)[..., None]
    return replace(torsions, mask=mask)


def backbone_fape(
    frames: Rigid, target_frames: Rigid, known: Float[Tensor, "*batch N_res"], clamp: Float[Tensor, "*batch"]
) -> Float[Tensor, "*batch"]:
    """FAPE of CA atoms in backbone frames, mean over the layers of the structure module.

    Jumper et al. (2021) Suppl. Alg. 20 "StructureModule", line 17.

    Args:
        frames: of each layer, [layers, *batch, N_res].
        target_frames: [*batch, N_res].
        known: 1 where the true frame is known.
        clamp: 1 for examples whose distances are cut at 10 Å.
    """
    return frame_aligned_point_error(
        frames, target_frames, known, frames.translation, target_frames.translation, known, clamp=clamp
    ).mean(0)


def _flat(frames: Rigid) -> Rigid:
    """The frames of all residues and groups in one axis."""
    return Rigid(frames.rotation.flatten(-4, -3), frames.translation.flatten(-3, -2))
