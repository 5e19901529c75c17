"""Exponential moving average of the weights: what is validated and exported."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """The average of a model's parameters over the steps.

    Jumper et al. (2021) Suppl. Sec. 1.11.7 "Evaluator setup" takes a decay of 0.999. After step t (from 1) it is at most t / (t + 9)
    here, so that the random start is forgotten.

    Args:
        model: whose parameters are averaged.
        decay: weight of the past.
    """

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self.model, self.decay = model, decay
        self.values = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after a step, numbered from 1."""
        own = 1.0 - min(self.decay, step / (step + 9.0))
        for name, parameter in self.model.named_parameters():
            self.values[name].lerp_(parameter, own)

    def load(self, values: dict[str, Tensor]) -> None:
        """Takes the values over from a checkpoint."""
        for name, value in self.values.items():
            value.copy_(values[name])

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Lends the averages to the model for the length of the context."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, parameter in self.model.named_parameters():
            self.values[name], parameter.data = parameter.data, self.values[name]
