"""What all backbones have in common: masks, sides that are no multiple of the stride, and symmetry."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float, Shaped
from protfold.vision.pair_mask import coarser, masked, pair_mask
from protfold.vision.symmetry import Symmetry, averaged

FeatureMaps = list[tuple[Float[Tensor, "B _ _ _"], int]]
"""Feature maps from fine to coarse, each with its stride, the residues on a side of a pixel."""


class Backbone(nn.Module, ABC):
    """A network from pair maps to feature maps.

    What a subclass computes in `feature_maps` must not feel pixels outside the mask; it builds its convolutions with
    `symmetric=self.symmetry == "kernel"`.

    Attributes:
        symmetries: those a network of this class can have.
        symmetry: that which it has.
        always_symmetric: it commutes with transposition whatever its weights are.
        fixed_length: it takes maps of one length alone, which is one of its settings.
        length: of the maps it takes; None for any.
        channels: of each feature map.
        strides: of each feature map, ascending.

    Args:
        symmetry: see `protfold.vision.symmetry`.

    Raises:
        InputError: this class cannot have that symmetry.
    """

    symmetries: ClassVar[tuple[Symmetry, ...]] = ("none", "kernel", "average")
    always_symmetric: ClassVar[bool] = False
    fixed_length: ClassVar[bool] = False
    length: int | None = None
    channels: tuple[int, ...]
    strides: tuple[int, ...]

    def __init__(self, *, symmetry: Symmetry = "none") -> None:
        super().__init__()
        if symmetry not in self.symmetries:
            raise InputError(f"{type(self).__name__} has no symmetry {symmetry!r}; give one of {', '.join(self.symmetries)}")
        self.symmetry = symmetry

    @abstractmethod
    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """Maps at `strides`.

        Args:
            x: zero outside the mask; sides are multiples of the largest stride.
            mask: 1 at real pairs; None for all.
        """

    def forward(self, x: Float[Tensor, "B C H W"], mask: Shaped[Tensor, "B N"] | None = None) -> FeatureMaps:
        """Feature maps; zero where there is no pair.

        Args:
            x: pair maps, with a mask of H = W = N; pictures of any sides without.
            mask: 1 for residues that are there.

        Returns:
            Maps with sides N / stride, rounded up.
        """
        sides = x.shape[-2:]
        pairs = None if mask is None else pair_mask(mask).to(x.dtype)
        beyond = [-side % self.strides[-1] for side in sides]
        if any(beyond):
            pairs = x.new_ones(x.shape[0], 1, *sides) if pairs is None else pairs
            x, pairs = (F.pad(one, (0, beyond[1], 0, beyond[0])) for one in (x, pairs))
        x = masked(x, pairs)
        if self.symmetry == "average":
            maps = averaged(lambda one: self.feature_maps(one, pairs), x)
        else:
            maps = self.feature_maps(x, pairs)
        results = []
        for features, stride in zip(maps, self.strides, strict=True):
            height, width = (-(-side // stride) for side in sides)
            results.append((masked(features, coarser(pairs, stride))[..., :height, :width], stride))
        return results
