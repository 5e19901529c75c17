"""The redesign flow: backbones in, sequences out, each folded again and compared with its backbone; many backbones at a time.

Run it as `python -m workflows.redesign backbones/ -o DIR --refold`, or deploy it from `prefect.yaml`. Backbones that are complete are
skipped, and within a backbone the stages that are finished; both are told by files named by their content, as in `workflows.fold`.
"""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, task
from prefect.artifacts import (
    create_link_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.futures import as_completed
from prefect.states import Failed

from protfold.errors import ProtfoldError, reason_of
from protfold.runs import store
from protfold.runs.design import stages
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.run import clear
from protfold.runs.design.summary import DesignRow, DesignSummary, failed_row, read_rows, stored_row, write_rows
from protfold.runs.design.tasks import DesignTask, is_complete, prepare
from workflows.device_slots import device_slot
from workflows.fold import DEFAULT_RUNNER, TaskSettings, attempt, run_task, worth_retrying

COLUMNS = ("backbone", "status", "num_designed", "num_distinct", "best_score", "mean_recovery", "best_sc_tm", "seconds", "reason")


class BackbonesFailedError(Exception):
    """At least one backbone has no designs, or a design that was to be folded or relaxed is not; the others are finished and kept."""

    def __init__(self, summary: DesignSummary) -> None:
        self.summary = summary
        problems = summary.problems
        super().__init__(f"{len(problems)} of {len(summary.rows)} backbones have a problem; the first: {problems[0].reason}")


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="search on {backbone.name}")
def search(backbone: DesignTask, settings: TaskSettings) -> Any:
    """Leave the samples of a backbone."""
    with device_slot(settings.predictions_at_once):
        return attempt(settings, stages.search, backbone)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="refold {backbone.name}, design {rank}")
def refold(backbone: DesignTask, settings: TaskSettings, rank: int) -> Any:
    """Leave the prediction of one design."""
    with device_slot(settings.predictions_at_once):
        return attempt(settings, stages.refold, backbone, rank)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="relax {backbone.name}, design {rank}")
def relax(backbone: DesignTask, settings: TaskSettings, rank: int) -> Any:
    """Leave the models of one design relaxed, in a process of their own: a crash or a lack of memory there ends nothing else."""
    own_process = replace(settings, time_limit_seconds=settings.time_limit_seconds or math.inf)
    return attempt(own_process, stages.relax, backbone, rank)


@task(cache_policy=NO_CACHE, retry_condition_fn=worth_retrying, task_run_name="save {backbone.name}")
def save(backbone: DesignTask, settings: TaskSettings) -> Any:
    """Rank the designs and write the results."""
    return attempt(settings, stages.save, backbone)


@task(cache_policy=NO_CACHE, task_run_name="design on {backbone.name}")
def design_backbone(backbone: DesignTask, settings: TaskSettings, overwrite: bool) -> Any:
    """One backbone from its structure to its results; its row, or a failed state that holds the error."""
    folder, started = Path(backbone.folder), time.perf_counter()
    if overwrite:
        clear(backbone)
    elif is_complete(backbone):
        store.remove_stages(folder)
        return stored_row(backbone, "skipped", earlier=read_rows(folder.parent).get(folder.name))
    try:
        run_task(search, settings, backbone, settings)
        for rank in stages.ranks_to_refold(backbone):
            run_task(refold, settings, backbone, settings, rank)
        for rank in stages.ranks_to_relax(backbone):
            run_task(relax, settings, backbone, settings, rank)
        run_task(save, settings, backbone, settings)
    except ProtfoldError as error:
        return Failed(message=str(error), data=error)
    return stored_row(backbone, "done", seconds=time.perf_counter() - started)


@flow(name="redesign", flow_run_name="redesign into {output}", task_runner=DEFAULT_RUNNER)
def redesign(
    inputs: list[str],
    output: str,
    options: DesignOptions = DesignOptions(refold=True),  # noqa: B008
    states: bool = False,
    overwrite: bool = False,
    settings: TaskSettings = TaskSettings(),  # noqa: B008
) -> Any:
    """Designs on every backbone of the inputs into its folder below `output`, and returns the `DesignSummary`.

    Args:
        inputs: PDB or mmCIF files, or folders of them.
        output: the run's folder.
        options: how to design, fold and relax.
        states: whether the inputs are states of one sequence.
        overwrite: design on complete backbones again.
        settings: how to run tasks.

    Raises:
        ProtfoldError: nothing could be started.
        BackbonesFailedError: some backbones have no designs, or not all that was asked for; the summary comes with it.
    """
    backbones = prepare(inputs, Path(output), options, states=states)
    earlier, rows = read_rows(Path(output)), dict[str, DesignRow]()
    progress = create_progress_artifact(progress=0.0, key="redesign-progress", description=f"backbones of {output}")
    assert isinstance(progress, UUID)  # a coroutine only when called from one

    def ended() -> list[DesignRow]:
        return [rows[one.folder] for one in backbones if one.folder in rows]

    submitted = {}
    for backbone in backbones:
        if backbone.problem:
            rows[backbone.folder] = failed_row(backbone, backbone.problem)
        else:
            submitted[design_backbone.submit(backbone, settings, overwrite)] = backbone
    for future in as_completed(list(submitted)):
        backbone, found = submitted[future], future.result(raise_on_failure=False)
        rows[backbone.folder] = found if isinstance(found, DesignRow) else failed_row(backbone, reason_of(found))
        write_rows(Path(output), ended(), earlier)
        update_progress_artifact(progress, progress=100.0 * len(rows) / len(backbones))
    summary = DesignSummary(rows=tuple(ended()), output=Path(output))
    table = [{column: getattr(row, column) for column in COLUMNS} for row in summary.rows]
    create_table_artifact(table=table, key="redesign-backbones", description=f"backbones of {output}")
    create_link_artifact(link=Path(output).resolve().as_uri(), link_text=output, key="redesign-folder")
    if not summary.problems:
        return summary
    failure = BackbonesFailedError(summary)
    return Failed(message=str(failure), data=failure)


if __name__ == "__main__":
    from workflows.redesign_command import main

    main()
