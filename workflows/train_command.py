"""`python -m workflows.train`: a training run as a Prefect flow."""

import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, Quiet, Verbose
from protfold.cli.train import ConfigFile, read_fold_training
from protfold.errors import ProtfoldError
from workflows.command import Retries, new_app, run_app

app = new_app()


@app.command(name="train")
@console.command
def train(
    config: ConfigFile,
    structures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Structures to make the store of, as for `protfold train prepare`.")
    ] = None,
    alignments: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Their alignments.")] = None,
    table: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="What files do not tell: splits, clusters, ...")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that prepare.")] = 1,
    retries: Retries = 2,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Prepare data, train, validate and export as a Prefect flow; killed and run again, it goes on where it stopped.

    Exit status: 0 all steps done; 1 the run could not go on, its last checkpoint is kept; 2 bad settings, nothing started.
    """
    read_fold_training(config)
    from workflows import train as flows
    from workflows.fold import TaskSettings
    from workflows.runners import one_server

    if quiet:
        logging.disable(logging.WARNING)
    inputs: dict[str, Any] = {
        name: path and str(path) for name, path in (("structures", structures), ("alignments", alignments), ("table", table))
    }
    try:
        with one_server():
            flows.train(str(config), **inputs, jobs=jobs, settings=TaskSettings(retries=retries))
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)


def main() -> None:
    """Run the command."""
    run_app(app, "workflows.train")
