"""Average precision and recall of boxes as the COCO challenge counts them.

Lin et al. (2014) "Microsoft COCO: Common Objects in Context", arXiv 1405.0312; cocodataset.org/#detection-eval. Crowd regions are not
known here; all else is as there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protfold.errors import InputError
from protfold.typing import Bool, Float, Int

RECALLS = np.linspace(0.0, 1.0, 101)
"""At which precision is read."""
IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
MAX_DETECTIONS = (1, 10, 100)
"""Of one class in one picture, the highest scores."""
AREA_EDGES = (32.0**2, 96.0**2)
"""Between small and medium, and between medium and large boxes; a box on an edge is both."""
LARGEST_AREA = 1e10


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrueBoxes:
    """What is to be found in one picture or pair map.

    Attributes:
        boxes: first row, first column, and those after the last.
        labels: class of each.
    """

    boxes: Float[np.ndarray, "N 4"]
    labels: Int[np.ndarray, " N"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DetectedBoxes:
    """What was found in one.

    Attributes:
        boxes: first row, first column, and those after the last.
        labels: class of each.
        scores: higher for a surer one.
    """

    boxes: Float[np.ndarray, "N 4"]
    labels: Int[np.ndarray, " N"]
    scores: Float[np.ndarray, " N"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxScores:
    """COCO's twelve numbers; NaN (there -1) where there is no true box of that size.

    Attributes:
        ap: mean over thresholds of IoU 0.50, 0.55 .. 0.95, recalls and classes.
        ap50, ap75: at one threshold.
        ap_small, ap_medium, ap_large: of boxes by area.
        ar1, ar10, ar100: recall with that many detections of a class in a picture, mean over thresholds and classes.
        ar_small, ar_medium, ar_large: with 100, by area.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Matched:
    """Detections of one class in one picture, the surest first; those that are ignored are neither right nor wrong."""

    scores: Float[np.ndarray, " D"]
    right: Bool[np.ndarray, "thresholds D"]
    ignored: Bool[np.ndarray, "thresholds D"]
    num_true: int


def box_scores(
    detected: Sequence[DetectedBoxes], true: Sequence[TrueBoxes], *, area_edges: tuple[float, float] = AREA_EDGES
) -> BoxScores:
    """How well boxes were found in a set of pictures or pair maps.

    Args:
        detected, true: of the same pictures in the same order.
        area_edges: between small, medium and large boxes.

    Raises:
        InputError: another number of pictures detected than true.
    """
    if len(detected) != len(true):
        raise InputError(f"boxes were detected in {len(detected)} pictures, and {len(true)} have true ones; give both of each")
    small, medium = area_edges
    areas = ((0.0, LARGEST_AREA), (0.0, small), (small, medium), (medium, LARGEST_AREA))
    labels = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(one.labels for one in true)]))
    precision = np.full((len(labels), len(areas), len(IOU_THRESHOLDS)), np.nan)
    recall = np.full((len(labels), len(areas), len(MAX_DETECTIONS), len(IOU_THRESHOLDS)), np.nan)
    for row, label in enumerate(labels):
        for column, limits in enumerate(areas):
            pictures = [_match(one, other, int(label), limits) for one, other in zip(detected, true, strict=True)]
            for place, most in enumerate(MAX_DETECTIONS):
                precision[row, column], recall[row, column, place] = _accumulate(pictures, most)
    return BoxScores(
        ap=_mean(precision[:, 0]),
        ap50=_mean(precision[:, 0, 0]),
        ap75=_mean(precision[:, 0, 5]),
        **{f"ap_{name}": _mean(precision[:, 1 + size]) for size, name in enumerate(("small", "medium", "large"))},
        **{f"ar{most}": _mean(recall[:, 0, place]) for place, most in enumerate(MAX_DETECTIONS)},
        **{f"ar_{name}": _mean(recall[:, 1 + size, -1]) for size, name in enumerate(("small", "medium", "large"))},
    )


def box_iou(first: Float[np.ndarray, "N 4"], second: Float[np.ndarray, "M 4"]) -> Float[np.ndarray, "N M"]:
    """Area that two boxes share over the area of both together."""
    sides = np.minimum(first[:, None, 2:], second[None, :, 2:]) - np.maximum(first[:, None, :2], second[None, :, :2])
    shared = sides.clip(min=0.0).prod(-1)
    return shared / (_areas(first)[:, None] + _areas(second)[None] - shared)


def average_precision(is_right: Bool[np.ndarray, " D"], num_true: int) -> float:
    """COCO's rule: the mean of `precision_at_recalls`; NaN where nothing is to be found. Not the step-wise area of other tools.

    Args:
        is_right: of each detection, the surest first.
        num_true: how many are to be found.
    """
    if not num_true:
        return float("nan")
    return float(precision_at_recalls(np.cumsum(is_right), np.cumsum(~is_right), num_true).mean())


def precision_at_recalls(
    num_right: Int[np.ndarray, " D"], num_wrong: Int[np.ndarray, " D"], num_true: int
) -> Float[np.ndarray, " 101"]:
    """At recalls 0, 0.01 .. 1 the best precision of this or higher recall; zero beyond the highest.

    Args:
        num_right, num_wrong: among the detections up to each, the surest first.
        num_true: how many are to be found.
    """
    precision = num_right / (num_right + num_wrong + np.spacing(1.0))
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return np.append(best_from_here, 0.0)[np.searchsorted(num_right / num_true, RECALLS, side="left")]


def _match(detected: DetectedBoxes, true: TrueBoxes, label: int, limits: tuple[float, float]) -> _Matched:
    """Each detection in turn takes the free true box that it covers best, one of the right size before one of another."""
    of_class = np.flatnonzero(detected.labels == label)
    order = of_class[np.argsort(-detected.scores[of_class], kind="stable")][: MAX_DETECTIONS[-1]]
    boxes, true_boxes = detected.boxes[order], true.boxes[true.labels == label]
    counted = _within(true_boxes, limits)
    iou = box_iou(boxes, true_boxes)
    least = np.minimum(IOU_THRESHOLDS, 1.0 - 1e-10)[:, None]
    free = np.ones((len(least), len(true_boxes)), dtype=bool)
    right = np.zeros((len(least), len(boxes)), dtype=bool)
    ignored = np.tile(~_within(boxes, limits), (len(least), 1))
    rank = np.empty(len(true_boxes), dtype=np.int64)
    for column, overlaps in enumerate(iou if len(true_boxes) else ()):
        rank[np.lexsort((overlaps, counted))] = np.arange(len(rank))
        preferred = np.where(free & (overlaps >= least), rank, -1)
        taken, found = preferred.argmax(1), preferred.max(1) >= 0
        free[np.flatnonzero(found), taken[found]] = False
        right[:, column] = found
        ignored[found, column] = ~counted[taken[found]]
    return _Matched(scores=detected.scores[order], right=right, ignored=ignored, num_true=int(counted.sum()))


def _accumulate(
    pictures: Sequence[_Matched], most: int
) -> tuple[Float[np.ndarray, " thresholds"], Float[np.ndarray, " thresholds"]]:
    """Average precision and recall at each threshold with the surest detections of each picture, all ranked together."""
    num_true = sum(one.num_true for one in pictures)
    if not num_true:
        return (np.full(len(IOU_THRESHOLDS), np.nan),) * 2
    order = np.argsort(-np.concatenate([one.scores[:most] for one in pictures]), kind="stable")
    right, ignored = (np.concatenate([rows[:, :most] for rows in table], axis=1)[:, order]
                      for table in ([one.right for one in pictures], [one.ignored for one in pictures]))  # fmt: skip
    num_right, num_wrong = np.cumsum(right & ~ignored, axis=1), np.cumsum(~right & ~ignored, axis=1)
    precision = [precision_at_recalls(*counts, num_true).mean() for counts in zip(num_right, num_wrong, strict=True)]
    return np.array(precision), (right & ~ignored).sum(1) / num_true


def _areas(boxes: Float[np.ndarray, "N 4"]) -> Float[np.ndarray, " N"]:
    areas: np.ndarray = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    return areas


def _within(boxes: Float[np.ndarray, "N 4"], limits: tuple[float, float]) -> Bool[np.ndarray, " N"]:
    areas = _areas(boxes)
    return (areas >= limits[0]) & (areas <= limits[1])


def _mean(values: Float[np.ndarray, "..."]) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")
