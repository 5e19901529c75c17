"""The optimiser and its rate, step by step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import nn

from protfold.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class OptimizerConfig:
    """AdamW and its schedule. Defaults but the cosine: Jumper et al. (2021) Suppl. Sec. 1.11.3 "Optimization details".

    Attributes:
        peak_rate: learning rate after the warm-up.
        warmup_steps: steps of linear warm-up.
        schedule: `cosine` falls by half a cosine to `final_rate` at the last step; `constant` stays, but for one drop.
        final_rate: of the cosine.
        drop_step, drop_factor: of the constant schedule; published, after 50,000 steps of 128 examples.
        clip_norm: largest norm of a micro-batch's gradient.
        average_decay: of the average of the weights.
        weight_decay: of matrices; biases and norms have none.
        beta1, beta2, epsilon: of Adam.

    Raises:
        InputError: a value out of range.
    """

    peak_rate: float = 1e-3
    warmup_steps: int = 1000
    schedule: Literal["cosine", "constant"] = "cosine"
    final_rate: float = 1e-5
    drop_step: int = 50_000
    drop_factor: float = 0.95
    clip_norm: float = 0.1
    average_decay: float = 0.999
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        for name in ("peak_rate", "clip_norm", "epsilon", "drop_factor"):
            if not getattr(self, name) > 0.0:
                raise InputError(f"optimizer.{name} = {getattr(self, name)}; give a positive number")
        for name in ("final_rate", "warmup_steps", "drop_step", "weight_decay"):
            if not getattr(self, name) >= 0:
                raise InputError(f"optimizer.{name} = {getattr(self, name)}; give 0 or more")
        for name in ("average_decay", "beta1", "beta2"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise InputError(f"optimizer.{name} = {getattr(self, name)}; give a number from 0 to below 1")


def learning_rate(config: OptimizerConfig, step: int, num_steps: int) -> float:
    """The rate of a step, numbered from 0, of a run of `num_steps`."""
    warmup = min(1.0, (step + 1) / max(1, config.warmup_steps))
    if config.schedule == "constant":
        return config.peak_rate * warmup * (config.drop_factor if step >= config.drop_step else 1.0)
    share = max(0, step + 1 - config.warmup_steps) / max(1, num_steps - config.warmup_steps)
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, share)))
    return warmup * (config.final_rate + (config.peak_rate - config.final_rate) * cosine)


def make_optimizer(model: nn.Module, config: OptimizerConfig, groups: Sequence[dict[str, Any]] | None = None) -> torch.optim.AdamW:
    """AdamW over the parameters that learn; one fused kernel where PyTorch has one.

    Args:
        model: what learns.
        config: rates and decays.
        groups: of parameters; None for matrices, which decay, and the rest.
    """
    learning = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = groups or [
        {"params": [parameter for parameter in learning if parameter.ndim > 1], "weight_decay": config.weight_decay},
        {"params": [parameter for parameter in learning if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=config.peak_rate,
        betas=(config.beta1, config.beta2),
        eps=config.epsilon,
        fused=learning[0].device.type in ("cpu", "cuda"),
    )
