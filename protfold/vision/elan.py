"""The parts of YOLOv7: aggregation of layers at several depths, steps between resolutions, pooling of several widths.

Wang et al. (2022) "YOLOv7: Trainable Bag-of-Freebies Sets New State-of-the-Art for Real-Time Object Detectors", arXiv 2207.02696,
Sections 3.1 and 4.1.

Masks are those of the map that goes in, at its own resolution; a maximum is over real pairs alone.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.pair_mask import coarser, masked
from protfold.vision.reparameterization import ConvNorm, RepConv

Mask = Float[Tensor, "B 1 _ _"] | None

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "silu": F.silu,
    "leaky_relu": partial(F.leaky_relu, negative_slope=0.1),
}
"""The second is that of the released tiny network."""


HALVINGS = ("split", "split_wide", "strided", "largest")
"""Steps to half the resolution: half of the channels by convolution and half by maximum, within which there are as many channels as a
half or as go in; by convolution; by maximum."""


class Unit(nn.Module):
    """A convolution, normalised, and an activation: what all other parts are made of.

    Args:
        in_channels, out_channels, kernel_size, stride, symmetric: as of `PairConv2d`.
        activation: one of `ACTIVATIONS`.
        reparameterized: it is trained as a sum with one of a single pixel; without the map itself, because what is made of units is
            concatenated or added: the planned form of Section 4.1.

    Raises:
        InputError: there is no such activation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        activation: str = "silu",
        symmetric: bool = False,
        reparameterized: bool = False,
    ) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise InputError(f"there is no activation {activation!r}; give one of {', '.join(ACTIVATIONS)}")
        self.activation = ACTIVATIONS[activation]
        self.convolution: nn.Module
        if reparameterized:
            self.convolution = RepConv(
                in_channels, out_channels, stride=stride, symmetric=symmetric, identity=False, eps=1e-3, momentum=0.03
            )
        else:
            self.convolution = ConvNorm(
                in_channels, out_channels, kernel_size, stride=stride, symmetric=symmetric, eps=1e-3, momentum=0.03
            )

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask = None) -> Float[Tensor, "B c h w"]:
        """The map after the unit."""
        return self.activation(self.convolution(x, mask))


MakeUnit = Callable[..., Unit]
"""`Unit` with some of its settings fixed."""


def max_pool(x: Float[Tensor, "B C H W"], mask: Mask, size: int, *, stride: int = 1) -> Float[Tensor, "B C h w"]:
    """The largest of the real pairs in a square around each pixel, or, with `stride = size`, of those that a coarser one covers."""
    if mask is not None:
        x = torch.where(mask > 0, x, -torch.inf)
    return masked(F.max_pool2d(x, size, stride, 0 if size == stride else size // 2), coarser(mask, stride))


class Elan(nn.Module):
    """Efficient layer aggregation: a chain of convolutions, of which several depths are concatenated; Fig. 2 c.

    Args:
        in_channels, out_channels: before and after.
        hidden: channels of the two paths that are no deeper than one pixel's matrix; the chain begins at the second.
        inner: channels of the chain.
        depth: convolutions of the chain.
        tap_every: which of them are concatenated, counted from the last.
        unit: makes the matrices.
        chain_unit: makes the convolutions of the chain.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        hidden: int,
        inner: int,
        depth: int,
        tap_every: int,
        unit: MakeUnit,
        chain_unit: MakeUnit,
    ) -> None:
        super().__init__()
        self.tap_every = tap_every
        self.shallow, self.first = unit(in_channels, hidden, 1), unit(in_channels, hidden, 1)
        self.chain = nn.ModuleList(chain_unit(inner if index else hidden, inner, 3) for index in range(depth))
        self.output = unit(concatenated_width(hidden=hidden, inner=inner, depth=depth, tap_every=tap_every), out_channels, 1)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask = None) -> Float[Tensor, "B c H W"]:
        """The map after the block."""
        last = self.first(x, mask)
        taps = [self.shallow(x, mask), last]
        for left, convolution in zip(reversed(range(len(self.chain))), self.chain, strict=True):
            last = convolution(last, mask)
            if left % self.tap_every == 0:
                taps.append(last)
        return self.output(torch.cat(taps[::-1], dim=1), mask)


def concatenated_width(*, hidden: int, inner: int, depth: int, tap_every: int) -> int:
    """Channels that the parts of an `Elan` have together, which grow with its depth."""
    return 2 * hidden + inner * -(-depth // tap_every)


class ExtendedElan(nn.Module):
    """Elans side by side on the same map, summed; what expansion, shuffling and merging of groups of channels amount to; Fig. 2 d.

    Args:
        paths: the elans.
    """

    def __init__(self, paths: list[Elan]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(paths)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask = None) -> Float[Tensor, "B c H W"]:
        """The sum."""
        return torch.stack([path(x, mask) for path in self.paths]).sum(0)


def elans(
    in_channels: int,
    out_channels: int,
    hidden: int,
    *,
    ratio: float,
    depth: int,
    tap_every: int,
    paths: int,
    unit: MakeUnit,
    chain_unit: MakeUnit,
) -> nn.Module:
    """One `Elan`, or several summed; `ratio` is that of the chain's channels to `hidden`."""
    inner = round(ratio * hidden)
    made = [
        Elan(
            in_channels,
            out_channels,
            hidden=hidden,
            inner=inner,
            depth=depth,
            tap_every=tap_every,
            unit=unit,
            chain_unit=chain_unit,
        )
        for _ in range(paths)
    ]
    return made[0] if paths == 1 else ExtendedElan(made)


class Halving(nn.Module):
    """Half the resolution twice, by convolution and by maximum, concatenated.

    Args:
        in_channels, out_channels: before and after; the latter even.
        hidden: channels before the convolution.
        unit: makes the convolutions.
    """

    def __init__(self, in_channels: int, out_channels: int, *, hidden: int, unit: MakeUnit) -> None:
        super().__init__()
        self.narrow = unit(in_channels, hidden, 1)
        self.strided = unit(hidden, out_channels // 2, 3, stride=2)
        self.of_largest = unit(in_channels, out_channels // 2, 1)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask = None) -> Float[Tensor, "B c h w"]:
        """The coarser map."""
        pooled = self.of_largest(max_pool(x, mask, 2, stride=2), coarser(mask, 2))
        return torch.cat([self.strided(self.narrow(x, mask), mask), pooled], dim=1)


class LargestHalving(nn.Module):
    """Half the resolution by maximum."""

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask = None) -> Float[Tensor, "B C h w"]:
        """The coarser map."""
        return max_pool(x, mask, 2, stride=2)


def halving(name: str, in_channels: int, out_channels: int, unit: MakeUnit) -> nn.Module:
    """A step to half the resolution.

    Raises:
        InputError: there is no such step, or it does not give these channels.
    """
    if name == "largest" and in_channels == out_channels:
        return LargestHalving()
    if name == "strided":
        return unit(in_channels, out_channels, 3, stride=2)
    if name in ("split", "split_wide") and out_channels % 2 == 0:
        return Halving(in_channels, out_channels, hidden=out_channels // 2 if name == "split" else in_channels, unit=unit)
    names = ", ".join(HALVINGS)
    raise InputError(f"no step {name!r} from {in_channels} to {out_channels} channels; give one of {names}, and even channels")


class SpatialPyramidPooling(nn.Module):
    """Maxima over squares of several sizes beside a path without; "SPPCSPC".

    Args:
        in_channels, out_channels: before and after.
        unit: makes the convolutions.
        light: without the convolutions before and after the maxima, as in the tiny network.
        sizes: of the squares.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, unit: MakeUnit, light: bool = False, sizes: tuple[int, ...] = (5, 9, 13)
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.beside = unit(in_channels, out_channels, 1)
        self.before = nn.ModuleList([unit(in_channels, out_channels, 1)])
        self.after = nn.ModuleList([unit((len(sizes) + 1) * out_channels, out_channels, 1)])
        if not light:
            self.before.extend([unit(out_channels, out_channels, 3), unit(out_channels, out_channels, 1)])
            self.after.append(unit(out_channels, out_channels, 3))
        self.output = unit(2 * out_channels, out_channels, 1)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Mask = None) -> Float[Tensor, "B c H W"]:
        """The map after the block."""
        pooled = x
        for unit in self.before:
            pooled = unit(pooled, mask)
        pooled = torch.cat([pooled, *(max_pool(pooled, mask, size) for size in self.sizes)], dim=1)
        for unit in self.after:
            pooled = unit(pooled, mask)
        return self.output(torch.cat([pooled, self.beside(x, mask)], dim=1), mask)
