"""Settings of training examples, true structures as the losses read them, and batches."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.errors import InputError
from protfold.features import FeatureConfig, FoldFeatures
from protfold.losses.target import FoldTarget
from protfold.train.chain import Chain

SAMPLED_FIELDS = (
    "msa_feat", "msa_mask", "extra_msa", "extra_has_deletion", "extra_deletion_value", "extra_msa_mask", "bert_mask", "true_msa",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleConfig:
    """How the examples of one stage of training are drawn.

    Attributes:
        crop_size: residues of the longest piece taken of a chain.
        batch_size: examples of a step, over all processes.
        aligned_share: chance that a step takes chains with an alignment; the others take any chain and see its sequence alone.
        max_msa_clusters, max_extra_msa: alignment rows kept.
        min_rows: fewest rows that an alignment is thinned to before that; as many as it has or more to thin none.
        deleted_blocks: runs of rows deleted from an alignment (published: 5, each of 0.3 of the rows); 0 for none.
        masked_fraction: share of the alignment that the network has to guess.
        couplings: give co-evolution scores: of a chain's own alignment in steps with alignments.
        simulated_share: chance that an example of another step gets simulated ones, see `SimulatedCouplings`; the others get zeros.
        clamped_share: chance that the backbone error of an example is clamped; published: 0.9.
        max_recycles: passes after the first, drawn evenly from 0 to this for each step; published: 3.
        weigh_lengths: whether long chains are drawn more often than short ones, as published.

    Raises:
        InputError: a value out of range.
    """

    crop_size: int = 64
    batch_size: int = 8
    aligned_share: float = 0.1
    max_msa_clusters: int = 16
    max_extra_msa: int = 32
    min_rows: int = 1
    deleted_blocks: int = 5
    masked_fraction: float = 0.15
    couplings: bool = False
    simulated_share: float = 0.0
    clamped_share: float = 0.9
    max_recycles: int = 0
    weigh_lengths: bool = False

    def __post_init__(self) -> None:
        for name, least in (("crop_size", 1), ("batch_size", 1), ("min_rows", 1), ("deleted_blocks", 0), ("max_recycles", 0)):
            if getattr(self, name) < least:
                raise InputError(f"{name} = {getattr(self, name)}; give {least} or more")
        for name in ("aligned_share", "clamped_share", "simulated_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"{name} = {getattr(self, name)}; give a share of 0 to 1")
        self.features(0)  # checks the other values

    def features(self, num_recycles: int) -> FeatureConfig:
        """The settings of `build_features` for a step of so many recycles."""
        return FeatureConfig(
            max_msa_clusters=self.max_msa_clusters,
            max_extra_msa=self.max_extra_msa,
            num_recycles=num_recycles,
            max_templates=0,
            masked_fraction=self.masked_fraction,
            couplings=self.couplings,
        )


def fold_target(chain: Chain, part: slice = slice(None), *, clamp_fape: bool = True) -> FoldTarget:
    """The true structure of a piece of a chain."""
    return FoldTarget(
        aatype=torch.from_numpy(chain.aatype[part].astype(np.int64)),
        residue_index=torch.from_numpy(chain.residue_index[part].astype(np.int64)),
        seq_mask=torch.ones(len(chain.aatype[part])),
        atom37_positions=torch.from_numpy(chain.atom37_positions[part]),
        atom37_mask=torch.from_numpy(chain.atom37_mask[part]),
        resolution=torch.tensor(chain.resolution),
        clamp_fape=torch.tensor(float(clamp_fape)),
    )


def batch_features(examples: Sequence[FoldFeatures]) -> FoldFeatures:
    """Examples of equal numbers of passes as one batch without templates, zeros under masks where they are shorter."""
    batched: dict[str, Any] = {}
    for field in fields(FoldFeatures):
        tensors = [getattr(example, field.name) for example in examples]
        if isinstance(tensors[0], Tensor):
            batched[field.name] = pad_and_stack(tensors, dim=1 if field.name in SAMPLED_FIELDS else 0)
    return FoldFeatures(**batched)


def batch_targets(examples: Sequence[FoldTarget]) -> FoldTarget:
    """Examples as one batch, zeros under masks where they are shorter."""
    return FoldTarget(
        **{field.name: pad_and_stack([getattr(example, field.name) for example in examples], dim=0) for field in fields(FoldTarget)}
    )


def pad_and_stack(tensors: Sequence[Tensor], *, dim: int) -> Tensor:
    """Tensors of equal rank as one along a new dimension, with zeros behind those that are shorter in any."""
    shape = np.max([tensor.shape for tensor in tensors], axis=0) if tensors[0].ndim else ()
    padded = []
    for tensor in tensors:
        missing = [int(amount) for size, own in zip(shape, tensor.shape, strict=True) for amount in (size - own, 0)]
        padded.append(F.pad(tensor, missing[::-1]) if any(missing) else tensor)
    return torch.stack(padded, dim=dim)
