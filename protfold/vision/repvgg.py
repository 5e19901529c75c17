"""`RepVGG`: a plain chain of convolutions of 3 x 3 and rectifiers, trained with two shortcuts beside each.

Ding et al. (2021) "RepVGG: Making VGG-style ConvNets Great Again", arXiv 2101.03697. `protfold.vision.reparameterization.deployed` gives
the form for use. Ours: dilation, which the shortcuts do not feel, so that a chain without strides sees far along a pair map.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.pair_mask import coarser, masked_mean
from protfold.vision.reparameterization import RepConv, norm_as_factors
from protfold.vision.symmetry import Symmetry


class SqueezeExcitation(nn.Module):
    """Weighs each channel by what the whole map holds. Hu et al. (2018), arXiv 1709.01507.

    Args:
        channels: of the map.
        reduction: how many times fewer there are in between; at least one is.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        between = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, between)
        self.excite = nn.Linear(between, channels)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The weighed map."""
        weights = torch.sigmoid(self.excite(F.relu(self.squeeze(masked_mean(x, mask)))))
        return x * weights[:, :, None, None]


class RepVGGBlock(nn.Module):
    """A re-parameterisable convolution and a rectifier, between them, if wanted, `SqueezeExcitation`."""

    def __init__(
        self, in_channels: int, out_channels: int, *, stride: int, dilation: int, groups: int, squeeze: bool, symmetric: bool
    ) -> None:
        super().__init__()
        self.stride = stride
        self.convolution = RepConv(in_channels, out_channels, stride=stride, dilation=dilation, groups=groups, symmetric=symmetric)
        self.squeeze = SqueezeExcitation(out_channels) if squeeze else None

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B c h w"]:
        """The map after the block."""
        x = self.convolution(x, mask)
        return F.relu(x if self.squeeze is None else self.squeeze(x, coarser(mask, self.stride)))


class RepVGG(Backbone):
    """Stages of blocks; a map is given of the last stage of each resolution.

    Args:
        in_channels: of the pair maps.
        widths: channels of each stage.
        depths: blocks of each stage.
        strides: of the first block of each stage.
        dilations: of the blocks, in turn.
        groups: of the convolutions of every second block, the first not counted.
        squeeze: whether blocks have `SqueezeExcitation`.
        symmetry: see `Backbone`.

    Raises:
        InputError: stages are not equally many.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        widths: tuple[int, ...] = (64,),
        depths: tuple[int, ...] = (20,),
        strides: tuple[int, ...] = (1,),
        dilations: tuple[int, ...] = (1, 2, 4, 8, 16),
        groups: int = 1,
        squeeze: bool = False,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if not len(widths) == len(depths) == len(strides):
            raise InputError(f"widths = {widths}, depths = {depths}, strides = {strides}; give one of each for every stage")
        self.blocks = nn.ModuleList()
        total, maps = 1, {}
        for width, depth, stage_stride in zip(widths, depths, strides, strict=True):
            total *= stage_stride
            for stride in (stage_stride, *(1,) * (depth - 1)):
                index = len(self.blocks)
                self.blocks.append(
                    RepVGGBlock(
                        in_channels,
                        width,
                        stride=stride,
                        dilation=dilations[index % len(dilations)],
                        groups=groups if index and index % 2 == 0 else 1,
                        squeeze=squeeze,
                        symmetric=self.symmetry == "kernel",
                    )
                )
                in_channels = width
            maps[total] = width, len(self.blocks) - 1
        self.strides, self.channels = tuple(maps), tuple(width for width, _ in maps.values())
        self._given = {index for _, index in maps.values()}

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map for each resolution."""
        given = []
        for index, block in enumerate(self.blocks):
            assert isinstance(block, RepVGGBlock)
            x = block(x, mask)
            mask = coarser(mask, block.stride)
            if index in self._given:
                given.append(x)
        return given


def equivalent_kernel_penalty(network: nn.Module) -> Float[Tensor, ""]:
    """Sum of squares for weight decay of all `RepConv`s, in place of that of their kernels.

    The ring of the kernel of 3 x 3 counts as it is; at its centre what counts is the sum of both branches, as the network will use it,
    scaled so that rescaling by the normalisations, taken as constant, does not matter. Multiply by half of the weight decay.
    """
    total: Tensor = torch.zeros(())
    for part in network.modules():
        if not isinstance(part, RepConv):
            continue
        dense, point = part.dense.convolution.kernel, part.point.convolution.kernel
        dense_scale, point_scale = (
            norm_as_factors(norm)[0].detach().to(dense.dtype)[:, None] for norm in (part.dense.norm, part.point.norm)
        )
        centre = dense[..., 1, 1]
        used = centre * dense_scale + point[..., 0, 0] * point_scale
        ring = dense.square().sum() - centre.square().sum()
        total = total.to(ring) + ring + (used.square() / (dense_scale.square() + point_scale.square())).sum()
    return total


def _published(a: float, b: float, depths: tuple[int, ...], **settings: Any) -> dict[str, Any]:
    widths = (min(64, int(64 * a)), int(64 * a), int(128 * a), int(256 * a), int(512 * b))
    return {"widths": widths, "depths": depths, "strides": (2,) * 5, "dilations": (1,), **settings}


_A, _B, _D = (1, 2, 4, 14, 1), (1, 4, 6, 16, 1), (1, 8, 14, 24, 1)
REPVGG: dict[str, dict[str, Any]] = {
    "A0": _published(0.75, 2.5, _A),
    "A1": _published(1.0, 2.5, _A),
    "A2": _published(1.5, 2.75, _A),
    "B0": _published(1.0, 2.5, _B),
    "B1": _published(2.0, 4.0, _B),
    "B1g2": _published(2.0, 4.0, _B, groups=2),
    "B1g4": _published(2.0, 4.0, _B, groups=4),
    "B2": _published(2.5, 5.0, _B),
    "B2g4": _published(2.5, 5.0, _B, groups=4),
    "B3": _published(3.0, 5.0, _B),
    "B3g4": _published(3.0, 5.0, _B, groups=4),
    "D2se": _published(2.5, 5.0, _D, squeeze=True),
}
"""Published sizes for pictures: paper, Tables 4 and 5, and the authors' later D2se; settings of `RepVGG`."""
