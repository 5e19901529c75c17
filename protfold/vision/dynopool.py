"""`DynamicPool2d`: pooling whose size is learned; `DynOPool`: a network that goes down and up again with it.

Jang et al. (2022) "Pooling Revisited: Your Receptive Field is Suboptimal", arXiv 2205.15254. How far from its centre a cell is
read is our reading, a quarter of its side: the only choice with which a side of 2 is pooling of 2 x 2.

Made for pair maps: a cell has the learned side itself, where the published one is stretched so that cells fill the map. So nothing depends
on how far a map is padded, and gradients of the side are exact.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.pair_mask import masked
from protfold.vision.symmetry import Symmetry

MOST = 4.0
"""Greatest side of a cell."""

Maps = Float[Tensor, "B _ _ _"]


def sampled(x: Maps, rows: Float[Tensor, " h"], columns: Float[Tensor, " w"]) -> Maps:
    """Bilinear values at all rows and columns; a pixel's centre is half a pixel beyond its number, and beyond the map there is 0."""
    return _along(_along(x, rows).mT, columns).mT


def _along(x: Maps, places: Float[Tensor, " n"]) -> Maps:
    """Linear values at places along the rows."""
    places = places - 0.5
    before = places.detach().floor()
    share = (places - before).to(x.dtype)[:, None]
    wider = F.pad(x, (0, 0, 1, 1))
    index = (before.long() + 1).clamp(0, wider.shape[-2] - 1)
    following = (before.long() + 2).clamp(0, wider.shape[-2] - 1)
    return wider.index_select(-2, index) * (1.0 - share) + wider.index_select(-2, following) * share


def sampled_pairs(x: Maps, mask: Maps, rows: Float[Tensor, " h"], columns: Float[Tensor, " w"]) -> tuple[Maps, Maps]:
    """Bilinear values of those pixels alone that are pairs, 0 where there are none; and the share of such pixels."""
    shares = sampled(mask, rows, columns)
    values = sampled(masked(x, mask), rows, columns)
    smallest = torch.finfo(shares.dtype).eps
    return torch.where(shares > smallest, values / shares.clamp(min=smallest), torch.zeros_like(values)), shares


class DynamicPool2d(nn.Module):
    """The greatest of four values around the centre of each cell, whose side is learned.

    Args:
        start: side of a cell, from 1 to `MOST`.
        tied: height is width, so that transposition and pooling commute.
        stretched: as published, cells are stretched to fill the map; then their size depends on the map's, padding included.

    Raises:
        InputError: such a cell is too small or too large.
    """

    def __init__(self, *, start: float = 2.0, tied: bool = True, stretched: bool = False) -> None:
        super().__init__()
        if not 1.0 <= start <= MOST:
            raise InputError(f"a cell of side {start} cannot be the start; give a number from 1 to {MOST:g}")
        self.start, self.stretched = start, stretched
        self.growth = nn.Parameter(torch.zeros(1 if tied else 2))

    def cell(self) -> Float[Tensor, "2"]:
        """Height and width: kept in bounds, while gradients pass as if they were not, so that none is caught there."""
        learned = self.start + self.growth
        return (learned + (learned.clamp(1.0, MOST) - learned).detach()).expand(2)

    def share(self) -> Float[Tensor, ""]:
        """Of the pixels that are left, in units of that at the start."""
        return (self.start / self.cell()).prod()

    def forward(self, x: Maps, mask: Float[Tensor, "B 1 H W"] | None = None) -> tuple[Maps, Float[Tensor, "B 1 h w"]]:
        """The pooled map and its mask: a cell is one if its centre lies on one.

        Args:
            x: the map.
            mask: of it; None for all.
        """
        mask = x.new_ones(x.shape[0], 1, *x.shape[-2:]) if mask is None else mask.to(x.dtype)
        centres, corners = [], []
        for side, cell in zip(x.shape[-2:], self.cell(), strict=True):
            count = max(1, round_half_down(side / cell.item()))
            if self.stretched:
                cell = side / (count + side / cell - (side / cell).detach())
            numbers = torch.arange(count, device=x.device, dtype=cell.dtype) + 0.5
            centres.append((numbers * cell.detach()).long().clamp(max=side - 1))
            corners.append(((numbers[:, None] + numbers.new_tensor([-0.25, 0.25])) * cell).flatten())
        values, shares = sampled_pairs(x, mask, *corners)
        lowest = torch.finfo(values.dtype).min
        greatest = F.max_pool2d(torch.where(shares > 0.0, values, torch.full_like(values, lowest)), 2)
        seen = F.max_pool2d((shares > 0.0).to(mask.dtype), 2)
        real = mask.index_select(-2, centres[0]).index_select(-1, centres[1]) * seen
        return masked(greatest, real), real

    def unpooled(self, x: Maps, mask: Maps, sides: tuple[int, int]) -> Maps:
        """Bilinear values of a pooled map at the pixels of the map that it was made of.

        Args:
            x: the pooled map.
            mask: of it.
            sides: of the finer map.
        """
        places = []
        for side, pooled_side, cell in zip(sides, x.shape[-2:], self.cell(), strict=True):
            if self.stretched:
                cell = side / (pooled_side + side / cell - (side / cell).detach())
            places.append((torch.arange(side, device=x.device, dtype=cell.dtype) + 0.5) / cell)
        return sampled_pairs(x, mask, *places)[0]


def round_half_down(value: float) -> int:
    """To the nearest whole number; of two, to the lower one, as pooling leaves out what does not fill a cell."""
    return -int(-(value - 0.5) // 1)


class PooledStage(nn.Module):
    """Residual blocks of two convolutions. He et al. (2016), arXiv 1512.03385."""

    def __init__(self, in_channels: int, channels: int, *, depth: int, symmetric: bool) -> None:
        super().__init__()
        self.enter = PairConv2d(in_channels, channels, 1, bias=False)
        self.enter_norm = PairBatchNorm2d(channels)
        self.convolutions = nn.ModuleList(
            PairConv2d(channels, channels, 3, bias=False, symmetric=symmetric) for _ in range(2 * depth)
        )
        self.norms = nn.ModuleList(PairBatchNorm2d(channels) for _ in range(2 * depth))

    def forward(self, x: Maps, mask: Float[Tensor, "B 1 H W"] | None) -> Maps:
        """The map after the stage."""
        x = F.relu(self.enter_norm(self.enter(x), mask))
        layers = list(zip(self.convolutions, self.norms, strict=True))
        for (first, first_norm), (second, second_norm) in zip(layers[::2], layers[1::2], strict=True):
            update = F.relu(first_norm(first(x, mask), mask))
            x = F.relu(x + second_norm(second(update, mask), mask))
        return x

    def multiplications(self) -> int:
        """For each pixel."""
        return sum(part.weight.numel() for part in (self.enter, *self.convolutions) if isinstance(part, PairConv2d))


class DynOPool(Backbone):
    """Stages with `DynamicPool2d` between them, and up again: each map is brought to the pixels of the finer one and added to it.

    A learned side is no whole number, so that coarse maps have none of the strides a `Backbone` gives; what is given is the
    finest map, which all of them went into.

    Args:
        in_channels: of the pair maps.
        widths: channels of each stage.
        depth: blocks of each stage.
        start: side of a cell, before training, in pixels of the stage before.
        symmetry: see `Backbone`.

    Raises:
        InputError: see `DynamicPool2d`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        widths: tuple[int, ...] = (32, 48, 64),
        depth: int = 2,
        start: float = 2.0,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        self.channels, self.strides = (widths[0],), (1,)
        self.stages = nn.ModuleList(
            PooledStage(before, after, depth=depth, symmetric=self.symmetry == "kernel")
            for before, after in itertools.pairwise((in_channels, *widths))
        )
        self.pools = nn.ModuleList(DynamicPool2d(start=start, tied=self.symmetry == "kernel") for _ in widths[1:])
        self.lateral = nn.ModuleList(PairConv2d(after, before, 1) for before, after in itertools.pairwise(widths))
        self.lateral_norms = nn.ModuleList(PairBatchNorm2d(before) for before in widths[:-1])

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map."""
        masks: list[Tensor | None] = [mask]
        maps = [self.stages[0](x, mask)]
        for pool, stage in zip(self.pools, self.stages[1:], strict=True):
            pooled, real = pool(maps[-1], masks[-1])
            masks.append(real)
            maps.append(stage(pooled, real))
        x = maps.pop()
        for pool, lateral, norm in reversed(list(zip(self.pools, self.lateral, self.lateral_norms, strict=True))):
            assert isinstance(pool, DynamicPool2d)
            coarse_mask, finer = masks.pop(), maps.pop()
            assert coarse_mask is not None
            height, width = finer.shape[-2:]
            x = F.relu(finer + norm(pool.unpooled(lateral(x), coarse_mask, (height, width)), masks[-1]))
        return [x]

    def cost(self, length: int) -> Float[Tensor, ""]:
        """1e9 multiplications of all stages for a map of one length; add it to the loss with a weight, and cells learn to grow.

        Of each stage what it takes with cells as at the start, times the share of pixels that are left.
        """
        total, share, pixels = torch.zeros(()), torch.ones(()), float(length**2)
        for index, stage in enumerate(self.stages):
            assert isinstance(stage, PooledStage)
            if index:
                pool = self.pools[index - 1]
                assert isinstance(pool, DynamicPool2d)
                share = share * pool.share()
                pixels = pixels / pool.start**2
            total = total + share * (stage.multiplications() * pixels / 1e9)
        return total
