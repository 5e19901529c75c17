"""Training examples of the designer as a pure function of seed, step and index."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import BACKBONE
from protfold.errors import InputError
from protfold.features.design_features import DesignFeatures, build_design_features, pack
from protfold.features.randomness import random_generator
from protfold.losses.environment import EnvironmentTarget
from protfold.model.environment_output import HIDDEN_TYPE, NUM_TYPES
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.crops import crop_start
from protfold.train.design_targets import DesignTargets
from protfold.typing import Bool, Float, Int

Rows = TypeVar("Rows", "ToldTypes", EnvironmentTarget)


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignExampleConfig:
    """How examples are drawn. In designing, the types around a residue are seldom the native ones; so in learning not all of them are.

    Attributes:
        batch_size: chains in a step.
        crop_size: residues of the longest piece of a chain.
        noise: standard deviation of normal noise on every coordinate, Å.
        max_hidden: largest share of residues whose type is not told; each chain draws its share evenly from 0 to this.
        max_own: largest share of the others that have the type which the network itself would draw without knowing any.
        max_random: largest share of the rest that have any type.

    Raises:
        InputError: a value out of range.
    """

    batch_size: int = 16
    crop_size: int = 400
    noise: float = 0.02
    max_hidden: float = 0.5
    max_own: float = 0.5
    max_random: float = 0.1

    def __post_init__(self) -> None:
        for name in ("max_hidden", "max_own", "max_random"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"examples.{name} = {getattr(self, name)}; give a share from 0 to 1")
        if self.batch_size < 1 or self.crop_size < 1 or not self.noise >= 0.0:
            raise InputError(
                f"examples.batch_size = {self.batch_size}, crop_size = {self.crop_size}, noise = {self.noise}; "
                "give sizes from 1 and a noise from 0"
            )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ToldTypes:
    """Which types a network is told of the residues it learns.

    Attributes:
        types: native or any, 21 where hidden.
        own: where the network's own guess takes their place.
        gumbel: noise by which it guesses.
    """

    types: Int[Tensor, " N_res"]
    own: Bool[Tensor, " N_res"]
    gumbel: Float[Tensor, "N_res 20"]

    @classmethod
    def drawn(cls, native: Int[np.ndarray, " N_res"], config: DesignExampleConfig, generator: np.random.Generator) -> "ToldTypes":
        """For residues of known native types."""
        hidden, own, other = generator.random(3) * (config.max_hidden, config.max_own, config.max_random)
        draws = generator.random((3, len(native))) < np.array([[hidden], [own], [other]])
        types = np.where(draws[2], generator.integers(NUM_TYPES, size=len(native)), native)
        return cls(
            types=torch.from_numpy(np.where(draws[0], HIDDEN_TYPE, types).astype(np.int64)),
            own=torch.from_numpy(draws[1] & ~draws[0]),
            gumbel=torch.from_numpy(generator.gumbel(size=(len(native), NUM_TYPES)).astype(np.float32)),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignBatch:
    """Pieces of some chains, one after another.

    Attributes:
        features: with noise on the backbone.
        told: what the network is told of types.
        target: what it is to say.
        num_chains: how many.
    """

    features: DesignFeatures
    told: ToldTypes
    target: EnvironmentTarget
    num_chains: int

    def to(self, device: torch.device) -> "DesignBatch":
        """On a device."""
        told = ToldTypes(**{field.name: getattr(self.told, field.name).to(device) for field in fields(self.told)})
        target = self.target.map(lambda tensor: tensor.to(device))
        return replace(self, features=self.features.to(device), told=told, target=target)


class DesignSampler:
    """Draws examples.

    Args:
        mixture: the chains.
        num_neighbors: of the network.
        seed: of the run.
    """

    def __init__(self, mixture: ChainMixture, *, num_neighbors: int, seed: int) -> None:
        self.mixture, self.num_neighbors, self.seed = mixture, num_neighbors, seed
        self.targets = DesignTargets()

    def batch(self, step: int, indices: Sequence[int], config: DesignExampleConfig) -> DesignBatch:
        """Examples of a step by their numbers."""
        features, told, targets = zip(*(self._example(step, index, config) for index in indices), strict=True)
        return DesignBatch(
            features=pack(features),
            told=_joined(ToldTypes, told),
            target=_joined(EnvironmentTarget, targets),
            num_chains=len(indices),
        )

    def _example(self, step: int, index: int, config: DesignExampleConfig) -> tuple[DesignFeatures, ToldTypes, EnvironmentTarget]:
        def generator(purpose: str) -> np.random.Generator:
            return random_generator(self.seed, f"step {step}", purpose, index)

        chain = self.mixture.draw(generator("chain"), weigh_lengths=True)
        start = crop_start(len(chain), config.crop_size, generator("crop"), clamped=True)
        part = slice(start, start + config.crop_size)
        features = chain_features(chain, part, self.num_neighbors, noise=config.noise, generator=generator("noise"))
        return features, ToldTypes.drawn(chain.aatype[part], config, generator("types")), self.targets(chain, part)


def chain_features(
    chain: Chain, part: slice, num_neighbors: int, *, noise: float = 0.0, generator: np.random.Generator | None = None
) -> DesignFeatures:
    """What the designer reads of a piece of a chain.

    Args:
        chain: its side chains are not looked at.
        part: the piece.
        num_neighbors: of the network.
        noise: standard deviation of noise on every coordinate, Å.
        generator: of the noise.
    """
    protein = chain.protein().select(np.arange(len(chain))[part])
    shift = 0.0 if generator is None else noise * generator.normal(size=(len(protein), len(BACKBONE), 3))
    return build_design_features(protein, num_neighbors=num_neighbors, noise=shift)


def _joined(kind: type[Rows], parts: Sequence[Rows]) -> Rows:
    """Tensors of several, one after another."""
    return kind(**{field.name: torch.cat([getattr(part, field.name) for part in parts]) for field in fields(kind)})
