"""Calibration by hand."""

import math

import pytest
import torch

from protfold.metrics.calibration import calibration_table, correlation


def test_means_of_the_bins() -> None:
    """Two values in the second of four bins, one at the very end in the last."""
    table = calibration_table(torch.tensor([30.0, 40.0, 100.0]), torch.tensor([10.0, 20.0, 90.0]), num_bins=4)
    assert [(one.lower, one.upper, one.count) for one in table] == [(0, 25, 0), (25, 50, 2), (50, 75, 0), (75, 100, 1)]
    assert (table[1].predicted, table[1].observed) == (35.0, 15.0)
    assert (table[3].predicted, table[3].observed) == (100.0, 90.0)
    assert math.isnan(table[0].observed)


def test_correlation() -> None:
    values = torch.tensor([1.0, 2.0, 4.0])
    assert correlation(values, 5.0 - 2.0 * values) == pytest.approx(-1.0)
    assert correlation(values, torch.tensor([2.0, 0.0, 1.0])) == pytest.approx(-0.32732684)
    assert math.isnan(correlation(values, torch.ones(3)))
