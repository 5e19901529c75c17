"""Random training examples as a pure function of seed, step and index.

Nothing that was drawn before matters: a run that is continued, or one that is spread over several processes, draws what a single
uninterrupted process would have drawn, and a checkpoint needs no state of a generator. Every random choice has a generator of its
own, derived from the seed, the step, the index of the example within the step, and what the choice is for.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from protfold.entities import Msa
from protfold.features import FoldFeatures, build_features
from protfold.features.msa import delete_msa_blocks
from protfold.features.randomness import random_generator
from protfold.losses.target import FoldTarget
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.train.crops import columns, crop_start, thin_rows
from protfold.train.examples import ExampleConfig, batch_features, batch_targets, fold_target
from protfold.train.simulated_couplings import Donors, SimulatedCouplings, pair_classes
from protfold.typing import Float


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
        mixture: the chains. A step with alignments takes only sets that hold some.
        seed: of the run.
        maps: co-evolution for a network with an encoder of it; None for one without.
    """

    def __init__(self, mixture: ChainMixture, *, seed: int, maps: CoevolutionMaps | None = None) -> None:
        self.seed, self.mixture, self.maps = seed, mixture, maps
        self.has_alignments = any(one.table.depth.any() for one in self.mixture.sets)

    def num_recycles(self, step: int, config: ExampleConfig) -> int:
        """Passes after the first, equal for all examples of a step."""
        return int(self._generator(step, "recycles").integers(config.max_recycles + 1))

    def sees_alignment(self, step: int, config: ExampleConfig) -> bool:
        """Whether the examples of a step have alignments. All or none do, so that they cost the same and none is padded with rows."""
        return self.has_alignments and self._generator(step, "alignment or sequence").random() < config.aligned_share

    def example(self, step: int, index: int, config: ExampleConfig) -> Example:
        """Example `index` of a step."""
        use_msa = self.sees_alignment(step, config)
        chain = self.mixture.draw(self._generator(step, "chain", index), aligned=use_msa, weigh_lengths=config.weigh_lengths)
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
                coevolution=None if self.maps is None else self._coevolution(self.maps, chain, part, step, index, config),
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

    def _coevolution(
        self, maps: CoevolutionMaps, chain: Chain, part: slice, step: int, index: int, config: ExampleConfig
    ) -> Float[Tensor, "C N_crop N_crop"]:
        """The channels of a crop: real, simulated for the examples that have simulated couplings, or of the sequence."""
        residues = np.arange(len(chain))[part]
        generator = self._generator(step, "couplings", index)
        if self.sees_alignment(step, config):
            return maps.piece(chain, residues)
        if generator.random() < config.simulated_share:
            return maps.simulated(chain, residues, self._donors, generator)
        return maps.alone(chain, residues)

    @cached_property
    def _donors(self) -> Donors:
        return Donors(()) if self.maps is None else self.maps.donors(self.mixture)

    @cached_property
    def couplings(self) -> SimulatedCouplings:
        """Co-evolution scores of all chains with an alignment; the first use computes them, about a second each."""
        return SimulatedCouplings(self.mixture.aligned())

    def _rows(self, msa: Msa, step: int, index: int, config: ExampleConfig) -> Msa:
        """What is left of an alignment after runs of rows were deleted and the rest thinned."""
        if config.deleted_blocks:
            msa = delete_msa_blocks(msa, self._generator(step, "deleted rows", index), num_blocks=config.deleted_blocks)
        return thin_rows(msa, config.min_rows, self._generator(step, "rows", index))
