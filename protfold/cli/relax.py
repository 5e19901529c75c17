"""`protfold relax`: structures in, structures without clashes and strain out."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose
from protfold.errors import ProtfoldError

if TYPE_CHECKING:
    from protfold.runs.relax import Progress
    from protfold.runs.relax_summary import RelaxRow

PLATFORM_OF_DEVICE = {"auto": "auto", "cpu": "CPU", "cuda": "CUDA", "mps": "OpenCL"}


@console.command
def relax(
    models: Annotated[list[Path], typer.Argument(metavar="MODEL", help="PDB or mmCIF files, .gz too, or folders of them.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for results; complete models are skipped.")],
    force_field: Annotated[Literal["amber99sb", "amber14"], typer.Option(help="Without solvent; amber14 is ff14SB.")] = "amber99sb",
    max_iterations: Annotated[int, typer.Option(min=0, help="Cap of each minimisation; 0 for none.")] = 2000,
    max_rounds: Annotated[
        int, typer.Option(min=1, help="Minimisations; each but the first lets go of residues still in violation.")
    ] = 3,
    stiffness: Annotated[
        float, typer.Option(min=0.0, help="Of the springs that hold heavy atoms where they were, kcal/mol/Å²; 0 for none.")
    ] = 10.0,
    tolerance: Annotated[float, typer.Option(help="A minimisation ends at this root mean square force, kcal/mol/nm.")] = 2.39,
    platform: Annotated[
        Literal["auto", "CUDA", "OpenCL", "CPU"],
        typer.Option(help="Where OpenMM computes.", show_default="by --device; auto takes the first of the three that works"),
    ] = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Relax complete models again.")] = False,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Relax structures with a force field, by AlphaFold's protocol: less energy, no clashes, atoms near where they were.

    Nothing is drawn at random, so --seed changes nothing. --threads says how many models are relaxed at a time, on one CPU thread each.
    Exit status: 0 all done; 1 at least one model failed, the others are finished and kept; 2 bad usage or input, nothing started.
    """
    from protfold.relax import RelaxConfig
    from protfold.runs.relax import prepare, relax_models

    config = RelaxConfig(
        force_field=force_field,
        stiffness=stiffness,
        tolerance=tolerance,
        max_iterations=max_iterations,
        max_rounds=max_rounds,
        platform=PLATFORM_OF_DEVICE[device] if platform == "auto" else platform,
    )
    tasks = prepare(models, output, config)
    try:
        with relax_progress(quiet=quiet) as progress:
            at_once = threads or os.cpu_count() or 1
            summary = relax_models(tasks, output, at_once=at_once, overwrite=overwrite, progress=progress)
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)
    console.logger.info("results in %s", output)
    for row in summary.failed:
        console.show_error(row.reason)
    if summary.failed:
        raise typer.Exit(console.FAILED)


@contextmanager
def relax_progress(*, quiet: bool) -> "Iterator[Progress]":
    """A bar over the models on a terminal, a line for each elsewhere; failures are told at the end, as errors."""
    if not quiet and console.messages.is_terminal:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("relax"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console.messages, transient=True) as bars:
            task = bars.add_task("", total=None)

            def advance(row: "RelaxRow", done: int, total: int) -> None:
                bars.update(task, completed=done, total=total)
                tell(row, done, total)

            yield advance
    else:
        yield tell


def tell(row: "RelaxRow", done: int, total: int) -> None:
    """A model that has ended, in one line."""
    name = console.shortened(row.folder)
    if row.status == "failed":
        console.logger.info("[%d/%d] %s: failed", done, total, name)
        return
    energies = ["unknown" if energy is None else f"{energy:.0f}" for energy in (row.energy_before, row.energy_after)]
    console.logger.info(
        "[%d/%d] %s: residues in violation %d to %d, energy %s to %s kcal/mol, CA atoms moved %.2f Å, %s",
        *(done, total, name, row.violations_before, row.violations_after, *energies, row.ca_rmsd),
        "complete already" if row.status == "skipped" else f"{row.platform}, {row.seconds:.1f} s",
    )
