"""`python -m workflows.train`: a training run as a Prefect flow."""

import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from protfold.cli import console
from protfold.cli.main import UsageError
from protfold.cli.shared_options import Debug, Quiet, Verbose
from protfold.cli.train import ConfigFile, read_fold_training
from protfold.errors import ProtfoldError

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


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
    retries: Annotated[int, typer.Option(min=0, help="Further tries of a task after an error that may pass.")] = 2,
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
    """Run the command; a wrong command line is told in two lines."""
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        if problem := error.format_message():
            console.show_error(f"{problem}\n`python -m workflows.train --help` shows what is possible.")
        sys.exit(console.UNUSABLE)
