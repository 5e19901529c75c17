"""`python -m workflows.fold`: the options and the exit status of `protfold fold`, and how tasks are run."""

import logging
from dataclasses import fields
from pathlib import Path
from typing import Any

from protfold.cli import console
from protfold.cli import fold as cli_fold
from protfold.runs.options import FoldOptions
from workflows.command import (
    PredictionsAtOnce,
    Retries,
    RunnerName,
    TimeLimit,
    Workers,
    new_app,
    run_app,
    task_settings,
    with_parameters,
)


def fold(
    runner: RunnerName = "threads",
    workers: Workers = 4,
    predictions_at_once: PredictionsAtOnce = 1,
    retries: Retries = 2,
    time_limit: TimeLimit = None,
    **of_fold: Any,
) -> None:
    """Predict structures of many targets as a Prefect flow; killed and run again, it goes on where it stopped.

    Exit status: 0 all done; 1 at least one target failed, or is left as predicted since relaxation failed; the others are finished and
    kept; 2 bad usage or input, nothing started.
    """
    from protfold.runs.fold import prepare
    from protfold.runs.targets import collect_targets
    from workflows import fold as flows
    from workflows.runners import one_server, task_runner

    options, output = fold_options(of_fold), Path(of_fold["output"])
    inputs, msa = [str(path) for path in of_fold["inputs"]], of_fold["msa"] and str(of_fold["msa"])
    chosen_runner = task_runner(runner, workers)
    prepare(collect_targets(inputs, msa=msa, needs_msa=options.search == "none").found, options, output)
    if of_fold["quiet"]:
        logging.disable(logging.WARNING)
    settings = task_settings(retries=retries, time_limit=time_limit, predictions_at_once=predictions_at_once)
    run = flows.fold.with_options(task_runner=chosen_runner)
    try:
        with one_server():
            run(inputs, str(output), options, msa, of_fold["overwrite"], settings)
    except flows.TargetsFailedError as error:
        cli_fold.show_problems(error.summary)


def fold_options(given: dict[str, Any]) -> FoldOptions:
    """The options of `protfold fold` as `FoldOptions`."""
    plain = {field.name: _plain(given[field.name]) for field in fields(FoldOptions) if field.name in given}
    search = given["search"] or ("none" if given["database"] is None else "jackhmmer")
    max_msa = None if given["max_msa"] is None else cli_fold.alignment_rows(given["max_msa"])
    return FoldOptions(**plain | {"search": search, "max_msa": max_msa})


def _plain(value: Any) -> Any:
    """Paths as text and lists as tuples, as a task queue can carry them."""
    return tuple(value) if isinstance(value, list) else str(value) if isinstance(value, Path) else value


app = new_app()
app.command(name="fold")(console.command(with_parameters(fold, cli_fold.fold, "of_fold")))


def main() -> None:
    """Run the command."""
    run_app(app, "workflows.fold")
