"""The train flow: structures and alignments to a store, a store to weights, weights to measures and a page that tells them.

Run it as `python -m workflows.train CONFIG.toml [--structures FOLDER --alignments FOLDER]`, or deploy it from `prefect.yaml`. Each task
does what the command line's does and goes on where that stopped: behind the last shard, at the last checkpoint.
"""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact, create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.cache_policies import NO_CACHE

from protfold.cli.train import read_fold_training
from protfold.errors import InputError
from protfold.train import fold_run
from protfold.train.fold_config import FoldTraining
from protfold.train.metrics_log import Record, Watcher
from protfold.train.prepare import prepare
from workflows.fold import TaskSettings, attempt, run_task, worth_retrying

STEPS_BETWEEN_UPDATES = 20


class ProgressPage(Watcher):
    """The share of the steps done, and each validation, on Prefect's page."""

    def __init__(self) -> None:
        self.num_steps = 1
        self.page: Any = create_progress_artifact(progress=0.0, key="train-progress", description="steps")

    def begins(self, step: int, num_steps: int) -> None:
        """Sets the bar to where the run is."""
        self.num_steps = num_steps
        update_progress_artifact(self.page, progress=100.0 * step / num_steps)

    def step(self, record: Record) -> None:
        """Moves the bar now and then."""
        step = record["step"] or 0
        if step % STEPS_BETWEEN_UPDATES == 0 or step == self.num_steps:
            update_progress_artifact(self.page, progress=100.0 * step / self.num_steps)

    def validation(self, record: Record) -> None:
        """Leaves the measures as a table."""
        table = [{"measure": name, "value": value} for name, value in record.items()]
        create_table_artifact(table=table, key="train-validation", description=f"after step {record['step']}")


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="prepare {store}")
def prepare_store(structures: str, store: str, alignments: str | None, table: str | None, jobs: int) -> Any:
    """Leave the training chains in the store."""
    return attempt(
        TaskSettings(),
        prepare,
        Path(structures),
        Path(store),
        alignments=None if alignments is None else Path(alignments),
        table=None if table is None else Path(table),
        jobs=jobs,
    )


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="train into {training.run.output}")
def train_network(training: FoldTraining) -> Any:
    """Take the steps that are left, with validations and exports; the file of the weights."""
    return attempt(TaskSettings(), fold_run.train_fold, training, ProgressPage())


@flow(name="train", flow_run_name="train by {config}")
def train(
    config: str,
    structures: str | None = None,
    alignments: str | None = None,
    table: str | None = None,
    jobs: int = 1,
    settings: TaskSettings = TaskSettings(),  # noqa: B008
) -> Any:
    """Trains the folding network by a settings file, and returns the path of its weights.

    Args:
        config: the file of `protfold train fold`.
        structures: folder of structures to make the store of, the only one that the settings name; left out, the stores are there.
        alignments: folder of their alignments.
        table: what the files do not tell.
        jobs: processes that prepare.
        settings: how to run tasks.

    Raises:
        ProtfoldError: settings or data cannot be used, or the run could not go on.
    """
    training = read_fold_training(Path(config))

    if structures is not None:
        if len(training.data.stores) != 1:
            raise InputError("structures are given, so data.stores must name the one store to make of them", file=config)
        store = str(training.data.stores[0])
        for line in run_task(prepare_store, settings, structures, store, alignments, table, jobs).failed:
            get_run_logger().warning("left out: %s", line)
    weights = run_task(train_network, settings, training)
    create_link_artifact(link=training.run.output.resolve().as_uri(), link_text=str(weights), key="train-folder")
    return str(weights)


if __name__ == "__main__":
    from workflows.train_command import main

    main()
