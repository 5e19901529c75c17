"""COCO's twelve numbers beside those of pycocotools; `make_box_scores.py` ran it."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from protfold.metrics.detection import DetectedBoxes, TrueBoxes, box_scores
from tests.parity.make_box_scores import CASES, random_boxes

FOUND = json.loads((Path(__file__).parent / "box_scores.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_twelve_numbers(case: str) -> None:
    """Equal to the last digits; -1 there is NaN here."""
    pictures = random_boxes(case)
    scores = box_scores(
        [DetectedBoxes(boxes=one["found"], labels=one["found_labels"], scores=one["scores"]) for one in pictures],
        [TrueBoxes(boxes=one["true"], labels=one["true_labels"]) for one in pictures],
    )
    expected = {name: float("nan") if value == -1 else value for name, value in FOUND[case].items()}
    assert asdict(scores) == pytest.approx(expected, abs=1e-12, rel=0.0, nan_ok=True)
