"""Boxes by formula, and the twelve numbers that pycocotools finds of them, for `test_box_scores.py`.

    PYTHON -m tests.parity.make_box_scores

PYTHON is the interpreter of an environment with pycocotools 2.0.11 and numpy alone.
"""

import contextlib
import io
import json
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parent / "box_scores.json"
NAMES = ["ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large", "ar1", "ar10", "ar100", "ar_small", "ar_medium", "ar_large"]
CASES = ("whole numbers with ties", "fractions", "crowded", "no small boxes", "empty pictures")


def random_boxes(case: str) -> list[dict[str, np.ndarray]]:
    """Of each picture true boxes, their labels, detected boxes, their labels and scores; corners (x, y, x, y)."""
    generator = np.random.default_rng(CASES.index(case))
    pictures = []
    for picture in range(12):
        num_true = (
            0 if case == "empty pictures" and picture % 3 == 0 else int(generator.integers(1, 30 if case == "crowded" else 9))
        )
        least = 33.0 if case == "no small boxes" else 4.0
        corner, sides = generator.uniform(0.0, 300.0, (num_true, 2)), generator.uniform(least, 140.0, (num_true, 2))
        if case == "crowded":
            corner, sides = corner / 8.0, sides / 4.0
        true = np.concatenate([corner, corner + sides], axis=1)
        copies = generator.integers(0, max(num_true, 1), 0 if not num_true else 500 if case == "crowded" else 3 * num_true)
        found = true[copies] + generator.normal(0.0, 4.0, (len(copies), 4))
        strays = generator.uniform(0.0, 200.0, (5, 2))
        found = np.concatenate([found, np.concatenate([strays, strays + generator.uniform(4.0, 90.0, (5, 2))], axis=1)])
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1.0)
        labels = generator.integers(0, 3, num_true)
        found_labels = np.concatenate([labels[copies], generator.integers(0, 4, 5)])
        scores = generator.uniform(size=len(found))
        if case == "whole numbers with ties":
            true, found, scores = np.round(true / 8.0) * 8.0, np.round(found / 8.0) * 8.0, np.round(scores, 1)
            found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 8.0)
            true[:, 2:] = np.maximum(true[:, 2:], true[:, :2] + 8.0)
        pictures.append({"true": true, "true_labels": labels, "found": found, "found_labels": found_labels, "scores": scores})
    return pictures


def main() -> None:
    """Write the file."""
    TARGET.write_text(json.dumps({case: _by_pycocotools(random_boxes(case)) for case in CASES}, indent=1) + "\n")


def _by_pycocotools(pictures: list[dict[str, np.ndarray]]) -> dict[str, float]:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth = COCO()
    annotations = [
        {"image_id": index, "category_id": int(label), "bbox": _xywh(box), "area": _xywh(box)[2] * _xywh(box)[3], "iscrowd": 0}
        for index, one in enumerate(pictures)
        for box, label in zip(one["true"], one["true_labels"], strict=True)
    ]
    truth.dataset = {
        "info": {},
        "images": [{"id": index} for index in range(len(pictures))],
        "annotations": [{"id": number + 1, **one} for number, one in enumerate(annotations)],
        "categories": [{"id": label} for label in range(4)],
    }
    results = [
        {"image_id": index, "category_id": int(label), "bbox": _xywh(box), "score": float(score)}
        for index, one in enumerate(pictures)
        for box, label, score in zip(one["found"], one["found_labels"], one["scores"], strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return dict(zip(NAMES, map(float, evaluation.stats), strict=True))


def _xywh(box: np.ndarray) -> list[float]:
    return [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()]


if __name__ == "__main__":
    main()
