"""`python -m workflows.redesign`: the options and the exit status of `protfold design`, and how tasks are run."""

import logging
from pathlib import Path
from typing import Any

from protfold.cli import console
from protfold.cli import design as cli_design
from protfold.cli.design_arguments import design_options
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


def redesign(
    runner: RunnerName = "threads",
    workers: Workers = 4,
    predictions_at_once: PredictionsAtOnce = 1,
    retries: Retries = 2,
    time_limit: TimeLimit = None,
    **of_design: Any,
) -> None:
    """Design sequences on many backbones as a Prefect flow; killed and run again, it goes on where it stopped.

    Exit status: 0 all done; 1 at least one backbone failed, or a design that should be folded or relaxed is not; the others are finished
    and kept; 2 bad usage, input or constraints, nothing started.
    """
    from protfold.runs.design.tasks import prepare
    from workflows import redesign as flows
    from workflows.runners import one_server, task_runner

    options, output = design_options(of_design), Path(of_design["output"])
    inputs = [str(path) for path in of_design["backbones"]]
    chosen_runner = task_runner(runner, workers)
    prepare(inputs, output, options, states=of_design["states"])
    if of_design["quiet"]:
        logging.disable(logging.WARNING)
    settings = task_settings(retries=retries, time_limit=time_limit, predictions_at_once=predictions_at_once)
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
