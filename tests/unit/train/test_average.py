"""The moving average in closed form, and its loan to the model."""

import math

import pytest
import torch
from torch import nn

from protfold.train.average import WeightAverage


def line(value: float) -> nn.Linear:
    model = nn.Linear(1, 1, bias=False)
    set_to(model, value)
    return model


@torch.no_grad()
def set_to(model: nn.Linear, value: float) -> None:
    model.weight.fill_(value)


def test_closed_form() -> None:
    """Constant decay d after a start at 0 and weights held at 1: 1 - d^t; late steps, so that the decay is not lowered."""
    model = line(0.0)
    average = WeightAverage(model, decay=0.9)
    set_to(model, 1.0)
    for step in range(1000, 1005):
        average.update(step)
    assert float(average.values["weight"]) == pytest.approx(1.0 - 0.9**5)


def test_the_start_is_forgotten_soon() -> None:
    """The first step keeps a tenth of it, the second 2/11 of what there is."""
    model = line(5.0)
    average = WeightAverage(model, decay=0.999)
    set_to(model, 0.0)
    average.update(1)
    assert float(average.values["weight"]) == pytest.approx(0.5)
    average.update(2)
    assert float(average.values["weight"]) == pytest.approx(0.5 * 2 / 11)


def test_warm_up() -> None:
    """Decays as published, and the average as the sum of the weights after all steps, each weighed by what later steps leave of it."""
    model = line(3.0)
    average = WeightAverage(model, decay=0.9999, warm_up_steps=2000)
    assert [average.decay_after(step) for step in (1, 100, 2000, 10000)] == pytest.approx([0.0005, 0.0488, 0.632, 0.993], abs=5e-4)
    kept = [0.9999 * (1 - math.exp(-step / 2000)) for step in (1, 2, 3)]
    weights = [2.0, -1.0, 4.0]
    for step, weight in enumerate(weights, start=1):
        set_to(model, weight)
        average.update(step)
    terms = [(1 - kept[index]) * weight * math.prod(kept[index + 1 :]) for index, weight in enumerate(weights)]
    assert float(average.values["weight"]) == pytest.approx(3.0 * math.prod(kept) + sum(terms))


def test_statistics_of_normalisations_are_averaged_too() -> None:
    """Else averaged weights would meet the statistics of others; counts of steps are left alone."""
    model = nn.BatchNorm1d(1)
    average = WeightAverage(model, decay=0.5)
    model.running_mean.fill_(4.0)
    for step in range(1000, 1002):
        average.update(step)
    assert set(average.values) == {"weight", "bias", "running_mean", "running_var"}
    assert float(average.values["running_mean"]) == pytest.approx(3.0)
    with average.in_place():
        assert model.running_mean.item() == pytest.approx(3.0)
    assert model.running_mean.item() == 4.0


def test_constants_that_are_not_saved_are_not_averaged() -> None:
    model = line(1.0)
    model.register_buffer("bins", torch.ones(3), persistent=False)
    assert set(WeightAverage(model, decay=0.5).values) == {"weight"}


def test_the_model_gets_its_own_weights_back() -> None:
    """Also after an error, and the average is unchanged by what was learned before."""
    model = line(1.0)
    average = WeightAverage(model, decay=0.9)
    set_to(model, 3.0)
    lent = []

    def fail() -> None:
        with average.in_place():
            lent.append(model.weight.item())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert lent == [1.0]
    assert model.weight.item() == 3.0
    assert float(average.values["weight"]) == 1.0
