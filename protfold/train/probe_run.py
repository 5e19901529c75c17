"""Probing and fine-tuning a backbone from settings to measures."""

import json
from pathlib import Path

from protfold.train.loop import FINAL
from protfold.train.metrics_log import Watcher
from protfold.train.probe_config import ProbeSettings
from protfold.train.probe_task import ProbeTask
from protfold.train.run import train_with
from protfold.train.task import Measures


def train_probe(training: ProbeSettings, watcher: Watcher | None = None) -> Measures:
    """Trains or continues, and gives the measures at the end; see `train_with`."""
    train_with(training, ProbeTask, watcher)
    return last_measures(training.run.output)


def last_measures(output: Path) -> Measures:
    """The measures of the last validation of a run; empty where it is not finished."""
    if not (output / FINAL).is_file():
        return {}
    line: Measures = json.loads((output / "validation.jsonl").read_text().splitlines()[-1])
    return line
