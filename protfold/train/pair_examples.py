"""Maps of chains in batches, and pieces of chains as a pure function of seed, step and index."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.entities import Protein
from protfold.features.pair_images import PairChannels, PairImage, build_pair_image
from protfold.features.randomness import random_generator
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.crops import crop_start
from protfold.typing import Bool, Float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PairBatch:
    """Maps of some chains, padded to the longest.

    Attributes:
        maps: see `protfold.features.pair_images`.
        mask: residues that are there and known.
    """

    maps: Float[Tensor, "B C N N"]
    mask: Bool[Tensor, "B N"]

    @classmethod
    def of(cls, images: Sequence[PairImage]) -> "PairBatch":
        """The batch of these."""
        longest = max(len(image.mask) for image in images)
        missing = [longest - len(image.mask) for image in images]
        return cls(
            maps=torch.stack([F.pad(image.maps, (0, more, 0, more)) for image, more in zip(images, missing, strict=True)]),
            mask=torch.stack([F.pad(image.mask, (0, more)) for image, more in zip(images, missing, strict=True)]),
        )

    def to(self, device: torch.device) -> "PairBatch":
        """On a device."""
        return PairBatch(maps=self.maps.to(device), mask=self.mask.to(device))


def draw_piece(mixture: ChainMixture, crop_size: int, *, seed: int, step: int, index: int) -> Protein:
    """A piece of a chain for an example.

    Args:
        mixture: the chains.
        crop_size: residues of the longest piece.
        seed, step, index: of the run, its step, and the example in it.
    """

    def generator(purpose: str) -> np.random.Generator:
        return random_generator(seed, f"step {step}", purpose, index)

    chain = mixture.draw(generator("chain"), weigh_lengths=True)
    start = crop_start(len(chain), crop_size, generator("crop"), clamped=True)
    return chain.protein().select(np.arange(len(chain))[start : start + crop_size])


def image_of(chain: Chain, channels: PairChannels) -> PairImage:
    """The maps of a whole chain."""
    return build_pair_image(chain.protein(), channels)
