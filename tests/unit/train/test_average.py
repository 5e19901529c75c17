"""The moving average in closed form, and its loan to the model."""

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
