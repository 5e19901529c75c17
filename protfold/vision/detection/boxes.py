"""Boxes as tensors: first row, first column, and those after the last."""

import math

import torch
from torch import Tensor

from protfold.typing import Bool, Float, Int

TINY = 1e-9


def iou(first: Float[Tensor, "*any 4"], second: Float[Tensor, "*any 4"]) -> Float[Tensor, "*any"]:
    """Area that two boxes share over the area of both together."""
    shared = (
        (torch.minimum(first[..., 2:], second[..., 2:]) - torch.maximum(first[..., :2], second[..., :2])).clamp(min=0.0).prod(-1)
    )
    return shared / (area(first) + area(second) - shared).clamp(min=TINY)


def iou_matrix(first: Float[Tensor, "N 4"], second: Float[Tensor, "M 4"]) -> Float[Tensor, "N M"]:
    """`iou` of each with each."""
    shape = (len(first), len(second), 4)
    return iou(first[:, None].expand(shape), second[None].expand(shape))


def complete_iou(first: Float[Tensor, "*any 4"], second: Float[Tensor, "*any 4"]) -> Float[Tensor, "*any"]:
    """`iou` less the distance of centres and the difference in shape; less than zero for boxes apart.

    Zheng et al. (2020) "Distance-IoU Loss", arXiv 1911.08287, Eqs. 7-11; the weight of the shape is held fixed in gradients.
    """
    overlap = iou(first, second)
    around = torch.maximum(first[..., 2:], second[..., 2:]) - torch.minimum(first[..., :2], second[..., :2])
    apart = 0.5 * (first[..., :2] + first[..., 2:] - second[..., :2] - second[..., 2:])
    distance = apart.square().sum(-1) / around.square().sum(-1).clamp(min=TINY)
    slopes = [torch.atan2(*(one[..., 2:] - one[..., :2]).clamp(min=TINY).unbind(-1)) for one in (first, second)]
    shape = 4.0 / math.pi**2 * (slopes[0] - slopes[1]).square()
    weight = shape.detach() / (1.0 - overlap.detach() + shape.detach()).clamp(min=TINY)
    return overlap - distance - weight * shape


def area(boxes: Float[Tensor, "*any 4"]) -> Float[Tensor, "*any"]:
    """Rows times columns."""
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)


def without_doubles(
    boxes: Float[Tensor, "N 4"], labels: Int[Tensor, " N"], scores: Float[Tensor, " N"], *, most_iou: float
) -> Int[Tensor, " kept"]:
    """Places of the boxes, the surest first, that no surer box of their class covers more than `most_iou`."""
    order = scores.argsort(descending=True, stable=True)
    doubles: Bool[Tensor, "N N"] = iou_matrix(boxes, boxes) > most_iou
    doubles &= labels[:, None] == labels
    kept: list[int] = []
    for place in order.tolist():
        if not doubles[place, kept].any():
            kept.append(place)
    return torch.tensor(kept, dtype=torch.long, device=boxes.device)
