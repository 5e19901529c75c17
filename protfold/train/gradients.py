"""The gradient of a step: that of each micro-batch clipped, then summed over micro-batches and processes."""

import math
from collections.abc import Iterable

import torch
from torch import nn

from protfold.train.distributed import World


class GradientSum:
    """The gradients of all parameters in one array, which `parameter.grad` are views of; zeros for what takes no part.

    Jumper et al. (2021) Suppl. Sec. 1.11.3 "Optimization details" clips the gradient of each example before examples are averaged.

    Args:
        parameters: those that learn, of one type and device; the others are left alone.
    """

    def __init__(self, parameters: Iterable[nn.Parameter]) -> None:
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        sizes = [parameter.numel() for parameter in learning]
        self._current = learning[0].new_zeros(sum(sizes))
        self._sum = torch.zeros_like(self._current)
        for parameter, part in zip(learning, self._current.split(sizes), strict=True):
            parameter.grad = part.view_as(parameter)

    def add_clipped(self, limit: float) -> float:
        """Adds the gradient that a backward pass has left, cut to a norm of at most `limit`, and makes room for the next.

        Returns its norm before clipping; a gradient that is not finite is dropped.
        """
        norm = float(torch.linalg.vector_norm(self._current))
        if math.isfinite(norm):
            self._sum.add_(self._current, alpha=min(1.0, limit / max(norm, 1e-12)))
        self._current.zero_()
        return norm

    def take_mean(self, count: int, world: World) -> None:
        """Leaves in `parameter.grad` the sum over all processes, divided by `count`."""
        world.add_up(self._sum)
        torch.div(self._sum, count, out=self._current)

    def clear(self) -> None:
        """Starts a new step."""
        self._current.zero_()
        self._sum.zero_()
