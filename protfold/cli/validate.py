"""`protfold validate`: every check of the input, no work."""

from pathlib import Path
from typing import Annotated

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose


@console.command
def validate(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="What `protfold fold` would be given.")],
    msa: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Alignment of the one target, or a folder of them named by record id.")
    ] = None,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Check inputs without folding: formats, residues, alignments, names.

    Exit status: 0 all can be folded; 1 some cannot; 2 none can, or a file is missing.
    """
    from rich.table import Table
    from rich.text import Text

    from protfold.runs.targets import collect_targets

    collected = collect_targets(inputs, msa=msa, needs_msa=msa is not None)
    if collected.targets and not quiet:
        table = Table("target", "folder", "chains", "residues", "alignment", "source")
        for target in collected.targets:
            depth = "none" if target.msa_depth is None else f"{target.msa_depth} rows"
            cells = (target.id, target.folder, len(target.chains), target.length, depth, target.source)
            table.add_row(*(Text(console.printable(str(cell))) for cell in cells))
        console.out.print(table)
    for bad in collected.rejected:
        console.show_error(bad.reason)
    if collected.rejected:
        raise typer.Exit(console.FAILED if collected.targets else console.UNUSABLE)
