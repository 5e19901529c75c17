"""`Task`: what the training loop knows of a network and its data."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.train.distributed import World

Batch = TypeVar("Batch")

Measures = Mapping[str, int | float]

TOTAL = "total"
"""The name of the loss term that is minimised."""

UNKNOWN_LICENCE = "not stated"
"""Of what is trained from random weights, unless the settings say more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPlan:
    """What a step takes.

    Attributes:
        batch_size: examples, over all processes.
        micro_batch: how many of them at a time; the gradient of each micro-batch is clipped by itself.
        facts: what else to write into the step's line of metrics.

    Raises:
        InputError: the batch cannot be divided so.
    """

    batch_size: int
    micro_batch: int = 1
    facts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.micro_batch < 1 or self.batch_size < 1 or self.batch_size % self.micro_batch:
            raise InputError(
                f"batch_size = {self.batch_size}, micro_batch = {self.micro_batch}; give positive numbers, "
                "the first a multiple of the second"
            )

    def share(self, world: World) -> Sequence[range]:
        """The numbers of the examples of each micro-batch that this process learns from.

        Raises:
            InputError: the processes cannot share evenly.
        """
        starts = range(0, self.batch_size, self.micro_batch)
        if len(starts) % world.size:
            raise InputError(
                f"{len(starts)} micro-batches of {self.micro_batch} cannot be shared evenly by {world.size} processes; "
                "change batch_size or micro_batch"
            )
        return [range(start, start + self.micro_batch) for start in world.share(starts)]


@runtime_checkable
class Task(Protocol[Batch]):
    """A network, its examples, its loss and its measures; implemented once for each kind of network."""

    @property
    def model(self) -> nn.Module:
        """What is trained in place: float32, on the device of the run."""

    @property
    def num_steps(self) -> int:
        """Length of the whole run."""

    def plan(self, step: int) -> StepPlan:
        """What a step takes; steps are numbered from 0."""

    def batch(self, step: int, indices: Sequence[int]) -> Batch:
        """Examples of a step by their numbers: a pure function of the task's seed, the step and the numbers."""

    def loss(self, step: int, batch: Batch) -> Mapping[str, Tensor]:
        """Terms of the loss, one value an example each, the same terms for all batches of a step; `total` is what is minimised."""

    def validate(self, world: World) -> Measures:
        """Measures of the model as it stands on data that it does not learn from; every process takes part and gets them all."""

    def score(self, measures: Measures) -> float:
        """By which one validation is better than another; larger is better."""

    def export(self, path: Path, *, steps: int, measures: Measures) -> None:
        """Writes the model as it stands for users, whole or not at all."""


@runtime_checkable
class GroupedTask(Protocol):
    """A task whose parameters learn at several rates."""

    def parameter_groups(self, weight_decay: float) -> list[dict[str, Any]]:
        """Groups for the optimiser; `rate_factor` is a group's rate in units of the step's."""


def mean_measures(measured: Sequence[Measures]) -> Measures:
    """Number of chains, and of each measure its mean over those that have it; nothing of no chains."""
    if not measured:
        return {}
    found = {name: [one[name] for one in measured if math.isfinite(one[name])] for name in measured[0]}
    return {"chains": len(measured)} | {name: sum(values) / len(values) for name, values in found.items() if values}


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """PyTorch's random numbers on the CPU begin by a seed within the context, and go on afterwards as if nothing had been drawn."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model without dropout for the length of the context."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)
