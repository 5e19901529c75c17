"""`DilatedResNet`: residual blocks with growing dilation, the plain network that other encoders are measured against.

The form in which distances were predicted from couplings: Senior et al. (2020), doi 10.1038/s41586-019-1923-7; Yang et al. (2020),
doi 10.1073/pnas.1914677117. He et al. (2016), arXiv 1512.03385, for the block.
"""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.symmetry import Symmetry


class DilatedBlock(nn.Module):
    """Two dilated convolutions beside a shortcut."""

    def __init__(self, channels: int, *, dilation: int, symmetric: bool) -> None:
        super().__init__()
        self.first = PairConv2d(channels, channels, 3, dilation=dilation, bias=False, symmetric=symmetric)
        self.first_norm = PairBatchNorm2d(channels)
        self.second = PairConv2d(channels, channels, 3, dilation=dilation, bias=False, symmetric=symmetric)
        self.second_norm = PairBatchNorm2d(channels)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
        """The map after the block."""
        update = F.elu(self.first_norm(self.first(x, mask), mask))
        return F.elu(x + self.second_norm(self.second(update, mask), mask))


class DilatedResNet(Backbone):
    """Full resolution throughout.

    Args:
        in_channels: of the pair maps.
        hidden: channels of all blocks.
        depth: blocks.
        dilations: of the blocks, in turn.
        symmetry: see `Backbone`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 64,
        depth: int = 10,
        dilations: tuple[int, ...] = (1, 2, 4, 8, 16),
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        self.channels, self.strides = (hidden,), (1,)
        self.stem = PairConv2d(in_channels, hidden, 1, bias=False)
        self.stem_norm = PairBatchNorm2d(hidden)
        self.blocks = nn.ModuleList(
            DilatedBlock(hidden, dilation=dilations[index % len(dilations)], symmetric=self.symmetry == "kernel")
            for index in range(depth)
        )

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map."""
        x = F.elu(self.stem_norm(self.stem(x), mask))
        for block in self.blocks:
            x = block(x, mask)
        return [x]
