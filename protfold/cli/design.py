"""`protfold design`: backbones in, sequences out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protfold.cli import console
from protfold.cli import design_arguments as arguments
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose
from protfold.errors import ProtfoldError

if TYPE_CHECKING:
    from protfold.runs.design.summary import DesignSummary


@console.command
def design(
    backbones: Annotated[list[Path], typer.Argument(metavar="BACKBONE", help="PDB or mmCIF files, .gz too, or folders of them.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for results; complete backbones are skipped.")
    ],
    chains: arguments.Chains = None,
    design: arguments.DesignOnly = None,
    fix: arguments.Fix = None,
    exclude: arguments.Exclude = None,
    exclude_at: arguments.ExcludeAt = None,
    bias: arguments.Bias = None,
    bias_at: arguments.BiasAt = None,
    tie: arguments.Tie = None,
    homo_oligomer: arguments.HomoOligomer = None,
    constraints: arguments.ConstraintFile = None,
    states: arguments.States = False,
    state_weights: arguments.StateWeights = None,
    num_sequences: arguments.NumSequences = 8,
    temperature: arguments.Temperature = None,
    diversity: arguments.Diversity = None,
    weights: arguments.Weights = "designer",
    start: arguments.StartFrom = "random",
    restarts: arguments.Restarts = 1,
    refold: arguments.Refold = False,
    refold_weights: arguments.RefoldWeights = "mini",
    side_chains: arguments.SideChains = True,
    relax: arguments.RelaxModels = "none",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Design on complete backbones again.")] = False,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Design sequences for backbones by self-consistency; ranked by score, mean -log p of designed residues, lower is better.

    Exit status: 0 all done; 1 at least one backbone failed, or a design that should be folded or relaxed is not; the others are finished
    and kept; 2 bad usage, input or constraints, nothing started.
    """
    options = arguments.design_options(locals())
    from protfold.cli.design_progress import design_progress
    from protfold.runs.design.run import design_backbones
    from protfold.runs.design.tasks import prepare

    tasks = prepare(backbones, output, options, states=states)
    try:
        with design_progress(quiet=quiet) as progress:
            summary = design_backbones(tasks, output, overwrite=overwrite, progress=progress)
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)
    console.logger.info("results in %s", output)
    show_problems(summary)


def show_problems(summary: "DesignSummary") -> None:
    """Say what failed, and leave with status 1 if anything did."""
    for row in summary.problems:
        told = row.reason if row.status == "failed" and row.backbone in row.reason else f"{row.folder}: {row.reason}"
        console.show_error(told)
    if summary.problems:
        raise typer.Exit(console.FAILED)
