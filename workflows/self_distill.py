"""The self-distillation flow: sequences to predictions, the sure ones to a store, both stores to the weights of a student.

Run it as `python -m workflows.self_distill sequences.fasta --weights W --store LABELLED --config train.toml -o DIR`, or deploy it from
`prefect.yaml`. A run that was killed goes on by the same command: behind the last target, the last shard, the last checkpoint.

| in the folder | |
|---|---|
| `predicted/` | the fold run |
| `distilled.csv`, `distilled/` | the targets kept, and their store |
| `student/` | the training run |
"""

from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_link_artifact
from prefect.cache_policies import NO_CACHE

from protfold.cli.train import read_toml
from protfold.runs.distillation import Distillation, choose_confident, held_out_sequences, single_chains, student_training
from protfold.runs.options import FoldOptions
from protfold.runs.summary import RunSummary
from protfold.runs.targets import CollectedTargets, collect_targets
from protfold.train.fold_config import FoldTraining
from protfold.train.prepare import prepare
from protfold.train.shard_jobs import PrepareConfig
from workflows.fold import TargetsFailedError, TaskSettings, attempt, fold, run_task, worth_retrying
from workflows.train import train_network

PREDICTED, TABLE, DISTILLED, STUDENT = "predicted", "distilled.csv", "distilled", "student"


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="choose from {output}")
def choose(summary: RunSummary, sequences: dict[str, str], store: str, output: str, min_mean_plddt: float) -> Any:
    """Leave the table of the targets to learn from; a line for each that is left out."""
    limits = {"min_mean_plddt": min_mean_plddt, "held_out": held_out_sequences(Path(store))}
    return attempt(TaskSettings(), choose_confident, summary.rows, sequences, Path(output, TABLE), **limits)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="prepare {output}")
def prepare_distilled(output: str, config: PrepareConfig) -> Any:
    """Leave the chosen predictions in a store, without the atoms of unsure residues."""
    folder = Path(output)
    return attempt(TaskSettings(), prepare, folder / PREDICTED, folder / DISTILLED, config, table=folder / TABLE)


def checked(
    inputs: list[str], weights: str, store: str, config: str, output: str, msa: str | None, limits: Distillation
) -> tuple[FoldTraining, FoldOptions, CollectedTargets]:
    """The student's settings, those of the predictions and the targets; what is wrong with them is found before anything starts.

    Device, threads and seed are those of the student's run.
    """
    training = student_training(
        read_toml(Path(config)),
        file=Path(config),
        weights=weights,
        labelled=Path(store),
        distilled=Path(output, DISTILLED),
        labelled_share=limits.labelled_share,
        output=Path(output, STUDENT),
    )
    run = training.run
    collected = collect_targets(inputs, msa=msa, needs_msa=True)
    single_chains(collected)
    held_out_sequences(Path(store))
    return training, FoldOptions(weights=(weights,), relax="none", device=run.device, threads=run.threads, seed=run.seed), collected


@flow(name="self-distill", flow_run_name="self-distill into {output}")
def self_distill(
    inputs: list[str],
    weights: str,
    store: str,
    config: str,
    output: str,
    msa: str | None = None,
    limits: Distillation = Distillation(),  # noqa: B008
    settings: TaskSettings = TaskSettings(),  # noqa: B008
) -> Any:
    """Trains a student on a network's sure predictions beside labels, and returns the path of its weights.

    Args:
        inputs: FASTA, CSV or alignment files, or folders of them; single chains.
        weights: parameters that predict.
        store: labelled chains, as `protfold train prepare` left them; the student is measured on their split `valid`.
        config: settings of `protfold train fold` without `data` and `run.output`; without `model`, the student goes on from `weights`.
        output: folder of all that is made.
        msa: alignment file of the one target, or a folder of alignments named by record id.
        limits: what is kept, and the mixture.
        settings: how to run tasks.

    Raises:
        ProtfoldError: inputs or settings cannot be used, no prediction is sure enough, or the training could not go on.
    """
    training, options, collected = checked(inputs, weights, store, config, output, msa, limits)
    logger = get_run_logger()

    try:
        summary = fold(inputs, str(Path(output, PREDICTED)), options, msa, settings=settings)
    except TargetsFailedError as error:  # the others are there to learn from
        summary = error.summary
        logger.warning("%s", error)
    for line in run_task(choose, settings, summary, single_chains(collected), store, output, limits.min_mean_plddt):
        logger.info("left out: %s", line)
    prepared = run_task(prepare_distilled, settings, output, PrepareConfig(min_plddt=limits.min_plddt, valid_share=0.0))
    logger.info("%d chains to learn from; dropped: %s; failed: %s", len(prepared.table), prepared.dropped, prepared.failed)
    student = run_task(train_network, settings, training)
    create_link_artifact(link=Path(output).resolve().as_uri(), link_text=str(student), key="self-distill-folder")
    return str(student)


if __name__ == "__main__":
    from workflows.self_distill_command import main

    main()
