"""Examples for a pair-map encoder: co-evolution and true distances of pieces of chains, a function of seed, step and index."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.features.randomness import random_generator
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.train.crops import crop_residues
from protfold.train.pair_encoder_config import PairEncoderExampleConfig
from protfold.train.simulated_couplings import Donors
from protfold.typing import Bool, Float, Int

Piece = tuple[Float[Tensor, "C n n"], Chain, Int[np.ndarray, " n"]]
"""Maps of some residues of a chain, the chain, and the places of these residues."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EncoderBatch:
    """Maps of some chains with what is to be found, padded to the longest.

    Attributes:
        maps: channels of `Coevolution.as_map`.
        mask: residues that are there.
        residue_index: their numbers.
        pseudo_beta: CB atoms, CA of glycine, Å.
        known: residues whose atom was observed.
    """

    maps: Float[Tensor, "B C N N"]
    mask: Bool[Tensor, "B N"]
    residue_index: Int[Tensor, "B N"]
    pseudo_beta: Float[Tensor, "B N 3"]
    known: Bool[Tensor, "B N"]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> "EncoderBatch":
        """The batch of these."""
        longest = max(maps.shape[-1] for maps, _, _ in pieces)
        found: list[list[Tensor]] = [[], [], [], [], []]
        for maps, chain, part in pieces:
            points, known = (torch.from_numpy(np.ascontiguousarray(one[part])) for one in chain.pseudo_beta())
            index = torch.from_numpy(chain.residue_index[part].astype(np.int64))
            more = longest - len(index)
            found[0].append(F.pad(maps, (0, more, 0, more)))
            found[1].append(F.pad(torch.ones(len(index), dtype=torch.bool), (0, more)))
            found[2].append(F.pad(index, (0, more)))
            found[3].append(F.pad(points, (0, 0, 0, more)))
            found[4].append(F.pad(known, (0, more)))
        return cls(**dict(zip(cls.__slots__, map(torch.stack, found), strict=True)))

    def to(self, device: torch.device) -> "EncoderBatch":
        """On a device."""
        return EncoderBatch(**{name: getattr(self, name).to(device) for name in self.__slots__})


class EncoderSampler:
    """Draws examples.

    Args:
        mixture: the chains.
        maps: co-evolution of those with an alignment.
        config: how they are drawn.
        seed: of the run.
    """

    def __init__(self, mixture: ChainMixture, maps: CoevolutionMaps, config: PairEncoderExampleConfig, *, seed: int) -> None:
        self.mixture, self.maps, self.config, self.seed = mixture, maps, config, seed
        self.has_alignments = any(bool(one.table.depth.any()) for one in mixture.sets)

    def batch(self, step: int, indices: Sequence[int]) -> EncoderBatch:
        """Examples of a step."""
        return EncoderBatch.of([self.example(step, index) for index in indices])

    def example(self, step: int, index: int) -> Piece:
        """Of a step."""
        config = self.config

        def generator(purpose: str) -> np.random.Generator:
            return random_generator(self.seed, f"step {step}", purpose, index)

        kind = generator("kind")
        aligned = self.has_alignments and kind.random() < config.aligned_share
        simulated = kind.random() < config.simulated_share
        chain = self.mixture.draw(generator("chain"), aligned=aligned, weigh_lengths=True)
        part = crop_residues(len(chain), config.crop_size, generator("crop"), split_share=config.split_share)
        if aligned:
            return self.maps.piece(chain, part, int(kind.integers(config.num_versions))), chain, part
        if simulated:
            return self.maps.simulated(chain, part, self.donors, generator("scores")), chain, part
        return self.maps.alone(chain, part), chain, part

    @cached_property
    def donors(self) -> Donors:
        """Scores of all chains with an alignment."""
        return self.maps.donors(self.mixture, self.config.num_versions)
