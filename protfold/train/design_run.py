"""Training the designer's network from settings to weights."""

from contextlib import AbstractContextManager
from pathlib import Path

from protfold.train.design_config import DesignTraining
from protfold.train.design_task import DesignTask
from protfold.train.loop import Trainer
from protfold.train.metrics_log import Watcher
from protfold.train.run import ready_trainer, train_with


def design_trainer(training: DesignTraining) -> AbstractContextManager[Trainer[DesignTask]]:
    """A run that is ready to begin or to continue; see `ready_trainer`."""
    return ready_trainer(training, DesignTask)


def train_design(training: DesignTraining, watcher: Watcher | None = None) -> Path:
    """Trains or continues; see `train_with`."""
    return train_with(training, DesignTask, watcher)
