"""`AnchorHead`: boxes predicted at each pixel of feature maps, as departures from anchors.

Wang et al. (2022) "YOLOv7", arXiv 2207.02696; the decoding is that of its release.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from protfold.geometry.precision import at_least_float32
from protfold.typing import Bool, Float, Int
from protfold.vision.backbone import FeatureMaps
from protfold.vision.implicit import ImplicitLinear
from protfold.vision.pair_mask import coarser

TYPICAL_LENGTH, TYPICAL_BOXES = 128, 8
"""Residues of a chain and its boxes, by which objectness starts."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Places:
    """Where predictions are made: every anchor at every pixel of every level.

    Attributes:
        cell: row and column of the pixel, in pixels.
        anchor: rows and columns, in residues.
        stride: residues on the side of a pixel.
        level: of the feature map.
        valid: whether the pixel holds a pair above the diagonal; no other is learned or read.
    """

    cell: Int[Tensor, "P 2"]
    anchor: Float[Tensor, "P 2"]
    stride: Int[Tensor, " P"]
    level: Int[Tensor, " P"]
    valid: Bool[Tensor, "B P"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Predictions:
    """Of one head.

    Attributes:
        places: where they are made.
        boxes: decoded, in residues.
        objectness: logits that there is a box.
        classes: logits of its class.
    """

    places: Places
    boxes: Float[Tensor, "B P 4"]
    objectness: Float[Tensor, "B P"]
    classes: Float[Tensor, "B P classes"]


class AnchorHead(nn.Module):
    """A matrix at each pixel, with implicit knowledge, and the decoding of what it gives.

    Args:
        channels, strides: of the feature maps.
        anchors: rows and columns of the boxes that are departed from, in residues; the same at each level.
        num_classes: of boxes.
    """

    anchors: Tensor

    def __init__(
        self, *, channels: Sequence[int], strides: Sequence[int], anchors: Sequence[tuple[float, float]], num_classes: int
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.register_buffer("anchors", torch.tensor(anchors, dtype=torch.get_default_dtype()), persistent=False)
        self.levels = nn.ModuleList(ImplicitLinear(width, len(anchors) * (5 + num_classes)) for width in channels)
        for level, stride in zip(self.levels, strides, strict=True):
            bias = level.linear.bias.detach().view(len(anchors), -1)  # type: ignore[union-attr, operator]
            bias[:, 4] = math.log(TYPICAL_BOXES / (TYPICAL_LENGTH / stride) ** 2)
            bias[:, 5:] = math.log(0.6 / (num_classes - 0.99))

    def forward(self, maps: FeatureMaps, upper: Float[Tensor, "B 1 N N"]) -> Predictions:
        """Predictions at all places.

        Args:
            maps: features with their strides.
            upper: 1 at pairs above the diagonal.
        """
        raw, places = [], []
        for number, (level, (features, stride)) in enumerate(zip(self.levels, maps, strict=True)):
            values = level(features).unflatten(1, (len(self.anchors), -1))
            raw.append(values.movedim(2, -1).flatten(1, 3))
            places.append(self._places(number, features.shape[-2:], stride, upper))
        joined = at_least_float32(torch.cat(raw, dim=1))
        everywhere = _joined(places)
        return Predictions(
            places=everywhere, boxes=decode(joined[..., :4], everywhere), objectness=joined[..., 4], classes=joined[..., 5:]
        )

    def _places(self, level: int, shape: Sequence[int], stride: int, upper: Float[Tensor, "B 1 N N"]) -> Places:
        """Of one level, in the order anchor, row, column."""
        number, pixels = len(self.anchors), shape[0] * shape[1]
        axes = (torch.arange(side, device=upper.device) for side in shape)
        cell = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).flatten(0, 1)
        coarse = coarser(upper, stride)
        assert coarse is not None
        return Places(
            cell=cell.repeat(number, 1),
            anchor=self.anchors.repeat_interleave(pixels, dim=0),
            stride=torch.full((number * pixels,), stride, device=upper.device),
            level=torch.full((number * pixels,), level, device=upper.device),
            valid=(coarse > 0).flatten(1).repeat(1, number),
        )


def decode(raw: Float[Tensor, "B P 4"], places: Places) -> Float[Tensor, "B P 4"]:
    """Boxes: the centre up to half a pixel beyond its own, sides up to four times the anchor's; at raw zero both as they stand."""
    share = 2.0 * raw.sigmoid()
    centre = (share[..., :2] - 0.5 + places.cell) * places.stride[:, None]
    half = 0.5 * share[..., 2:].square() * places.anchor
    return torch.cat([centre - half, centre + half], dim=-1)


def _joined(levels: Sequence[Places]) -> Places:
    return Places(
        cell=torch.cat([one.cell for one in levels]),
        anchor=torch.cat([one.anchor for one in levels]),
        stride=torch.cat([one.stride for one in levels]),
        level=torch.cat([one.level for one in levels]),
        valid=torch.cat([one.valid for one in levels], dim=1),
    )
