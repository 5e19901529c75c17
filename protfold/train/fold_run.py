"""Training the folding network from settings to weights."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from protfold.inference.runtime import RuntimeOptions, cpu_threads
from protfold.train.distributed import joined_world, local_device
from protfold.train.fold_config import FoldTraining
from protfold.train.fold_task import FoldTask
from protfold.train.loop import FINAL, Trainer
from protfold.train.metrics_log import Watcher


@contextmanager
def fold_trainer(training: FoldTraining) -> Iterator[Trainer[FoldTask]]:
    """A run that is ready to begin or to continue, in this process or in those that `torchrun` started.

    Raises:
        ProtfoldError: it cannot; nothing has been written.
    """
    run = training.run
    device = local_device(RuntimeOptions(device=run.device, dtype=run.dtype, threads=run.threads).torch_device())
    with cpu_threads(run.threads), joined_world(device) as world:
        for stage in training.stage:
            stage.plan().share(world)
        task = FoldTask(training, device)
        yield Trainer(task, run, training.optimizer, settings=task.settings(), may_grow=training.may_grow, world=world)


def train_fold(training: FoldTraining, watcher: Watcher | None = None) -> Path:
    """Trains or continues; gives the file of the exported weights.

    Raises:
        ProtfoldError: the run cannot begin, or not go on.
    """
    with fold_trainer(training) as trainer:
        trainer.train(watcher)
    return training.run.output / FINAL
