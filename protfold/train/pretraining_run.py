"""Pretraining on pair maps from settings to weights."""

from contextlib import AbstractContextManager
from pathlib import Path

from protfold.train.loop import Trainer
from protfold.train.metrics_log import Watcher
from protfold.train.pretraining_config import PretrainingSettings
from protfold.train.pretraining_task import PretrainingTask
from protfold.train.run import ready_trainer, train_with


def pretraining_trainer(training: PretrainingSettings) -> AbstractContextManager[Trainer[PretrainingTask]]:
    """A run that is ready to begin or to continue; see `ready_trainer`."""
    return ready_trainer(training, PretrainingTask)


def train_pretraining(training: PretrainingSettings, watcher: Watcher | None = None) -> Path:
    """Trains or continues; see `train_with`."""
    return train_with(training, PretrainingTask, watcher)
