"""Examples for a pair-map encoder: co-evolution and true distances of pieces of chains, a function of seed, step and index."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from protfold.features.randomness import random_generator
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.train.crops import crop_residues
from protfold.train.examples import pad_and_stack
from protfold.train.pair_encoder_config import PairEncoderExampleConfig
from protfold.train.simulated_couplings import Donors
from protfold.typing import Bool, Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EncoderExample:
    """Maps of some residues of a chain with what is to be found; or several, padded to the longest.

    Attributes:
        maps: channels of `Coevolution.as_map`.
        mask: residues that are there.
        residue_index: their numbers.
        pseudo_beta: CB atoms, CA of glycine, Å.
        known: residues whose atom was observed.
    """

    maps: Float[Tensor, "*batch C N N"]
    mask: Bool[Tensor, "*batch N"]
    residue_index: Int[Tensor, "*batch N"]
    pseudo_beta: Float[Tensor, "*batch N 3"]
    known: Bool[Tensor, "*batch N"]

    @classmethod
    def of(cls, maps: Float[Tensor, "C N N"], chain: Chain, part: Int[np.ndarray, " N"]) -> "EncoderExample":
        """Of the residues of a chain at these places."""
        points, known = (torch.from_numpy(one[part]) for one in chain.pseudo_beta())
        return cls(
            maps=maps,
            mask=torch.ones(len(part), dtype=torch.bool),
            residue_index=torch.from_numpy(chain.residue_index[part].astype(np.int64)),
            pseudo_beta=points,
            known=known,
        )

    @classmethod
    def batch(cls, examples: Sequence["EncoderExample"]) -> "EncoderExample":
        """All of these."""
        return cls(
            **{field.name: pad_and_stack([getattr(example, field.name) for example in examples], dim=0) for field in fields(cls)}
        )

    def to(self, device: torch.device) -> "EncoderExample":
        """On a device."""
        return EncoderExample(**{field.name: getattr(self, field.name).to(device) for field in fields(self)})


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

    def batch(self, step: int, indices: Sequence[int]) -> EncoderExample:
        """Examples of a step."""
        return EncoderExample.batch([EncoderExample.of(*self.drawn(step, index)) for index in indices])

    def drawn(self, step: int, index: int) -> tuple[Float[Tensor, "C n n"], Chain, Int[np.ndarray, " n"]]:
        """Maps of some residues of a chain, the chain, and the places of these residues."""
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
