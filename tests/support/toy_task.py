"""The smallest thing that can be trained: y = w x + b on numbers, with every random draw a function of (seed, step, index)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from protfold.features.randomness import random_generator
from protfold.io.atomic import write_atomically
from protfold.train.distributed import World
from protfold.train.task import StepPlan


class ToyModel(nn.Module):
    """A line through noise."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3, 1)
        self.noise = nn.Dropout(0.25)
        with torch.no_grad():
            self.line.weight.copy_(torch.tensor([[0.1, -0.2, 0.3]]))
            self.line.bias.zero_()

    def forward(self, x: Tensor) -> Tensor:
        """One number a row."""
        return self.line(self.noise(x))[..., 0]


class ToyTask:
    """Regression on x -> sum of x.

    Args:
        num_steps: of the run.
        batch_size, micro_batch: of every step.
        spoiled: examples, as (step, index), whose loss is not a number.
    """

    def __init__(
        self, num_steps: int = 12, *, batch_size: int = 4, micro_batch: int = 1, spoiled: frozenset[tuple[int, int]] = frozenset()
    ) -> None:
        self.model = ToyModel()
        self.num_steps, self.size, self.spoiled = num_steps, StepPlan(batch_size=batch_size, micro_batch=micro_batch), spoiled
        self.validated: list[Tensor] = []

    def plan(self, step: int) -> StepPlan:
        """Every step alike."""
        return self.size

    def batch(self, step: int, indices: Sequence[int]) -> Tensor:
        """Rows of three numbers."""
        rows = [random_generator(0, f"step {step}", "example", index).normal(size=3) for index in indices]
        x = torch.from_numpy(np.stack(rows).astype(np.float32))
        for row, index in enumerate(indices):
            if (step, index) in self.spoiled:
                x[row] = torch.nan
        return x

    def loss(self, step: int, batch: Tensor) -> Mapping[str, Tensor]:
        """Squared error."""
        error = (self.model(batch) - batch.sum(-1)).square()
        return {"error": error, "total": 0.5 * error}

    def validate(self, world: World) -> dict[str, float]:
        """The distance from the true line."""
        self.validated.append(self.model.line.weight.detach().clone())
        return {"distance": (self.model.line.weight - 1.0).norm().item()}

    def score(self, measures: Mapping[str, float]) -> float:
        """Nearer is better."""
        return -measures["distance"]

    def export(self, path: Path, *, steps: int, measures: Mapping[str, float]) -> None:
        """The weights as text."""
        write_atomically(path, f"{steps} {self.model.line.weight.tolist()}\n")
