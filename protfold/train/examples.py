"""Random training examples: chains drawn by cluster, cropped, featurised, batched."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.entities import Msa
from protfold.features import FeatureConfig, FoldFeatures, build_features
from protfold.losses.target import FoldTarget
from protfold.train.chain_store import Chain
from protfold.typing import Float

SAMPLED_FIELDS = (
    "msa_feat", "msa_mask", "extra_msa", "extra_has_deletion", "extra_deletion_value", "extra_msa_mask", "bert_mask", "true_msa",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class ExampleConfig:
    """How examples are drawn.

    Attributes:
        crop_size: residues of the longest piece taken of a chain.
        batch_size: examples of a step.
        aligned_share: chance that a step takes chains with an alignment; the others see the sequence alone.
        max_msa_clusters, max_extra_msa: alignment rows kept.
        clamped_share: chance that the backbone error of an example is clamped; published: 0.9.
        max_recycles: passes after the first, drawn evenly from 0 to this for each step.
    """

    crop_size: int = 64
    batch_size: int = 8
    aligned_share: float = 0.1
    max_msa_clusters: int = 16
    max_extra_msa: int = 32
    clamped_share: float = 0.9
    max_recycles: int = 0


class ExampleSampler:
    """Draws batches. The state is one NumPy generator, so that a run can be continued.

    Args:
        chains: the training split; each cluster has the same chance, and each chain within one.
        generator: of all random choices.
    """

    def __init__(self, chains: Sequence[Chain], generator: np.random.Generator) -> None:
        self.chains, self.generator = chains, generator
        self.everything = cluster_probabilities(chains)
        self.aligned = self.everything * [chain.msa is not None for chain in chains]
        self.aligned /= self.aligned.sum()

    def draw(self, config: ExampleConfig) -> tuple[FoldFeatures, FoldTarget]:
        """Features and true structures of one step, padded to the longest example."""
        use_msa = self.generator.random() < config.aligned_share
        drawn = self.generator.choice(len(self.chains), size=config.batch_size, p=self.aligned if use_msa else self.everything)
        features = FeatureConfig(
            max_msa_clusters=config.max_msa_clusters if use_msa else 1,
            max_extra_msa=config.max_extra_msa,
            num_recycles=int(self.generator.integers(config.max_recycles + 1)),
            max_templates=0,
        )
        examples = [self._example(self.chains[index], config, features, use_msa=use_msa) for index in drawn]
        return batch_features([example[0] for example in examples]), batch_targets([example[1] for example in examples])

    def _example(
        self, chain: Chain, config: ExampleConfig, feature_config: FeatureConfig, *, use_msa: bool
    ) -> tuple[FoldFeatures, FoldTarget]:
        start = int(self.generator.integers(max(0, len(chain) - config.crop_size) + 1))
        part = slice(start, start + config.crop_size)
        msa = chain.msa if use_msa and chain.msa is not None else chain.query()
        seed = int(self.generator.integers(2**31))
        features = build_features(_columns(msa, part), config=feature_config, seed=seed)
        residue_index = torch.from_numpy(chain.residue_index[part].astype(np.int64))
        target = fold_target(chain, part, clamp_fape=self.generator.random() < config.clamped_share)
        return replace(features, residue_index=residue_index, templates=None), target


def cluster_probabilities(chains: Sequence[Chain]) -> Float[np.ndarray, " N_chains"]:
    """Chance of each chain when clusters are drawn evenly."""
    _, cluster, size = np.unique([chain.cluster for chain in chains], return_inverse=True, return_counts=True)
    weight = 1.0 / size[cluster]
    return weight / weight.sum()


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
    batched = {}
    for field in fields(FoldFeatures):
        if field.name == "templates":
            continue
        tensors = [getattr(example, field.name) for example in examples]
        batched[field.name] = _pad_and_stack(tensors, dim=1 if field.name in SAMPLED_FIELDS else 0)
    return FoldFeatures(**batched, templates=None)


def batch_targets(examples: Sequence[FoldTarget]) -> FoldTarget:
    """Examples as one batch, zeros under masks where they are shorter."""
    return FoldTarget(
        **{
            field.name: _pad_and_stack([getattr(example, field.name) for example in examples], dim=0)
            for field in fields(FoldTarget)
        }
    )


def _pad_and_stack(tensors: Sequence[Tensor], *, dim: int) -> Tensor:
    shape = np.max([tensor.shape for tensor in tensors], axis=0) if tensors[0].ndim else ()
    padded = []
    for tensor in tensors:
        missing = [int(amount) for size, own in zip(shape, tensor.shape, strict=True) for amount in (size - own, 0)]
        padded.append(F.pad(tensor, missing[::-1]) if any(missing) else tensor)
    return torch.stack(padded, dim=dim)


def _columns(msa: Msa, part: slice) -> Msa:
    """A piece of an alignment, without the rows that hold only gaps there."""
    residues, deletions = msa.residues[:, part], msa.deletions[:, part]
    kept = np.flatnonzero((residues < 21).any(axis=1))
    return Msa(
        residues=residues[kept],
        deletions=deletions[kept],
        descriptions=tuple(msa.descriptions[row] for row in kept),
        source=msa.source,
    )
