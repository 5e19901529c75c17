"""Laws of COCO's average precision; `tests/parity/test_box_scores.py` compares the numbers with pycocotools."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.metrics.detection import DetectedBoxes, TrueBoxes, average_precision, box_iou, box_scores

EVERY_SIZE = ((0, 0, 20, 20), (10, 5, 30, 14), (100, 100, 160, 150), (50, 200, 300, 400))
"""Two small, a medium and a large box."""


def pictures() -> list[TrueBoxes]:
    """Two, in two classes."""
    boxes = np.array(EVERY_SIZE, dtype=np.float64)
    return [
        TrueBoxes(boxes=boxes, labels=np.array([0, 0, 1, 1])),
        TrueBoxes(boxes=boxes[::-1] + 7.0, labels=np.array([1, 0, 1, 0])),
    ]


def perfect() -> list[DetectedBoxes]:
    """Every true box, each with another score."""
    return [DetectedBoxes(boxes=one.boxes, labels=one.labels, scores=np.linspace(0.9, 0.1, 4)) for one in pictures()]


def test_worked_example() -> None:
    """Right, wrong, right, right, wrong, of four to be found: 1 up to a recall of 1/4, 3/4 up to 3/4, which is 63.5 of 101."""
    flags = np.array([True, False, True, True, False])
    assert average_precision(flags, 4) == pytest.approx(63.5 / 101, abs=1e-15)
    assert np.isnan(average_precision(flags[:0], 0))
    assert average_precision(flags[:0], 3) == 0.0


@pytest.mark.parametrize("side", [5, 7])
def test_iou_of_shifted_squares(side: int) -> None:
    """A closed form in the shift."""
    square = np.array([[0.0, 0.0, side, side]])
    for down in range(side + 2):
        for right in range(side + 2):
            shared = max(side - down, 0) * max(side - right, 0)
            shifted = square + np.array([down, right, down, right])
            assert box_iou(square, shifted).item() == pytest.approx(shared / (2 * side**2 - shared), abs=1e-15)


def test_all_found_at_once() -> None:
    """Every number is 1, but that with one detection a class and picture, where half are found."""
    scores = asdict(box_scores(perfect(), pictures()))
    assert scores.pop("ar1") == pytest.approx(0.5)
    assert scores == pytest.approx(dict.fromkeys(scores, 1.0))


def test_order_alone_counts() -> None:
    """Any growing function of the scores, and any order of the boxes in a picture, gives the same numbers."""
    generator = np.random.default_rng(0)
    found = [replace(one, boxes=one.boxes + generator.normal(0.0, 2.0, (4, 4)), scores=generator.random(4)) for one in perfect()]
    expected = asdict(box_scores(found, pictures()))
    assert 0.0 < expected["ap"] < 1.0
    assert asdict(box_scores([replace(one, scores=np.exp(5.0 * one.scores) - 3.0) for one in found], pictures())) == expected
    turned = [DetectedBoxes(boxes=one.boxes[::-1], labels=one.labels[::-1], scores=one.scores[::-1]) for one in found]
    assert asdict(box_scores(turned, pictures())) == expected


def test_a_copy_is_wrong() -> None:
    """The same box twice: the second is a false positive, which costs precision where something surer follows, never recall."""
    true = [TrueBoxes(boxes=np.array(EVERY_SIZE[:2], dtype=np.float64), labels=np.array([0, 0]))]
    once = DetectedBoxes(boxes=true[0].boxes, labels=true[0].labels, scores=np.array([0.9, 0.5]))
    twice = DetectedBoxes(boxes=true[0].boxes[[0, 0, 1]], labels=np.zeros(3, dtype=np.int64), scores=np.array([0.9, 0.8, 0.5]))
    assert box_scores([once], true).ap == pytest.approx(1.0)
    assert box_scores([twice], true).ap == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert box_scores([twice], true).ar100 == 1.0


def test_sizes_are_told_apart() -> None:
    """What has no true box is NaN and left out of means; other edges make other sizes."""
    true = [TrueBoxes(boxes=np.array(EVERY_SIZE[:2], dtype=np.float64), labels=np.array([0, 3]))]
    found = [DetectedBoxes(boxes=true[0].boxes, labels=true[0].labels, scores=np.ones(2))]
    scores = box_scores(found, true)
    assert (scores.ap, scores.ap_small) == (pytest.approx(1.0), pytest.approx(1.0))
    assert np.isnan([scores.ap_medium, scores.ap_large, scores.ar_medium, scores.ar_large]).all()
    scores = box_scores(found, true, area_edges=(100.0, 200.0))
    assert np.isnan([scores.ap_small]).all()
    assert (scores.ap_medium, scores.ap_large) == (pytest.approx(1.0), pytest.approx(1.0))


def test_nothing() -> None:
    """Nothing found is zero, nothing to be found is NaN, and pictures must be the same."""
    none = DetectedBoxes(boxes=np.zeros((0, 4)), labels=np.zeros(0, dtype=np.int64), scores=np.zeros(0))
    scores = box_scores([none, none], pictures())
    assert (scores.ap, scores.ar100) == (0.0, 0.0)
    empty = TrueBoxes(boxes=np.zeros((0, 4)), labels=np.zeros(0, dtype=np.int64))
    assert np.isnan(list(asdict(box_scores(perfect(), [empty, empty])).values())).all()
    with pytest.raises(InputError, match="2 pictures, and 1"):
        box_scores(perfect(), pictures()[:1])
