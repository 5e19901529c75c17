"""Each gradient is clipped by itself before it is added: closed forms."""

import math

import pytest
import torch
from torch import nn

from protfold.train.distributed import World
from protfold.train.gradients import GradientSum


def parameters() -> list[nn.Parameter]:
    return [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1, 2))]


def backward(values: list[nn.Parameter], first: tuple[float, float], second: tuple[float, float]) -> None:
    """A pass that leaves these gradients."""
    ((values[0] * torch.tensor(first)).sum() + (values[1] * torch.tensor([second])).sum()).backward()


def test_the_mean_of_clipped_gradients() -> None:
    """Norms 5 and 0.5 with a limit of 1: the first is cut to a fifth, the second is not."""
    values = parameters()
    gradients = GradientSum(values)
    backward(values, (3.0, 0.0), (0.0, 4.0))
    assert gradients.add_clipped(1.0) == pytest.approx(5.0)
    backward(values, (0.0, 0.3), (0.4, 0.0))
    assert gradients.add_clipped(1.0) == pytest.approx(0.5)
    gradients.take_mean(2, World())
    assert values[0].grad is not None
    assert values[1].grad is not None
    torch.testing.assert_close(values[0].grad, torch.tensor([0.3, 0.15]))
    torch.testing.assert_close(values[1].grad, torch.tensor([[0.2, 0.4]]))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_dropped_whole(bad: float) -> None:
    values = parameters()
    gradients = GradientSum(values)
    backward(values, (bad, 1.0), (1.0, 1.0))
    assert not math.isfinite(gradients.add_clipped(1.0))
    backward(values, (0.5, 0.0), (0.0, 0.0))
    gradients.add_clipped(1.0)
    gradients.take_mean(1, World())
    assert values[0].grad is not None
    assert values[0].grad.tolist() == [0.5, 0.0]


def test_a_step_forgets_the_one_before() -> None:
    values = parameters()
    gradients = GradientSum(values)
    backward(values, (0.5, 0.5), (0.5, 0.5))
    gradients.add_clipped(10.0)
    gradients.take_mean(1, World())
    gradients.clear()
    backward(values, (0.0, 0.25), (0.0, 0.0))
    gradients.add_clipped(10.0)
    gradients.take_mean(1, World())
    assert values[0].grad is not None
    assert values[1].grad is not None
    assert values[0].grad.tolist() == [0.0, 0.25]
    assert values[1].grad.tolist() == [[0.0, 0.0]]


def test_frozen_parameters_have_no_gradient() -> None:
    values = parameters()
    values[1].requires_grad_(False)
    GradientSum(values)
    assert values[1].grad is None
