"""The fold flow: sequences and alignments in, a folder of results out, many targets at a time.

Run it as `python -m workflows.fold targets.fasta -o DIR`, or deploy it from `prefect.yaml`. Targets that are complete are skipped,
and within a target the stages that are finished: both are told by files named by their content, so a run killed at any moment goes
on where it stopped, also on another machine that sees the folder, and with Prefect's own records lost.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect import Task, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.futures import as_completed
from prefect.states import Failed
from prefect.task_runners import ThreadPoolTaskRunner

from protfold.errors import ProtfoldError, reason_of
from protfold.runs import stages, store
from protfold.runs.fold import prepare
from protfold.runs.options import FoldOptions
from protfold.runs.predictors import parameter_sets
from protfold.runs.stages import StageResult
from protfold.runs.summary import RunSummary, TargetRow, done_row, failed_row, read_rows, skipped_row
from protfold.runs.targets import RejectedTarget, Target, collect_targets
from workflows.device_slots import device_slot
from workflows.scoreboard import Scoreboard
from workflows.time_limit import within

DEFAULT_RUNNER: Any = ThreadPoolTaskRunner(max_workers=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskSettings:
    """How tasks are run; no result depends on it.

    Attributes:
        retries: further tries after an error that is nobody's fault: a full disk, a lost mount, a device in trouble.
        retry_delay_seconds: before the first; doubled each time.
        time_limit_seconds: of one task's work, waiting not counted; None for none. Such tasks run in processes of their own.
        predictions_at_once: on one machine.
    """

    retries: int = 2
    retry_delay_seconds: float = 10.0
    time_limit_seconds: float | None = None
    predictions_at_once: int = 1

    @property
    def retry_delays(self) -> list[float]:
        """Seconds before each retry."""
        return [self.retry_delay_seconds * 2**attempt for attempt in range(self.retries)]


class TargetsFailedError(Exception):
    """At least one target failed, or its relaxation did; the others are finished and kept."""

    def __init__(self, summary: RunSummary) -> None:
        self.summary = summary
        rows, what = (summary.failed, "failed") if summary.failed else (summary.unrelaxed, "are not relaxed")
        super().__init__(f"{len(rows)} of {len(summary.rows)} targets {what}; the first: {rows[0].reason}")


def worth_retrying(task: Task[..., Any], task_run: Any, state: State[Any]) -> bool:
    """Errors that protfold foresaw would come again; others may pass."""
    return not isinstance(state.result(raise_on_failure=False), ProtfoldError)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="align {target.folder}")
def align(target: Target, options: FoldOptions, output: str, settings: TaskSettings) -> Any:
    """Leave the target's alignment in its folder."""
    return attempt(settings, stages.align, target, options, output)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="predict {target.folder} by {weights}, seed {seed}")
def predict(target: Target, options: FoldOptions, output: str, settings: TaskSettings, *, weights: str, seed: int) -> Any:
    """Leave one prediction in the target's folder."""
    with device_slot(settings.predictions_at_once):
        return attempt(settings, stages.predict, target, options, output, weights=weights, seed=seed)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="relax {target.folder}")
def relax(target: Target, predicted: str, relaxed: str, options: FoldOptions, settings: TaskSettings) -> Any:
    """Leave one prediction relaxed, in a process of its own: a crash or a lack of memory there ends nothing else."""
    if Path(relaxed).is_file():
        return StageResult(path=relaxed)
    own_process = replace(settings, time_limit_seconds=settings.time_limit_seconds or math.inf)
    return attempt(own_process, stages.relax, predicted, relaxed, options)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="save {target.folder}")
def save(target: Target, options: FoldOptions, output: str, settings: TaskSettings) -> Any:
    """Rank the predictions and write the results."""
    return attempt(settings, stages.save, target, options, output)


def attempt(settings: TaskSettings, stage: Callable[..., Any], *arguments: Any, **further: Any) -> Any:
    """The stage's result, under the time limit; an error that protfold foresaw becomes a failed state, told without a traceback."""
    try:
        return within(settings.time_limit_seconds, stage, *arguments, **further)
    except ProtfoldError as error:
        return Failed(message=str(error), data=error)


@task(cache_policy=NO_CACHE, task_run_name="fold {target.folder}")
def fold_target(target: Target, options: FoldOptions, output: str, settings: TaskSettings, overwrite: bool) -> Any:
    """One target from its alignment to its results; its row, or a failed state that holds the error."""
    folder = Path(output, target.folder)
    if overwrite:
        store.clear(folder)
        store.remove_stages(folder)
    elif stages.is_complete(target, options, output):
        store.remove_stages(folder)
        return skipped_row(target, Path(output), read_rows(Path(output)).get(target.folder))
    try:
        return _fold_in_stages(target, options, output, settings)
    except ProtfoldError as error:
        return Failed(message=str(error), data=error)


def run_task(task: Task[..., Any], settings: TaskSettings, *arguments: Any, **further: Any) -> Any:
    """The result of a task that is tried again as the settings say; the error that it ends with is raised."""
    tried = task.with_options(retries=settings.retries, retry_delay_seconds=settings.retry_delays)
    state: State[Any] = tried(*arguments, **further, return_state=True)
    return state.result()


def _fold_in_stages(target: Target, options: FoldOptions, output: str, settings: TaskSettings) -> TargetRow:
    def run(stage: Task[..., Any], **further: Any) -> StageResult:
        result: StageResult = run_task(stage, settings, target, options, output, settings, **further)
        return result

    aligned = run(align)
    predicted = [run(predict, weights=weights, seed=seed) for weights in parameter_sets(options) for seed in options.seeds]
    relaxed = []
    for prediction_file, relaxed_file in stages.to_relax(target, options, output):
        try:
            relaxed.append(run_task(relax, settings, target, prediction_file, relaxed_file, options, settings))
        except ProtfoldError as error:  # the prediction is a result without it
            relaxed.append(stages.give_up_relaxing(relaxed_file, str(error)))
    return done_row(target, Path(output), aligned, predicted, relaxed, run(save))


@flow(name="fold", flow_run_name="fold into {output}", task_runner=DEFAULT_RUNNER)
def fold(
    inputs: list[str],
    output: str,
    options: FoldOptions = FoldOptions(),  # noqa: B008
    msa: str | None = None,
    overwrite: bool = False,
    settings: TaskSettings = TaskSettings(),
) -> Any:
    """Folds every target of the inputs into its folder below `output`, and returns the `RunSummary`.

    Args:
        inputs: FASTA, CSV or alignment files, or folders of them.
        output: the run's folder.
        options: how to fold.
        msa: alignment file of the one target, or a folder of alignments named by record id.
        overwrite: fold complete targets again.
        settings: how to run tasks.

    Raises:
        ProtfoldError: nothing could be started.
        TargetsFailedError: some targets have no result, or no relaxed one though that was asked for; the summary comes with it.
    """
    collected = collect_targets(inputs, msa=msa, needs_msa=options.search == "none")
    prepare(collected.found, options, Path(output))
    scoreboard = Scoreboard(collected.found, Path(output))
    submitted = {}
    for target in collected.found:
        if isinstance(target, RejectedTarget):
            scoreboard.enter(failed_row(target, target.reason))
        else:
            submitted[fold_target.submit(target, options, output, settings, overwrite)] = target
    for future in as_completed(list(submitted)):
        scoreboard.enter(_row(submitted[future], future.result(raise_on_failure=False)))
    summary = scoreboard.close()
    if not (summary.failed or summary.unrelaxed):
        return summary
    failure = TargetsFailedError(summary)
    return Failed(message=str(failure), data=failure)


def _row(target: Target, outcome: TargetRow | BaseException) -> TargetRow:
    if isinstance(outcome, TargetRow):
        return outcome
    return failed_row(target, reason_of(outcome))


if __name__ == "__main__":
    from workflows.command_line import main

    main()
