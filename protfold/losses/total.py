"""All terms together, with the published weights."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import UNKNOWN
from protfold.features.fold_features import FoldFeatures
from protfold.geometry.atom_frames import atom37_to_atom14, backbone_frames, pseudo_beta
from protfold.geometry.rigid import Rigid
from protfold.geometry.torsions import Torsions, measure_torsions
from protfold.losses.confidence import pae_loss, plddt_loss
from protfold.losses.distogram import distogram_loss
from protfold.losses.experimentally_resolved import experimentally_resolved_loss
from protfold.losses.fape import frame_aligned_point_error
from protfold.losses.masked_msa import masked_msa_loss
from protfold.losses.peptide_bond import peptide_bond_loss
from protfold.losses.smooth_lddt import smooth_lddt_loss
from protfold.losses.symmetry import rename_symmetric_atoms
from protfold.losses.target import FoldTarget
from protfold.losses.target_frames import group_frames
from protfold.losses.torsion import angle_norm_loss, torsion_angle_loss
from protfold.losses.violation import violation_loss
from protfold.model.output import FoldOutput
from protfold.model.structure_module import Structure
from protfold.typing import Float, Int

ALPHA = ATOM37_INDEX["CA"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldLossConfig:
    """Weight of each term; one whose weight is zero is not computed.

    The defaults suit a small network that is trained from nothing; the published ones are `INITIAL_TRAINING` and `FINE_TUNING`.

    Attributes:
        backbone_fape, all_atom_fape, smooth_lddt, torsion, angle_norm, peptide_bond, violation: weights of what judges the structure.
            The bonds of `peptide_bond` are in `violation` too; `smooth_lddt` is not of AlphaFold 2.
        distogram, masked_msa, experimentally_resolved, plddt, pae: weights of the heads. `pae` asks nothing of a network without one.
        bond_tolerance: standard deviations that a bond may be off in `peptide_bond`.
        best_resolution, worst_resolution: Å; outside this range a structure trains neither `experimentally_resolved` nor `plddt` nor
            `pae`. Unknown resolution is 0 and so left out, as published (NMR, predictions); `best_resolution=0` takes it in, for data
            sets too small to do without.
    """

    backbone_fape: float = 0.5
    all_atom_fape: float = 0.5
    smooth_lddt: float = 0.0
    torsion: float = 0.5
    angle_norm: float = 0.01
    peptide_bond: float = 0.0
    violation: float = 0.0
    distogram: float = 0.3
    masked_msa: float = 0.0
    experimentally_resolved: float = 0.0
    plddt: float = 0.01
    pae: float = 0.1
    bond_tolerance: float = 12.0
    best_resolution: float = 0.1
    worst_resolution: float = 3.0


INITIAL_TRAINING = FoldLossConfig(masked_msa=2.0, pae=0.0)
FINE_TUNING = FoldLossConfig(masked_msa=2.0, experimentally_resolved=0.01, violation=1.0)
"""Jumper et al. (2021) Suppl. Sec. 1.9 "Loss functions and auxiliary heads"; the PAE head, where there is one, learns in fine-tuning."""


TERMS = (
    "backbone_fape", "all_atom_fape", "smooth_lddt", "torsion", "angle_norm", "peptide_bond", "violation",
    "distogram", "masked_msa", "experimentally_resolved", "plddt", "pae",
)  # fmt: skip


class FoldLoss:
    """The training loss of the folding network.

    Args:
        config: weight of each term.
    """

    def __init__(self, config: FoldLossConfig = FoldLossConfig()) -> None:
        self.config = config

    def __call__(
        self, output: FoldOutput, target: FoldTarget, features: FoldFeatures | None = None
    ) -> dict[str, Float[Tensor, "*batch"]]:
        """Each of `TERMS`, unweighted, and their weighted sum under `total`, by example.

        A term is zero where its weight is, and where it asks nothing of an example.

        Args:
            output: of the network.
            target: the true structure.
            features: what the network read; only `masked_msa` needs them.

        Raises:
            ValueError: `masked_msa` has a weight and there are no features.
        """
        if self.config.masked_msa and features is None:
            raise ValueError("the masked_msa term has a weight and needs the features that the network read")
        nothing = 0.0 * output.plddt_logits.square().sum((-1, -2))  # keeps a total without any weight differentiable
        terms = dict.fromkeys(TERMS, nothing) | self._structure_terms(output, target) | self._head_terms(output, target, features)
        terms["total"] = torch.stack([getattr(self.config, name) * terms[name] for name in TERMS]).sum(0)
        return terms

    def _structure_terms(self, output: FoldOutput, target: FoldTarget) -> dict[str, Tensor]:
        """What judges the structure module."""
        config, structure = self.config, output.structure
        chain = target.aatype, target.residue_index, target.seq_mask
        terms = {}
        if config.backbone_fape:
            terms["backbone_fape"] = backbone_fape(structure.backbone, target)
        if config.all_atom_fape:
            terms["all_atom_fape"] = all_atom_fape(structure, output.atom37_positions, target)
        if config.smooth_lddt:
            found, true = output.atom37_positions[..., ALPHA, :], target.atom37_positions[..., ALPHA, :]
            terms["smooth_lddt"] = smooth_lddt_loss(found, true, target.atom37_mask[..., ALPHA])
        if config.torsion:
            terms["torsion"] = torsion_angle_loss(structure.torsion_sin_cos, known_torsions(target))
        if config.angle_norm:
            terms["angle_norm"] = angle_norm_loss(structure.unnormalized_torsions, target.seq_mask)
        if config.peptide_bond:
            terms["peptide_bond"] = peptide_bond_loss(*chain, output.atom37_positions, tolerance=config.bond_tolerance)
        if config.violation:
            terms["violation"] = violation_loss(*chain, structure.atom14_positions[-1])
        return terms

    def _head_terms(self, output: FoldOutput, target: FoldTarget, features: FoldFeatures | None) -> dict[str, Tensor]:
        """What judges the other heads; some of them only on structures that are known well enough."""
        config, positions, mask = self.config, target.atom37_positions, target.atom37_mask
        judged = ((target.resolution >= config.best_resolution) & (target.resolution <= config.worst_resolution)).float()
        terms = {}
        if config.distogram:
            beta, beta_mask = (pseudo_beta(target.aatype, atoms) for atoms in (positions, mask[..., None]))
            terms["distogram"] = distogram_loss(output.distogram_logits, beta, beta_mask[..., 0])
        if config.masked_msa and features is not None:
            last = features.pass_index(output.num_recycles_used)
            terms["masked_msa"] = masked_msa_loss(output.masked_msa_logits, features.true_msa[last], features.bert_mask[last])
        if config.experimentally_resolved:
            resolved = experimentally_resolved_loss(output.experimentally_resolved_logits, target.aatype, target.seq_mask, mask)
            terms["experimentally_resolved"] = judged * resolved
        if config.plddt:
            found, true = output.atom37_positions[..., ALPHA, :], positions[..., ALPHA, :]
            terms["plddt"] = judged * plddt_loss(output.plddt_logits, found, true, mask[..., ALPHA])
        if config.pae and output.pae_logits is not None:
            terms["pae"] = judged * pae_loss(output.pae_logits, output.structure.backbone[-1], *true_backbone(target))
        return terms


def true_backbone(target: FoldTarget) -> tuple[Rigid, Float[Tensor, "*batch N_res"]]:
    """Backbone frames of the true structure, and 1 where one is known."""
    known = target.atom37_mask[..., [ATOM37_INDEX[name] for name in ("N", "CA", "C")]].prod(-1)
    return backbone_frames(target.atom37_positions), known * (target.aatype < UNKNOWN)


def backbone_fape(layers: Rigid, target: FoldTarget) -> Float[Tensor, "*batch"]:
    """FAPE of CA atoms in backbone frames, mean over the layers of the structure module.

    Jumper et al. (2021) Suppl. Alg. 20 "StructureModule", line 17.

    Args:
        layers: backbone frames of each layer, [layers, *batch, N_res].
        target: its `clamp_fape` tells whose distances are cut at 10 Å.
    """
    frames, known = true_backbone(target)
    error = frame_aligned_point_error(layers, frames, known, layers.translation, frames.translation, known, clamp=target.clamp_fape)
    return error.mean(0)


def all_atom_fape(
    structure: Structure, atom37_positions: Float[Tensor, "*batch N_res 37 3"], target: FoldTarget
) -> Float[Tensor, "*batch"]:
    """FAPE of all atoms in the frames of all groups after the last layer, cut at 10 Å.

    Jumper et al. (2021) Suppl. Alg. 28 "computeFAPE", on the true atoms as `rename_symmetric_atoms` names them.
    """
    positions, mask = rename_symmetric_atoms(target.aatype, atom37_positions, target.atom37_positions, target.atom37_mask)
    true_frames, known = group_frames(target.aatype, positions, mask)
    known, mask14 = known.flatten(-2), atom37_to_atom14(mask[..., None], target.aatype).flatten(-3)
    frames, atoms = _known_first(known), _known_first(mask14)
    return frame_aligned_point_error(
        _at(structure.group_frames[-1], frames),
        _at(true_frames, frames),
        torch.take_along_dim(known, frames, dim=-1),
        torch.take_along_dim(structure.atom14_positions[-1].flatten(-3, -2), atoms[..., None], dim=-2),
        torch.take_along_dim(atom37_to_atom14(positions, target.aatype).flatten(-3, -2), atoms[..., None], dim=-2),
        torch.take_along_dim(mask14, atoms, dim=-1),
    )


def known_torsions(target: FoldTarget) -> Torsions:
    """Observed torsions; pre-omega and phi only where the previous residue is bonded."""
    torsions = measure_torsions(target.aatype, target.atom37_positions, target.atom37_mask)
    mask = torsions.mask.clone()
    mask[..., 1:, :2] *= (target.residue_index.diff(dim=-1) == 1)[..., None]
    return replace(torsions, mask=mask)


def _known_first(mask: Float[Tensor, "*batch N"]) -> Int[Tensor, "*batch N_known"]:
    """Indices of ones, with as few zeros after them as the other examples allow: most frames and atoms of a table do not exist."""
    return mask.argsort(dim=-1, descending=True, stable=True)[..., : int(mask.sum(-1).max())]


def _at(frames: Rigid, indices: Int[Tensor, "*batch N"]) -> Rigid:
    """Frames of residues and groups, by their index in both axes taken as one."""
    rotation, translation = frames.rotation.flatten(-4, -3), frames.translation.flatten(-3, -2)
    return Rigid(
        torch.take_along_dim(rotation, indices[..., None, None], dim=-3),
        torch.take_along_dim(translation, indices[..., None], dim=-2),
    )
