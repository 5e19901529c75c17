"""`python -m workflows.fold`: the options and the exit status of `protfold fold`, and how tasks are run."""

import inspect
import logging
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from protfold.cli import console
from protfold.cli import fold as cli_fold
from protfold.runs.options import FoldOptions
from workflows.command import new_app, run_app
from workflows.runners import Runner

TASKS = "How tasks are run"


def fold(
    runner: Annotated[
        Runner, typer.Option(help="Where targets are worked on; dask and ray need their extra package.", rich_help_panel=TASKS)
    ] = "threads",
    workers: Annotated[int, typer.Option(min=1, help="Targets at a time.", rich_help_panel=TASKS)] = 4,
    predictions_at_once: Annotated[
        int, typer.Option(min=1, help="Predictions at a time on one machine.", rich_help_panel=TASKS)
    ] = 1,
    retries: Annotated[
        int, typer.Option(min=0, help="Further tries of a task after an error that may pass.", rich_help_panel=TASKS)
    ] = 2,
    time_limit: Annotated[
        float | None, typer.Option(min=0.001, help="Minutes that one task may work.", show_default="none", rich_help_panel=TASKS)
    ] = None,
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
    settings = flows.TaskSettings(
        retries=retries,
        time_limit_seconds=None if time_limit is None else 60 * time_limit,
        predictions_at_once=predictions_at_once,
    )
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


def with_parameters(command: Any, other: Any, place: str) -> Any:
    """The flow's command with the parameters of another in front of its own, so that the two never differ.

    Args:
        command: takes them as keyword arguments, by its parameter `place`.
        other: the command of `protfold`.
        place: a name.
    """
    own = [parameter for parameter in inspect.signature(command).parameters.values() if parameter.name != place]
    of_other = list(inspect.signature(other).parameters.values())
    command.__signature__ = inspect.Signature([*of_other, *own])
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*of_other, *own)}
    return command


app = new_app()
app.command(name="fold")(console.command(with_parameters(fold, cli_fold.fold, "of_fold")))


def main() -> None:
    """Run the command."""
    run_app(app, "workflows.fold")
