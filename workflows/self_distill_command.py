"""`python -m workflows.self_distill`: self-distillation as a Prefect flow."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, Quiet, Verbose
from protfold.errors import ProtfoldError
from workflows.command import Retries, new_app, run_app

app = new_app()


@app.command(name="self_distill")
@console.command
def self_distill(
    inputs: Annotated[list[Path], typer.Argument(metavar="SEQUENCES", help="FASTA, CSV or alignment files, or folders of them.")],
    weights: Annotated[str, typer.Option(metavar="NAME|FILE", help="Parameters that predict.")],
    store: Annotated[Path, typer.Option(metavar="STORE", help="Labelled chains, made by `protfold train prepare`.")],
    config: Annotated[
        Path,
        typer.Option(
            metavar="CONFIG.toml",
            help="Settings of `protfold train fold` without data and run.output; without model, the student goes on from --weights.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of all that is made.")],
    msa: Annotated[
        Path | None, typer.Option(metavar="FILE|FOLDER", help="Alignment of the one sequence, or a folder of them by record id.")
    ] = None,
    min_plddt: Annotated[float, typer.Option(help="Residues below it lose their atoms.")] = 50.0,
    min_mean_plddt: Annotated[float, typer.Option(help="Sequences whose mean is below it are left out.")] = 70.0,
    labelled_share: Annotated[float, typer.Option(help="Chance that an example comes from the labelled store.")] = 0.25,
    retries: Retries = 2,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Predict sequences, keep what is sure, and train on it beside labels; killed and run again, it goes on where it stopped.

    Exit status: 0 all steps done; 1 the run could not go on, what is finished is kept; 2 bad input or settings, nothing started.
    """
    from protfold.runs.distillation import Distillation
    from protfold.runs.fold import prepare
    from workflows import self_distill as flows
    from workflows.fold import TaskSettings
    from workflows.runners import one_server

    limits = Distillation(min_plddt=min_plddt, min_mean_plddt=min_mean_plddt, labelled_share=labelled_share)
    files, given_msa = [str(path) for path in inputs], None if msa is None else str(msa)
    _, options, collected = flows.checked(files, weights, str(store), str(config), str(output), given_msa, limits)
    prepare(collected.found, options, output / flows.PREDICTED)
    if quiet:
        logging.disable(logging.WARNING)
    try:
        with one_server():
            flows.self_distill(
                files, weights, str(store), str(config), str(output), given_msa, limits, TaskSettings(retries=retries)
            )
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)


def main() -> None:
    """Run the command."""
    run_app(app, "workflows.self_distill")
