"""True structures and predictions that need neither files nor a network."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import torch
from torch import Tensor

from protfold.features.fold_features import ALPHAFOLD_SAMPLED_NAMES, FoldFeatures
from protfold.geometry.atom_frames import atom14_to_atom37, frames_to_atom14, torsions_to_frames
from protfold.geometry.rigid import Rigid
from protfold.losses import FoldTarget
from protfold.model.output import FoldOutput
from protfold.model.structure_module import Structure
from tests.support.every_residue import EVERY_TYPE, every_residue, random_rigid, random_torsions
from tests.support.networks import random_features

NUM_RESIDUES, LAYERS, ROWS, PASSES = 20, 4, 6, 2
"""All different from one another and from every other axis, so that `taken` finds the axis it means."""


def true_structure(*batch: int, seed: int = 0, resolution: float = 2.0) -> FoldTarget:
    """Residues of every type in random places, with a break in the middle; examples of a batch differ in what was observed."""
    _, positions, mask = every_residue(seed=seed)
    index = torch.arange(NUM_RESIDUES)
    observed = torch.rand(*batch, NUM_RESIDUES, 37, generator=torch.Generator().manual_seed(seed)) < (0.9 if batch else 1.0)
    return FoldTarget(
        aatype=EVERY_TYPE.expand(*batch, -1),
        residue_index=(index + 5 * (index > 10)).expand(*batch, -1),
        seq_mask=torch.ones(*batch, NUM_RESIDUES),
        atom37_positions=positions.expand(*batch, -1, -1, -1),
        atom37_mask=mask * observed,
        resolution=torch.full(batch, resolution),
        clamp_fape=torch.ones(batch),
    )


def prediction(target: FoldTarget, *, seed: int = 1) -> FoldOutput:
    """Random frames, torsions and logits, and the atoms that belong to them."""
    shape, generator = target.aatype.shape, torch.Generator().manual_seed(seed)

    def normal(*size: int) -> Tensor:
        return torch.randn(size, generator=generator)

    aatype = target.aatype.expand(LAYERS, *shape)
    backbone, torsions = random_rigid(LAYERS, *shape, seed=seed), random_torsions(LAYERS, *shape, seed=seed)
    frames = torsions_to_frames(aatype, backbone, torsions)
    atom14 = frames_to_atom14(aatype, frames)
    atom37, mask = atom14_to_atom37(atom14[-1], target.aatype)
    return FoldOutput(
        atom37_positions=atom37,
        atom37_mask=mask,
        plddt=torch.zeros(shape),
        plddt_logits=normal(*shape, 50),
        pae_logits=normal(*shape, NUM_RESIDUES, 64),
        pae=None,
        ptm=None,
        distogram_logits=normal(*shape, NUM_RESIDUES, 64),
        masked_msa_logits=normal(*shape[:-1], ROWS, NUM_RESIDUES, 23),
        experimentally_resolved_logits=normal(*shape, 37),
        single=normal(*shape, 1),
        pair=normal(*shape, NUM_RESIDUES, 1),
        msa=normal(*shape[:-1], ROWS, NUM_RESIDUES, 1),
        structure=Structure(
            backbone=backbone,
            torsion_sin_cos=torsions,
            unnormalized_torsions=normal(LAYERS, *shape, 7, 2),
            group_frames=frames,
            atom14_positions=atom14,
            single=normal(*shape, 1),
        ),
        num_recycles_used=PASSES - 1,
    )


def masked_features(*batch: int, seed: int = 0) -> FoldFeatures:
    """Two passes over an alignment, of which examples differ in what is masked."""
    made = random_features(num_residues=NUM_RESIDUES, num_rows=ROWS, num_passes=PASSES, templates=0, seed=seed)
    masked = torch.rand(PASSES, *batch, ROWS, NUM_RESIDUES, generator=torch.Generator().manual_seed(seed)) < 0.3
    tensors = {}
    for name, tensor in ((field.name, getattr(made, field.name)) for field in fields(made)):
        if tensor is not None:
            passes = (PASSES,) if name in ALPHAFOLD_SAMPLED_NAMES else ()
            own = tensor.shape[len(passes) :]
            tensors[name] = tensor.reshape(*passes, *(1 for _ in batch), *own).expand(*passes, *batch, *own)
    return FoldFeatures(**tensors | {"bert_mask": masked.float()})


def taken(value: Any, size: int, index: int | slice) -> Any:
    """Every tensor within, indexed along its axes of this size."""
    if isinstance(value, Tensor):
        return value[tuple(index if length == size else slice(None) for length in value.shape)]
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: taken(getattr(value, field.name), size, index) for field in fields(value)}
        return type(value)(**parts)
    return value


def moved(output: FoldOutput, motion: Rigid) -> FoldOutput:
    """The same prediction elsewhere."""
    structure = replace(
        output.structure,
        backbone=motion.compose(output.structure.backbone),
        group_frames=motion.compose(output.structure.group_frames),
        atom14_positions=motion.apply(output.structure.atom14_positions),
    )
    atoms = motion.apply(output.atom37_positions) * output.atom37_mask[..., None]
    return replace(output, structure=structure, atom37_positions=atoms)
