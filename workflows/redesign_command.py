"""`python -m workflows.redesign`: the options and the exit status of `protfold design`, and how tasks are run."""

import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from protfold.cli import console
from protfold.cli import design as cli_design
from protfold.cli.design_arguments import design_options
from workflows.command import new_app, run_app
from workflows.command_line import TASKS, with_parameters
from workflows.runners import Runner


def redesign(
    runner: Annotated[
        Runner, typer.Option(help="Where backbones are worked on; dask and ray need their extra package.", rich_help_panel=TASKS)
    ] = "threads",
    workers: Annotated[int, typer.Option(min=1, help="Backbones at a time.", rich_help_panel=TASKS)] = 4,
    predictions_at_once: Annotated[
        int, typer.Option(min=1, help="Searches and predictions at a time on one machine.", rich_help_panel=TASKS)
    ] = 1,
    retries: Annotated[
        int, typer.Option(min=0, help="Further tries of a task after an error that may pass.", rich_help_panel=TASKS)
    ] = 2,
    time_limit: Annotated[
        float | None, typer.Option(min=0.001, help="Minutes that one task may work.", show_default="none", rich_help_panel=TASKS)
    ] = None,
    **of_design: Any,
) -> None:
    """Design sequences on many backbones as a Prefect flow; killed and run again, it goes on where it stopped.

    Exit status: 0 all done; 1 at least one backbone failed, or a design that should be folded or relaxed is not; the others are finished
    and kept; 2 bad usage, input or constraints, nothing started.
    """
    from protfold.runs.design_tasks import prepare
    from workflows import redesign as flows
    from workflows.fold import TaskSettings
    from workflows.runners import one_server, task_runner

    options, output = design_options(of_design), Path(of_design["output"])
    inputs = [str(path) for path in of_design["backbones"]]
    chosen_runner = task_runner(runner, workers)
    prepare(inputs, output, options, states=of_design["states"])
    if of_design["quiet"]:
        logging.disable(logging.WARNING)
    settings = TaskSettings(
        retries=retries,
        time_limit_seconds=None if time_limit is None else 60 * time_limit,
        predictions_at_once=predictions_at_once,
    )
    run = flows.redesign.with_options(task_runner=chosen_runner)
    try:
        with one_server():
            run(inputs, str(output), options, of_design["states"], of_design["overwrite"], settings)
    except flows.BackbonesFailedError as error:
        cli_design.show_problems(error.summary)


app = new_app()
app.command(name="redesign")(console.command(with_parameters(redesign, cli_design.design, "of_design")))


def main() -> None:
    """Run the command."""
    run_app(app, "workflows.redesign")
