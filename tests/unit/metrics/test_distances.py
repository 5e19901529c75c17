"""Differences of distance maps: by an independent count, and their laws."""

from itertools import combinations

import pytest
import torch

from protfold.metrics.distances import distance_map_error, drmsd
from tests.unit.metrics.test_tm_score import random_walk


def test_by_an_independent_count() -> None:
    """More points than a block has rows."""
    first, second = random_walk(530, seed=0)[::10], random_walk(530, seed=1)[::10]
    differences = [float((first[i] - first[j]).norm() - (second[i] - second[j]).norm()) for i, j in combinations(range(53), 2)]
    assert drmsd(first, second) == pytest.approx((sum(d * d for d in differences) / len(differences)) ** 0.5, abs=1e-4)
    assert distance_map_error(first, second) == pytest.approx(sum(map(abs, differences)) / len(differences), abs=1e-4)


def test_blocks_are_put_together() -> None:
    """Two copies of a chain far apart have its distances, and those between the copies."""
    target = random_walk(600, seed=2)
    assert drmsd(1.1 * target, target) == pytest.approx(0.1 * drmsd(torch.zeros_like(target), target), rel=1e-5)


def test_mirror_images_have_the_same_distances() -> None:
    target = random_walk(30, seed=3)
    assert drmsd(-target + 5.0, target) == pytest.approx(0.0, abs=1e-4)
    assert distance_map_error(-target + 5.0, target) == pytest.approx(0.0, abs=1e-4)


def test_one_point_has_no_distance() -> None:
    assert drmsd(torch.zeros(1, 3), torch.zeros(1, 3)) != drmsd(torch.zeros(1, 3), torch.zeros(1, 3))
