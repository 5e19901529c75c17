"""The schedule by hand; weight decay spares biases and norms."""

import pytest
from torch import nn

from protfold.errors import InputError
from protfold.train.optimizer import OptimizerConfig, learning_rate, make_optimizer


@pytest.mark.parametrize(("step", "expected"), [(0, 0.25), (2, 0.75), (3, 1.0), (53, 0.51), (103, 0.02)])
def test_cosine(step: int, expected: float) -> None:
    """A quarter more each step, then half a cosine from 1 to 0.02 over the hundred steps that are left."""
    config = OptimizerConfig(peak_rate=1.0, final_rate=0.02, warmup_steps=4)
    assert learning_rate(config, step, 104) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 1e-6), (499, 5e-4), (999, 1e-3), (49_999, 1e-3), (50_000, 9.5e-4), (99_999, 9.5e-4)]
)
def test_published(step: int, expected: float) -> None:
    """Linear over 1000 steps, constant, and once 5 % less."""
    assert learning_rate(OptimizerConfig(schedule="constant"), step, 100_000) == pytest.approx(expected)


def test_no_warm_up() -> None:
    assert learning_rate(OptimizerConfig(warmup_steps=0, schedule="constant"), 0, 1) == 1e-3


def test_only_matrices_decay() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    groups = make_optimizer(model, OptimizerConfig(weight_decay=0.1)).param_groups
    decays = {id(parameter): group["weight_decay"] for group in groups for parameter in group["params"]}
    assert {name: decays[id(parameter)] for name, parameter in model.named_parameters()} == {
        "0.weight": 0.1, "0.bias": 0.0, "1.weight": 0.0, "1.bias": 0.0
    }  # fmt: skip


def test_what_does_not_learn_is_left_out() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 4))
    model[0].requires_grad_(False)
    assert sum(len(group["params"]) for group in make_optimizer(model, OptimizerConfig()).param_groups) == 2


@pytest.mark.parametrize("change", [{"peak_rate": 0.0}, {"warmup_steps": -1}, {"average_decay": 1.0}, {"clip_norm": float("nan")}])
def test_values_out_of_range(change: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"optimizer.{next(iter(change))} = "):
        OptimizerConfig(**change)
