"""`protfold report`: the HTML pages again, from stored results."""

from pathlib import Path
from typing import Annotated

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose


@console.command
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="Folder of a fold or design run, or of one target in it.")],
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="STRUCTURE",
            help="Show the models of a fold run beside this structure (PDB or mmCIF); with several targets, a folder of structures named"
            " after them.",
        ),
    ] = None,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Write the report.html of a run and of each of its targets again; nothing is predicted, and the same results give the same bytes.

    Exit status: 0 all written; 1 the page of at least one target could not be made, the others are written; 2 there are no results, or
    the reference cannot be used.
    """
    from protfold.model.runtime import cpu_threads
    from protfold.runs.report import write_reports

    with cpu_threads(threads):
        written = write_reports(folder, reference)
    for page in written.pages:
        console.logger.info("%s", page)
    for target, reason in written.failures:
        console.show_error(f"{target}: {reason}")
    if written.failures:
        raise typer.Exit(console.FAILED)
