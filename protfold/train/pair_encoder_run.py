"""Training of a pair-map encoder from settings to weights."""

from contextlib import AbstractContextManager
from pathlib import Path

from protfold.train.loop import Trainer
from protfold.train.metrics_log import Watcher
from protfold.train.pair_encoder_config import PairEncoderTraining
from protfold.train.pair_encoder_task import PairEncoderTask
from protfold.train.run import ready_trainer, train_with


def pair_encoder_trainer(training: PairEncoderTraining) -> AbstractContextManager[Trainer[PairEncoderTask]]:
    """A run that is ready to begin or to continue; see `ready_trainer`."""
    return ready_trainer(training, PairEncoderTask)


def train_pair_encoder(training: PairEncoderTraining, watcher: Watcher | None = None) -> Path:
    """Trains or continues; see `train_with`."""
    return train_with(training, PairEncoderTask, watcher)
