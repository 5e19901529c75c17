"""Which prediction is to learn which true box: by the lead head's own predictions, finely for itself and coarsely for the auxiliary head.

Wang et al. (2022) "YOLOv7", arXiv 2207.02696, Section 4.2; Ge et al. (2021) "YOLOX", arXiv 2107.08430, for SimOTA.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from protfold.typing import Bool, Float, Int
from protfold.vision.detection.boxes import iou_matrix
from protfold.vision.detection.head import Places, Predictions

MOST_RATIO = 4.0
"""Of the sides of a box and an anchor, either way."""
IOU_WEIGHT = 3.0
"""Of -log IoU in the cost."""
LEAST_LOG = -100.0
NOBODY = -1


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How far from a box's centre predictions may learn it.

    Attributes:
        offset: pixels beyond the own one, along one axis.
        most: the best overlaps whose sum is the number of predictions that learn a box.
    """

    offset: float
    most: int


FINE = Reach(offset=0.5, most=10)
"""Of the lead head: the pixel of the centre and the nearest one along each axis."""
COARSE = Reach(offset=1.0, most=20)
"""Of the auxiliary head: the pixel and all four beside it."""


def candidates(boxes: Float[Tensor, "G 4"], places: Places, valid: Bool[Tensor, " P"], reach: Reach) -> Bool[Tensor, "G P"]:
    """Places near enough to each box's centre, with an anchor of a shape not too different.

    Args:
        boxes: true ones, in residues.
        places: of predictions.
        valid: those of this map that count.
        reach: how near.
    """
    centre = 0.5 * (boxes[:, None, :2] + boxes[:, None, 2:]) / places.stride[:, None]
    inside = centre.floor() == places.cell
    near = (centre - places.cell - 0.5).abs() < 0.5 + reach.offset
    close = inside.all(-1) | (inside[..., 0] & near[..., 1]) | (near[..., 0] & inside[..., 1])
    ratio = (boxes[:, None, 2:] - boxes[:, None, :2]) / places.anchor
    alike = torch.maximum(ratio, 1.0 / ratio).amax(-1) < MOST_RATIO
    return close & alike & valid


@torch.no_grad()
def assign(
    lead: Predictions, map_index: int, boxes: Float[Tensor, "G 4"], labels: Int[Tensor, " G"], reach: Reach
) -> Int[Tensor, " P"]:
    """Of each place the true box it learns, or `NOBODY`.

    The cost of a pair is the cross-entropy of the predicted class, by the geometric mean of class and objectness, and `IOU_WEIGHT` times
    -log IoU. Each box takes its cheapest candidates, as many as the sum of its best overlaps, at least one; a place that two boxes take
    goes to the cheaper. A box may end with none.

    Args:
        lead: predictions of the lead head, also where the auxiliary head is to learn.
        map_index: of the map in the batch.
        boxes, labels: true ones of this map.
        reach: of the head that is to learn.
    """
    assigned = torch.full(lead.places.stride.shape, NOBODY, device=boxes.device)
    near = candidates(boxes, lead.places, lead.places.valid[map_index], reach)
    pool = near.any(0).nonzero()[:, 0]
    if not len(pool):
        return assigned
    overlap = iou_matrix(boxes, lead.boxes[map_index, pool])
    sure = (lead.classes[map_index, pool].sigmoid() * lead.objectness[map_index, pool, None].sigmoid()).sqrt()
    of_class, of_others = -sure.log().clamp(min=LEAST_LOG), -(1.0 - sure).log().clamp(min=LEAST_LOG)
    classes = of_others.sum(-1) + (of_class - of_others)[:, labels].T
    cost = classes - IOU_WEIGHT * (overlap + 1e-8).log()
    taken = torch.zeros_like(overlap, dtype=torch.bool)
    counts = overlap.topk(min(reach.most, len(pool)), dim=1).values.sum(1).int().clamp(min=1).tolist()
    for row, count in enumerate(counts):
        taken[row, cost[row].topk(count, largest=False).indices] = True
    best = cost.masked_fill(~taken, torch.inf).argmin(0)
    assigned[pool] = torch.where(taken.any(0), best, NOBODY)
    return assigned
