"""Exponential moving average of the weights: what is validated and exported."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class WeightAverage:
    """The average over the steps of a model's parameters, and of the statistics that its normalisations keep.

    Jumper et al. (2021) Suppl. Sec. 1.11.7 "Evaluator setup" takes a decay of 0.999. After step t (from 1) it is at most t / (t + 9)
    here, so that the random start is forgotten.

    Args:
        model: what is averaged.
        decay: weight of the past.
        warm_up_steps: take decay (1 - exp(-t / warm_up_steps)) instead, as Wang et al. (2022) "YOLOv7", arXiv 2207.02696, with 0.9999
            and 2000 as released.
    """

    def __init__(self, model: nn.Module, *, decay: float, warm_up_steps: int | None = None) -> None:
        self.model, self.decay, self.warm_up_steps = model, decay, warm_up_steps
        self._saved = frozenset(model.state_dict())
        self.values = {name: value.detach().clone() for name, value in self._averaged()}

    def decay_after(self, step: int) -> float:
        """Weight of the past in the update of a step, numbered from 1."""
        if self.warm_up_steps is None:
            return min(self.decay, step / (step + 9.0))
        return -self.decay * math.expm1(-step / self.warm_up_steps)

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes in the weights after a step, numbered from 1."""
        own = 1.0 - self.decay_after(step)
        for name, value in self._averaged():
            self.values[name].lerp_(value, own)

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

    def _averaged(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters, and those buffers of floating numbers that are saved with them."""
        yield from self.model.named_parameters()
        buffers = self.model.named_buffers()
        yield from ((name, value) for name, value in buffers if name in self._saved and value.is_floating_point())

    @torch.no_grad()
    def _swap(self) -> None:
        for name, value in self._averaged():
            self.values[name], value.data = value.data, self.values[name]
