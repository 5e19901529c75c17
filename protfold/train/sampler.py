"""Random training examples as a pure function of seed, step and index.

Nothing that was drawn before matters: a run that is continued, or one that is spread over several processes, draws what a single
uninterrupted process would have drawn, and a checkpoint needs no state of a generator. Every random choice has a generator of its
own, derived from the seed, the step, the index of the example within the step, and what the choice is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from protfold.entities import Msa
from protfold.errors import InputError
from protfold.features import FoldFeatures, build_features
from protfold.features.msa import delete_msa_blocks
from protfold.features.randomness import random_generator
from protfold.losses.target import FoldTarget
from protfold.train.chain import Chain
from protfold.train.chain_store import ChainStore
from protfold.train.chain_table import ChainTable
from protfold.train.crops import columns, crop_start, thin_rows
from protfold.train.examples import ExampleConfig, batch_features, batch_targets, fold_target
from protfold.train.simulated_couplings import SimulatedCouplings, pair_classes
from protfold.typing import Float

Chains = Sequence[Chain]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Example:
    """One crop of one chain.

    Attributes:
        features: what the network reads; without templates, one alignment sample for each pass.
        target: the true structure of the crop.
        chain_id: name of the chain.
        start: its residue that the crop begins with, counted from 0.
    """

    features: FoldFeatures
    target: FoldTarget
    chain_id: str
    start: int


class ExampleSampler:
    """Draws examples from one set of chains or from several.

    Args:
        mixture: the chains; or sets of chains, each with the chance that an example comes from it, as for self-distillation
            (Jumper et al. 2021, Suppl. 1.3). A step with alignments takes only sets that hold some.
        seed: of the run.

    Raises:
        InputError: there is no chain to draw, or a share is negative.
    """

    def __init__(self, mixture: Chains | Sequence[tuple[Chains, float]], *, seed: int) -> None:
        self.seed = seed
        self.sets = [_ChainSet(chains, share) for chains, share in _as_mixture(mixture) if share > 0]
        self.has_alignments = any(one.table.depth.any() for one in self.sets)

    def num_recycles(self, step: int, config: ExampleConfig) -> int:
        """Passes after the first, equal for all examples of a step."""
        return int(self._generator(step, "recycles").integers(config.max_recycles + 1))

    def sees_alignment(self, step: int, config: ExampleConfig) -> bool:
        """Whether the examples of a step have alignments. All or none do, so that they cost the same and none is padded with rows."""
        return self.has_alignments and self._generator(step, "alignment or sequence").random() < config.aligned_share

    def example(self, step: int, index: int, config: ExampleConfig) -> Example:
        """Example `index` of a step."""
        use_msa = self.sees_alignment(step, config)
        chain = self._chain(self._generator(step, "chain", index), use_msa=use_msa, weigh_lengths=config.weigh_lengths)
        clamped = self._generator(step, "clamping", index).random() < config.clamped_share
        start = crop_start(len(chain), config.crop_size, self._generator(step, "crop", index), clamped=clamped)
        part = slice(start, start + config.crop_size)

        msa = columns(self._rows(chain.msa, step, index, config) if use_msa and chain.msa is not None else chain.query(), part)
        features = build_features(
            msa,
            config=replace(config.features(self.num_recycles(step, config)), couplings=False),  # not of the crop's rows, but of all
            seed=self.seed,
            target=f"step {step} example {index}",
        )
        couplings = self._couplings(chain, part, step, index, config) if config.couplings else None
        return Example(
            features=replace(
                features,
                residue_index=torch.from_numpy(chain.residue_index[part].astype(np.int64)),
                templates=None,
                couplings=couplings,
            ),
            target=fold_target(chain, part, clamp_fape=clamped),
            chain_id=chain.id,
            start=start,
        )

    def batch(self, step: int, config: ExampleConfig, *, rank: int = 0, world_size: int = 1) -> tuple[FoldFeatures, FoldTarget]:
        """Features and true structures of a step, or of every `world_size`-th of its examples, padded to the longest of these."""
        examples = [self.example(step, index, config) for index in range(rank, config.batch_size, world_size)]
        return batch_features([one.features for one in examples]), batch_targets([one.target for one in examples])

    def _generator(self, step: int, purpose: str, index: int = 0) -> np.random.Generator:
        return random_generator(self.seed, f"step {step}", purpose, index)

    def _chain(self, generator: np.random.Generator, *, use_msa: bool, weigh_lengths: bool) -> Chain:
        usable = [one for one in self.sets if not use_msa or one.table.depth.any()]
        chosen = usable[_draw(_cumulative_chances(np.array([one.share for one in usable])), generator)]
        return chosen.chains[_draw(chosen.cumulative(aligned=use_msa, weigh_lengths=weigh_lengths), generator)]

    def _couplings(self, chain: Chain, part: slice, step: int, index: int, config: ExampleConfig) -> Tensor:
        """Co-evolution scores of a crop: real, simulated, or zeros."""
        generator = self._generator(step, "couplings", index)
        if self.sees_alignment(step, config):
            scores = self.couplings.real(chain)[part, part].copy()
        elif generator.random() < config.simulated_share:
            scores = self.couplings.simulate(pair_classes(chain, part), generator)
        else:
            scores = np.zeros((len(chain.aatype[part]),) * 2, dtype=np.float32)
        return torch.from_numpy(scores)

    @cached_property
    def couplings(self) -> SimulatedCouplings:
        """Co-evolution scores of all chains with an alignment; the first use computes them, about a second each."""
        return SimulatedCouplings(one.chains[int(row)] for one in self.sets for row in np.flatnonzero(one.table.depth))

    def _rows(self, msa: Msa, step: int, index: int, config: ExampleConfig) -> Msa:
        """What is left of an alignment after runs of rows were deleted and the rest thinned."""
        if config.deleted_blocks:
            msa = delete_msa_blocks(msa, self._generator(step, "deleted rows", index), num_blocks=config.deleted_blocks)
        return thin_rows(msa, config.min_rows, self._generator(step, "rows", index))


class _ChainSet:
    """Chains with the chances of each under every way of drawing them."""

    def __init__(self, chains: Chains, share: float) -> None:
        self.chains, self.share = chains, share
        self.table = chains.table if isinstance(chains, ChainStore) else ChainTable.of(chains)
        self._cumulative: dict[tuple[bool, bool], np.ndarray] = {}

    def cumulative(self, *, aligned: bool, weigh_lengths: bool) -> Float[np.ndarray, " N_chains"]:
        key = aligned, weigh_lengths
        if key not in self._cumulative:
            drawn = self.table.depth > 0 if aligned else np.ones(len(self.table), dtype=bool)
            weights = np.zeros(len(self.table))
            weights[drawn] = chain_weights(self.table.take(drawn), weigh_lengths=weigh_lengths)
            self._cumulative[key] = _cumulative_chances(weights)
        return self._cumulative[key]


def chain_weights(table: ChainTable, *, weigh_lengths: bool = False) -> Float[np.ndarray, " N_chains"]:
    """How much more often one chain is drawn than another: each cluster alike, and each chain within one.

    With `weigh_lengths` a chain is then taken with the probability max(min(N_res, 512), 256) / 512: Jumper et al. (2021) Suppl.
    1.2.5 "Filtering".
    """
    _, cluster, size = np.unique(table.cluster, return_inverse=True, return_counts=True)
    weights = 1.0 / size[cluster]
    return weights * table.length.clip(256, 512) / 512.0 if weigh_lengths else weights


def _cumulative_chances(weights: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    cumulative = np.cumsum(weights)
    return cumulative / cumulative[-1]


def _draw(cumulative: Float[np.ndarray, " N"], generator: np.random.Generator) -> int:
    """An index, each with the chance by which the cumulative chances grow there."""
    return int(np.searchsorted(cumulative, generator.random(), side="right"))


def _as_mixture(mixture: Chains | Sequence[tuple[Chains, float]]) -> list[tuple[Chains, float]]:
    alone = isinstance(mixture, ChainStore) or (len(mixture) > 0 and isinstance(mixture[0], Chain))
    sets: list[tuple[Chains, float]] = [(mixture, 1.0)] if alone else list(mixture)  # type: ignore[list-item, arg-type]
    shares = [share for chains, share in sets if len(chains) > 0]
    if len(shares) < len(sets) or not shares or min(shares) < 0.0 or sum(shares) <= 0.0:
        raise InputError("there is nothing to draw examples from; give chains, each set with a share of 0 or more")
    return sets
