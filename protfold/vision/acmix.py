"""`ACmix`: local attention and a convolution that share their three projections, and `ACmixResNet`, a residual network of it.

Pan et al. (2022) "On the Integration of Self-Attention and Convolution", arXiv 2111.14556.

Made for pair maps: keys beyond the end of a chain are left out of the softmax, where the published form reflects the map; positions are
offsets within the window, where it has places in the whole map. The latter differ by a factor that training finds, and by a bias
that cancels and is left out. Both paths give their channels as (head, channel of the head).
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.geometry.precision import at_least_float32
from protfold.typing import Float
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.pair_mask import coarser, masked
from protfold.vision.symmetry import Symmetry

TAPS = 9
"""Places of a convolution of 3 x 3."""


class LocalAttention(nn.Module):
    """Each pixel looks at those of a square window around it, as far as there are pairs; a pixel that sees none gives 0.

    Memory is that of the weights, window^2 for each head and pixel: keys and values are shifted, never unfolded.

    Args:
        head_channels: of each head.
        window: pixels on its side; odd, at least 3.
        stride: between the pixels that look.
        symmetric: the code of positions counts rows and columns alike; then transposition and attention commute.
    """

    def __init__(self, head_channels: int, *, window: int = 7, stride: int = 1, symmetric: bool = False) -> None:
        super().__init__()
        if window < 3 or window % 2 == 0:
            raise InputError(f"window = {window}; give an odd number from 3 up")
        self.window, self.stride, self.symmetric = window, stride, symmetric
        self.position = nn.Linear(2, head_channels, bias=False)

    def forward(
        self,
        query: Float[Tensor, "B n d H W"],
        key: Float[Tensor, "B n d H W"],
        value: Float[Tensor, "B n d H W"],
        mask: Float[Tensor, "B 1 H W"] | None,
    ) -> Float[Tensor, "B n d h w"]:
        """The mean of values, weighed."""
        weights = self.weights(query, key, mask)
        result = torch.zeros_like(value[..., :: self.stride, :: self.stride])
        for weight, values in zip(weights.to(value.dtype).unbind(2), self._shifted(value), strict=True):
            result = torch.addcmul(result, weight[:, :, None], values)
        return result

    def weights(
        self, query: Float[Tensor, "B n d H W"], key: Float[Tensor, "B n d H W"], mask: Float[Tensor, "B 1 H W"] | None
    ) -> Float[Tensor, "B n window2 h w"]:
        """That sum to 1 over the window, row by row, or are all 0: softmax_j q . (k_j + p_centre - p_j) / sqrt(d)."""
        query = query[..., :: self.stride, :: self.stride] * query.shape[2] ** -0.5
        code = self.position.weight
        if self.symmetric:
            code = code.mean(1, keepdim=True).expand(-1, 2)
        rows, columns = torch.einsum("bndhw,dc->cbnhw", query, code)
        radius = self.window // 2
        logits = []
        for index, keys in enumerate(self._shifted(key)):
            down, right = index // self.window - radius, index % self.window - radius
            logits.append((query * keys).sum(2) - (down * rows + right * columns) / radius)
        real = torch.ones_like(key[:, :1, 0]) if mask is None else mask
        seen = torch.stack(list(self._shifted(real[:, :, None])), dim=2).squeeze(3) > 0
        stacked = at_least_float32(torch.stack(logits, dim=2))
        return stacked.masked_fill(~seen, torch.finfo(stacked.dtype).min).softmax(2) * seen

    def _shifted(self, x: Float[Tensor, "B n d H W"]) -> Iterator[Float[Tensor, "B n d h w"]]:
        """What each pixel sees at each place of its window; 0 beyond the map."""
        height, width = x.shape[-2:]
        wider = F.pad(x, (self.window // 2,) * 4)
        for down in range(self.window):
            for right in range(self.window):
                yield wider[..., down : down + height : self.stride, right : right + width : self.stride]


class ShiftedConvolution(nn.Module):
    """A convolution of 3 x 3 of queries, keys and values together, of matrices at each pixel that are shifted and added.

    Args:
        channels: after it.
        num_heads: of the queries.
        stride: between pixels that are kept.
        bias: whether the matrices have one.
        symmetric: shifting kernels are symmetric.
    """

    def __init__(self, channels: int, num_heads: int, *, stride: int = 1, bias: bool = False, symmetric: bool = False) -> None:
        super().__init__()
        self.num_heads = num_heads
        width = channels // num_heads
        self.taps = nn.Linear(3 * num_heads, TAPS, bias=bias)
        self.shifts = PairConv2d(TAPS * width, channels, 3, stride=stride, padding=1, groups=width, bias=False, symmetric=symmetric)
        nn.init.zeros_(self.shifts.weight)
        for tap in range(TAPS):
            nn.init.ones_(self.shifts.weight.detach()[:, tap, tap // 3, tap % 3])

    def forward(
        self, projections: Float[Tensor, "B heads3 d H W"], mask: Float[Tensor, "B 1 H W"] | None
    ) -> Float[Tensor, "B C h w"]:
        """The convolved map; its channels are (head, channel of the head)."""
        tapped = self.taps(projections.movedim(1, -1)).movedim(-1, 2)
        shifted = self.shifts(tapped.flatten(1, 2), mask)
        return shifted.unflatten(1, (-1, self.num_heads)).transpose(1, 2).flatten(1, 2)


class ACmix(nn.Module):
    """The weighed sum of local attention and of a convolution of 3 x 3 made by shifting and adding.

    Args:
        channels: before and after.
        num_heads: a divisor of `channels`.
        window: of the attention.
        stride: of both.
        symmetric: position code and shifting kernels are symmetric.

    Raises:
        InputError: heads do not divide the channels.
    """

    def __init__(self, channels: int, *, num_heads: int = 4, window: int = 7, stride: int = 1, symmetric: bool = False) -> None:
        super().__init__()
        if channels % num_heads:
            raise InputError(f"{channels} channels cannot be split into num_heads = {num_heads}; give a divisor")
        self.num_heads = num_heads
        self.query, self.key, self.value = (PairConv2d(channels, channels, 1) for _ in range(3))
        width = channels // num_heads
        self.attention = LocalAttention(width, window=window, stride=stride, symmetric=symmetric)
        self.convolution = ShiftedConvolution(channels, num_heads, stride=stride, symmetric=symmetric)
        self.rates = nn.Parameter(torch.tensor([0.5, 0.5]))

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B C h w"]:
        """The mixed map."""
        x = masked(x, mask)
        query, key, value = (
            part(x).unflatten(1, (self.num_heads, -1)) for part in (self.query, self.key, self.value)
        )  # (head, channel of the head)
        attended = self.attention(query, key, value, mask).flatten(1, 2)
        convolved = self.convolution(torch.cat([query, key, value], dim=1), mask)
        return self.rates[0] * attended + self.rates[1] * convolved


class ACmixBottleneck(nn.Module):
    """A residual block with `ACmix` of few channels in it. He et al. (2016), arXiv 1512.03385."""

    def __init__(
        self, in_channels: int, width: int, *, expansion: int, num_heads: int, window: int, stride: int, symmetric: bool
    ) -> None:
        super().__init__()
        out_channels = width * expansion
        self.stride = stride
        self.reduce = PairConv2d(in_channels, width, 1, bias=False)
        self.reduce_norm = PairBatchNorm2d(width)
        self.mix = ACmix(width, num_heads=num_heads, window=window, stride=stride, symmetric=symmetric)
        self.mix_norm = PairBatchNorm2d(width)
        self.expand = PairConv2d(width, out_channels, 1, bias=False)
        self.expand_norm = PairBatchNorm2d(out_channels)
        changed = stride > 1 or in_channels != out_channels
        self.shortcut = PairConv2d(in_channels, out_channels, 1, stride=stride, padding=0, bias=False) if changed else None
        self.shortcut_norm = PairBatchNorm2d(out_channels) if changed else None

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B c h w"]:
        """The map after the block."""
        later = coarser(mask, self.stride)
        update = F.relu(self.reduce_norm(self.reduce(x), mask))
        update = F.relu(self.mix_norm(self.mix(update, mask), later))
        update = self.expand_norm(self.expand(update), later)
        if self.shortcut is not None and self.shortcut_norm is not None:
            x = self.shortcut_norm(self.shortcut(x, mask), later)
        return F.relu(x + update)


class ACmixResNet(Backbone):
    """Stages of residual blocks; a map is given of the last stage of each resolution.

    Args:
        in_channels: of the pair maps.
        widths: channels of `ACmix` in each stage.
        depths: blocks of each stage.
        strides: of the first block of each stage.
        expansion: channels of a stage's map for each of `ACmix`.
        num_heads, window: of `ACmix`.
        stem_kernel, stem_stride: of the convolution before the first stage.
        stem_channels: after it.
        stem_pool: whether the greatest of 3 x 3, at stride 2, follows.
        symmetry: see `Backbone`.

    Raises:
        InputError: stages are not equally many, or see `ACmix`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        widths: tuple[int, ...] = (48,),
        depths: tuple[int, ...] = (6,),
        strides: tuple[int, ...] = (1,),
        expansion: int = 4,
        num_heads: int = 4,
        window: int = 7,
        stem_kernel: int = 3,
        stem_stride: int = 1,
        stem_channels: int = 64,
        stem_pool: bool = False,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        if not len(widths) == len(depths) == len(strides):
            raise InputError(f"widths = {widths}, depths = {depths}, strides = {strides}; give one of each for every stage")
        symmetric = self.symmetry == "kernel"
        self.stem = PairConv2d(in_channels, stem_channels, stem_kernel, stride=stem_stride, bias=False, symmetric=symmetric)
        self.stem_norm, self.stem_pool = PairBatchNorm2d(stem_channels), stem_pool
        self.blocks = nn.ModuleList()
        total, maps, channels = stem_stride * (2 if stem_pool else 1), {}, stem_channels
        for width, depth, stage_stride in zip(widths, depths, strides, strict=True):
            total *= stage_stride
            for stride in (stage_stride, *(1,) * (depth - 1)):
                self.blocks.append(
                    ACmixBottleneck(
                        channels,
                        width,
                        expansion=expansion,
                        num_heads=num_heads,
                        window=window,
                        stride=stride,
                        symmetric=symmetric,
                    )
                )
                channels = width * expansion
            maps[total] = channels, len(self.blocks) - 1
        self.strides, self.channels = tuple(maps), tuple(width for width, _ in maps.values())
        self._given = {index for _, index in maps.values()}

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map for each resolution."""
        x, mask = self.stem(x, mask), coarser(mask, self.stem.stride[0])
        x = F.relu(self.stem_norm(x, mask))
        if self.stem_pool:
            x, mask = F.max_pool2d(masked(x, mask), 3, stride=2, padding=1), coarser(mask, 2)
        given = []
        for index, block in enumerate(self.blocks):
            assert isinstance(block, ACmixBottleneck)
            x = block(x, mask)
            mask = coarser(mask, block.stride)
            if index in self._given:
                given.append(x)
        return given


_PICTURES = {"widths": (64, 128, 256, 512), "strides": (1, 2, 2, 2), "stem_kernel": 7, "stem_stride": 2, "stem_pool": True}
ACMIX_RESNET_26 = {**_PICTURES, "depths": (1, 2, 4, 1)}
ACMIX_RESNET_38 = {**_PICTURES, "depths": (2, 3, 5, 2)}
ACMIX_RESNET_50 = {**_PICTURES, "depths": (3, 4, 6, 3)}
"""Published sizes for pictures: settings of `ACmixResNet`."""
