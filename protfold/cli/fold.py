"""`protfold fold`: sequences or alignments in, a folder of results out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, DeviceName, Offline, Quiet, Seed, Threads, Verbose
from protfold.errors import InputError, ProtfoldError
from protfold.runs.options import NO_TEMPLATES, Dtype, FoldOptions, RelaxModels, SearchEngine

if TYPE_CHECKING:
    from protfold.runs.summary import RunSummary


@console.command
def fold(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT",
            help="FASTA (many records; A:B is a complex), A3M, Stockholm, aligned FASTA, CSV (id,sequence), or folders.",
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for results; complete targets are skipped.")
    ],
    weights: Annotated[
        list[str], typer.Option(help="Parameter set: a name, or a .npz, .pt or .safetensors file; repeat for several.")
    ] = ["mini"],  # noqa: B006 - Typer copies it
    msa: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Alignment of the one target, or a folder of them named by record id.")
    ] = None,
    search: Annotated[
        SearchEngine | None,
        typer.Option(help="Make alignments for targets without one.", show_default="none; jackhmmer with --database"),
    ] = None,
    database: Annotated[Path | None, typer.Option(metavar="FILE", help="FASTA file to search, plain or .gz.")] = None,
    templates: Annotated[
        str,
        typer.Option(
            metavar="none|PATH",
            help="Structures (PDB or mmCIF) to start from: a file, or a folder. In a folder, a file or sub-folder named after a record"
            " serves that record alone; the other files serve every record they resemble. Each chain is tried, and covers one chain of"
            " a complex. Needs weights that read templates, such as model_1_ptm.",
        ),
    ] = NO_TEMPLATES,
    recycles: Annotated[int | None, typer.Option(min=0, help="Passes after the first.", show_default="from the weights")] = None,
    recycle_tolerance: Annotated[
        float, typer.Option(min=0.0, help="Stop recycling when CA distances change by less, in Å; 0 never stops early.")
    ] = 0.0,
    num_seeds: Annotated[int, typer.Option(min=1, help="Predictions for each parameter set, ranked by confidence.")] = 1,
    relax: Annotated[
        RelaxModels,
        typer.Option(help="Predictions to relax with a force field, on one CPU thread or a GPU; seconds to minutes each."),
    ] = "best",
    max_msa: Annotated[
        str | None,
        typer.Option(metavar="CLUSTERS:EXTRA", help="Alignment rows given to the network.", show_default="from the weights"),
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="Precision of the network.")] = "float32",
    offline: Offline = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Fold complete targets again.")] = False,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Predict structures, many targets in one go.

    Exit status: 0 all done; 1 at least one target failed, or is left as predicted since relaxation failed; the others are finished and
    kept; 2 bad usage or input, nothing started.
    """
    options = FoldOptions(
        weights=tuple(weights),
        search=search or ("none" if database is None else "jackhmmer"),
        database=None if database is None else str(database),
        templates=templates,
        num_seeds=num_seeds,
        seed=seed,
        recycles=recycles,
        recycle_tolerance=recycle_tolerance,
        relax=relax,
        max_msa=None if max_msa is None else alignment_rows(max_msa),
        device=device,
        dtype=dtype,
        threads=threads,
    )
    from protfold.cli.fold_progress import fold_progress
    from protfold.runs.fold import fold_targets, prepare
    from protfold.runs.targets import collect_targets

    collected = collect_targets(inputs, msa=msa, needs_msa=options.search == "none")
    prepare(collected.found, options, output)
    alone = sum(target.msa_path is None for target in collected.targets)
    if options.search == "none" and alone:
        console.logger.info(
            "%d of %d targets have no alignment, which costs accuracy: give --msa or --database", alone, len(collected.targets)
        )
    try:
        with fold_progress(quiet=quiet) as progress:
            summary = fold_targets(collected.found, options, output, overwrite=overwrite, progress=progress)
    except ProtfoldError as error:
        console.stop(str(error), console.FAILED, error if debug else None)
    console.logger.info("results in %s", output)
    show_problems(summary)


def show_problems(summary: "RunSummary") -> None:
    """Say why targets failed or are not relaxed, and leave with status 1 if any are so."""
    for row in (*summary.failed, *summary.unrelaxed):
        console.show_error(f"{console.shortened(row.target)}: {row.reason}")
    if summary.failed or summary.unrelaxed:
        raise typer.Exit(console.FAILED)


def alignment_rows(text: str) -> tuple[int, int]:
    clusters, colon, extra = text.partition(":")
    if not (colon and clusters.isdecimal() and extra.isdecimal()):
        raise InputError(f"--max-msa is {text!r}; give two numbers such as 512:1024")
    return int(clusters), int(extra)
