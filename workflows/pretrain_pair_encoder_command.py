"""`python -m workflows.pretrain_pair_encoder`: pretraining and its probes as a Prefect flow."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, Quiet, Verbose
from protfold.cli.train import ConfigFile, read_pretraining
from protfold.errors import ProtfoldError
from workflows.command import Retries, new_app, run_app

app = new_app()


@app.command(name="pretrain_pair_encoder")
@console.command
def pretrain_pair_encoder(
    config: ConfigFile,
    structures: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Structures to make the store of, as for `protfold train prepare`.")
    ] = None,
    valid_share: Annotated[float, typer.Option(min=0.0, help="Share of their clusters to hold out.")] = 0.05,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that prepare.")] = 1,
    retries: Retries = 2,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Pretrain an encoder of pair maps and probe it as a Prefect flow; killed and run again, it goes on where it stopped.

    Beside the weights it leaves `probes.csv`, how well hydrogen bonds are told from pretrained and from random weights, and
    `filled_in.png`, held-out maps with what was removed and what was filled in.

    Exit status: 0 all steps done; 1 a run could not go on, its last checkpoint is kept; 2 bad settings, nothing started.
    """
    read_pretraining(config)
    from workflows import pretrain_pair_encoder as flows
    from workflows.fold import TaskSettings
    from workflows.runners import one_server

    if quiet:
        logging.disable(logging.WARNING)
    folder = None if structures is None else str(structures)
    try:
        with one_server():
            flows.pretrain_pair_encoder(str(config), folder, valid_share, jobs, TaskSettings(retries=retries))
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)


def main() -> None:
    """Run the command."""
    run_app(app, "workflows.pretrain_pair_encoder")
