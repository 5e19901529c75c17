"""What the detector's heads are to make small. Wang et al. (2022) "YOLOv7", arXiv 2207.02696, as released."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.typing import Float, Int
from protfold.vision.detection.assignment import COARSE, FINE, NOBODY, Reach, assign
from protfold.vision.detection.boxes import complete_iou
from protfold.vision.detection.head import Predictions

BOX_WEIGHT, OBJECTNESS_WEIGHT, CLASS_WEIGHT = 0.05, 0.7, 0.3
AUXILIARY_WEIGHT = 0.25
THREE_LEVELS = (4.0, 1.0, 0.4)
LEVELS = (4.0, 1.0, 0.25, 0.06, 0.02)
"""Weight of the objectness of each level, the finest first, with three and with any other number of them."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BoxTargets:
    """True boxes of one map.

    Attributes:
        boxes: in residues.
        labels: class of each.
    """

    boxes: Float[Tensor, "G 4"]
    labels: Int[Tensor, " G"]


def detection_loss(lead: Predictions, auxiliary: Predictions | None, targets: Sequence[BoxTargets]) -> Float[Tensor, ""]:
    """The loss of the lead head, and a quarter of that of the auxiliary head, which learns from a wider choice of places.

    Args:
        lead, auxiliary: predictions for the same maps at the same places.
        targets: of each map.
    """
    loss = head_loss(lead, lead, targets, FINE)
    return loss if auxiliary is None else loss + AUXILIARY_WEIGHT * head_loss(auxiliary, lead, targets, COARSE)


def head_loss(own: Predictions, lead: Predictions, targets: Sequence[BoxTargets], reach: Reach) -> Float[Tensor, ""]:
    """Boxes by their complete IoU, classes, and objectness, which is to be the box's IoU, negative ones as zero.

    Args:
        own: predictions of the head that learns.
        lead: those that decide what it learns.
        targets: of each map.
        reach: see `assign`.
    """
    assigned = torch.stack([assign(lead, index, one.boxes, one.labels, reach) for index, one in enumerate(targets)])
    of_map, place = (assigned != NOBODY).nonzero().T
    starts = torch.tensor([0, *(len(one.labels) for one in targets)], device=assigned.device).cumsum(0)
    learned = starts[of_map] + assigned[of_map, place]
    boxes, labels = torch.cat([one.boxes for one in targets])[learned], torch.cat([one.labels for one in targets])[learned]
    overlap = complete_iou(own.boxes[of_map, place], boxes.to(own.boxes.dtype))
    wanted = torch.zeros_like(own.objectness)
    wanted[of_map, place] = overlap.detach().clamp(min=0.0)
    classes = F.binary_cross_entropy_with_logits(
        own.classes[of_map, place], F.one_hot(labels, own.classes.shape[-1]).to(own.classes.dtype), reduction="sum"
    )
    of_boxes = BOX_WEIGHT * (1.0 - overlap).sum() + CLASS_WEIGHT * classes / own.classes.shape[-1]
    return of_boxes / max(len(place), 1) + OBJECTNESS_WEIGHT * _objectness(own, wanted)


def _objectness(own: Predictions, wanted: Float[Tensor, "B P"]) -> Float[Tensor, ""]:
    """Mean over the valid places of each level, weighted."""
    errors = F.binary_cross_entropy_with_logits(own.objectness, wanted, reduction="none")
    num_levels = int(own.places.level.max()) + 1
    weights = THREE_LEVELS if num_levels == len(THREE_LEVELS) else LEVELS
    total = errors.new_zeros(())
    for level, weight in zip(range(num_levels), weights, strict=False):
        counted = own.places.valid & (own.places.level == level)
        total = total + weight * errors[counted].sum() / counted.sum().clamp(min=1)
    return total
