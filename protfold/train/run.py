"""Any training run from settings to weights."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import torch

from protfold.model.runtime import RuntimeOptions, cpu_threads
from protfold.train.distributed import joined_world, local_device
from protfold.train.loop import FINAL, Trainer
from protfold.train.metrics_log import Watcher
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from protfold.train.task import StepPlan, Task
from protfold.train.training_data import TrainingData


@runtime_checkable
class Training(Protocol):
    """What the settings of every kind of run have."""

    @property
    def run(self) -> RunConfig:
        """Where and how."""

    @property
    def optimizer(self) -> OptimizerConfig:
        """How fast."""

    @property
    def may_grow(self) -> str:
        """The setting that a continued run may have raised."""

    def plans(self) -> Sequence[StepPlan]:
        """Every kind of step."""

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued."""


class DataTask(Task[Any], Protocol):
    """A task on stores of chains."""

    @property
    def data(self) -> TrainingData:
        """The chains."""


TrainingKind = TypeVar("TrainingKind", bound=Training)
TaskKind = TypeVar("TaskKind", bound=DataTask)


@contextmanager
def ready_trainer(
    training: TrainingKind, make_task: Callable[[TrainingKind, torch.device], TaskKind]
) -> Iterator[Trainer[TaskKind]]:
    """A run that is ready to begin or to continue, in this process or in those that `torchrun` started.

    Raises:
        ProtfoldError: it cannot; nothing has been written.
    """
    run = training.run
    device = local_device(RuntimeOptions(device=run.device, dtype=run.dtype, threads=run.threads).torch_device())
    with cpu_threads(run.threads), joined_world(device) as world:
        for plan in training.plans():
            plan.share(world)
        task = make_task(training, device)
        settings = training.settings() | {"stores": task.data.digests}
        yield Trainer(task, run, training.optimizer, settings=settings, may_grow=training.may_grow, world=world)


def train_with(
    training: TrainingKind, make_task: Callable[[TrainingKind, torch.device], TaskKind], watcher: Watcher | None = None
) -> Path:
    """Trains or continues; gives the file of the exported weights.

    Raises:
        ProtfoldError: the run cannot begin, or not go on.
    """
    with ready_trainer(training, make_task) as trainer:
        trainer.train(watcher)
    return training.run.output / FINAL
