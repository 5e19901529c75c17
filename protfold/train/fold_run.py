"""Training the folding network from settings to weights."""

from contextlib import AbstractContextManager
from pathlib import Path

from protfold.train.fold_config import FoldTraining
from protfold.train.fold_task import FoldTask
from protfold.train.loop import Trainer
from protfold.train.metrics_log import Watcher
from protfold.train.run import ready_trainer, train_with


def fold_trainer(training: FoldTraining) -> AbstractContextManager[Trainer[FoldTask]]:
    """A run that is ready to begin or to continue; see `ready_trainer`."""
    return ready_trainer(training, FoldTask)


def train_fold(training: FoldTraining, watcher: Watcher | None = None) -> Path:
    """Trains or continues; see `train_with`."""
    return train_with(training, FoldTask, watcher)
