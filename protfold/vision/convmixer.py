"""`ConvMixer`: large depthwise convolutions and products of channels in turn, on patches.

Trockman and Kolter (2022) "Patches Are All You Need?", arXiv 2201.09792.
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.pair_mask import coarser
from protfold.vision.symmetry import Symmetry

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "relu": F.relu}


class ConvMixerLayer(nn.Module):
    """Mixes places beside a shortcut, then channels; the activation comes before each normalisation."""

    def __init__(self, hidden: int, *, kernel_size: int, activation: Callable[[Tensor], Tensor], symmetric: bool) -> None:
        super().__init__()
        self.activation = activation
        self.depthwise = PairConv2d(hidden, hidden, kernel_size, groups=hidden, symmetric=symmetric)
        self.depthwise_norm = PairBatchNorm2d(hidden)
        self.pointwise = PairConv2d(hidden, hidden, 1)
        self.pointwise_norm = PairBatchNorm2d(hidden)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The map after the layer."""
        x = x + self.depthwise_norm(self.activation(self.depthwise(x, mask)), mask)
        return self.pointwise_norm(self.activation(self.pointwise(x)), mask)


class ConvMixer(Backbone):
    """One resolution throughout, that of the patches.

    Args:
        in_channels: of the pair maps.
        hidden: channels.
        depth: layers.
        kernel_size: of the depthwise convolutions; odd.
        patch_size: pixels on the side of a patch.
        activation: `gelu`, or `relu` as in the released 768/32.
        symmetry: see `Backbone`.

    Raises:
        InputError: an even kernel, or another activation.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 96,
        depth: int = 8,
        kernel_size: int = 9,
        patch_size: int = 2,
        activation: str = "gelu",
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if kernel_size % 2 == 0 or activation not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            raise InputError(f"kernel_size = {kernel_size}, activation = {activation!r}; give an odd kernel and one of {names}")
        self.channels, self.strides = (hidden,), (patch_size,)
        self.activation = ACTIVATIONS[activation]
        symmetric = self.symmetry == "kernel"
        self.patch_embedding = PairConv2d(in_channels, hidden, patch_size, stride=patch_size, symmetric=symmetric)
        self.patch_norm = PairBatchNorm2d(hidden)
        self.layers = nn.ModuleList(
            ConvMixerLayer(hidden, kernel_size=kernel_size, activation=self.activation, symmetric=symmetric) for _ in range(depth)
        )

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map."""
        coarse = coarser(mask, self.strides[0])
        x = self.patch_norm(self.activation(self.patch_embedding(x, mask)), coarse)
        for layer in self.layers:
            x = layer(x, coarse)
        return [x]


CONVMIXER_1536_20 = {"hidden": 1536, "depth": 20, "kernel_size": 9, "patch_size": 7}
CONVMIXER_768_32 = {"hidden": 768, "depth": 32, "kernel_size": 7, "patch_size": 7, "activation": "relu"}
CONVMIXER_1024_20 = {"hidden": 1024, "depth": 20, "kernel_size": 9, "patch_size": 14}
"""Published sizes for pictures: paper, Table 1; settings of `ConvMixer`."""
