"""The pretraining flow: structures to a store, a store to an encoder of pair maps, the encoder to probes, a table and pictures.

Run it as `python -m workflows.pretrain_pair_encoder CONFIG.toml [--structures FOLDER]`. Each task goes on where it stopped: behind the
last shard, at the last checkpoint of the run or of a probe.
"""

import base64
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_image_artifact, create_link_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from protfold.cli.train import read_pretraining
from protfold.errors import InputError
from protfold.runs import pretraining as runs
from protfold.train.prepare import prepare
from protfold.train.pretraining_config import PretrainingSettings
from protfold.train.pretraining_run import train_pretraining
from protfold.train.probe_run import train_probe
from protfold.train.shard_jobs import PrepareConfig
from workflows.fold import TaskSettings, attempt, run_task, worth_retrying
from workflows.train import ProgressPage


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="prepare {store}")
def prepare_store(structures: str, store: str, valid_share: float, jobs: int) -> Any:
    """Leave the chains in the store."""
    return attempt(TaskSettings(), prepare, Path(structures), Path(store), PrepareConfig(valid_share=valid_share), jobs=jobs)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="pretrain into {training.run.output}")
def pretrain(training: PretrainingSettings) -> Any:
    """Take the steps that are left, with validations and exports; the file of the weights."""
    return attempt(TaskSettings(), train_pretraining, training, ProgressPage())


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="probe: {start}, {learns} learns")
def probe(training: PretrainingSettings, weights: Path, start: runs.Start, learns: runs.Learns) -> Any:
    """Take the steps of a probe that are left; its measures."""
    return attempt(TaskSettings(), train_probe, runs.probe_of(training, weights, start, learns))


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying)
def write_results(training: PretrainingSettings, weights: Path, measured: Any) -> Any:
    """Leave the table and the picture; their paths."""
    return attempt(TaskSettings(), runs.write_results, training, weights, measured)


@flow(name="pretrain-pair-encoder", flow_run_name="pretrain by {config}")
def pretrain_pair_encoder(
    config: str,
    structures: str | None = None,
    valid_share: float = 0.05,
    jobs: int = 1,
    settings: TaskSettings = TaskSettings(),  # noqa: B008
) -> Any:
    """Pretrains an encoder by a settings file, probes it, and returns the path of its weights.

    Args:
        config: the file of `protfold train pretrain`.
        structures: folder of structures to make the store of, the only one that the settings name; left out, the stores are there.
        valid_share: of the chains, to be held out.
        jobs: processes that prepare.
        settings: how to run tasks.

    Raises:
        ProtfoldError: settings or data cannot be used, or a run could not go on.
    """
    training = read_pretraining(Path(config))
    if structures is not None:
        if len(training.data.stores) != 1:
            raise InputError("structures are given, so data.stores must name the one store to make of them", file=config)
        for line in run_task(prepare_store, settings, structures, str(training.data.stores[0]), valid_share, jobs).failed:
            get_run_logger().warning("left out: %s", line)
    weights = run_task(pretrain, settings, training)
    measured = {kind: run_task(probe, settings, training, weights, *kind) for kind in runs.PROBES}
    paths = run_task(write_results, settings, training, weights, measured)
    rows = [{"start": start, "learns": learns, **measures} for (start, learns), measures in measured.items()]
    create_table_artifact(table=rows, key="pretrain-probes", description=f"hydrogen bonds found after {training.steps} steps")
    for path in paths:
        if path.suffix == ".png":
            picture = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
            create_image_artifact(image_url=picture, key="pretrain-filled-in", description="held-out maps, removed and filled in")
    create_link_artifact(link=training.run.output.resolve().as_uri(), link_text=str(weights), key="pretrain-folder")
    return str(weights)


if __name__ == "__main__":
    from workflows.pretrain_pair_encoder_command import main

    main()
