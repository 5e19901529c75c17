"""`protfold train prepare`: structures and alignments in, a store of training chains out."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, Quiet, Verbose

if TYPE_CHECKING:
    from protfold.train.prepare import Prepared

FAILURES_SHOWN = 20
FILTERS = "What is kept"


@console.command
def prepare(
    structures: Annotated[
        Path,
        typer.Argument(
            metavar="STRUCTURES",
            help="Folder of PDB and mmCIF files (.gz too), also in folders below; each protein chain becomes a sample. With --table,"
            " the folder that its files are in.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="STORE", help="Folder to write; what is done there is kept.")],
    alignments: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Alignments called by the name of the structure file, with _CHAIN behind it where the file holds several chains:"
            " 1abc_A.a3m, or a folder 1abc_A of several. Chains without one are trained on as single sequences.",
            show_default="STRUCTURES",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="What files do not tell, one chain a row: id, file, and as wanted chain, split (train, valid, test), cluster,"
            " resolution, msa (files joined by ;).",
        ),
    ] = None,
    max_rows: Annotated[int, typer.Option(min=1, help="Alignment rows kept for a chain.")] = 1024,
    valid_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of clusters kept apart to measure on, where the table does not say.")
    ] = 0.05,
    min_length: Annotated[int, typer.Option(min=1, help="Residues.", rich_help_panel=FILTERS)] = 20,
    max_length: Annotated[int, typer.Option(min=1, help="Residues.", rich_help_panel=FILTERS)] = 2000,
    max_resolution: Annotated[float, typer.Option(help="In Å; unknown passes.", rich_help_panel=FILTERS)] = 9.0,
    max_unknown: Annotated[float, typer.Option(help="Share of residues outside the twenty.", rich_help_panel=FILTERS)] = 0.1,
    max_one_residue: Annotated[float, typer.Option(help="Share of the commonest residue.", rich_help_panel=FILTERS)] = 0.8,
    min_observed: Annotated[float, typer.Option(help="Share of residues with a CA atom.", rich_help_panel=FILTERS)] = 0.5,
    min_plddt: Annotated[
        float | None,
        typer.Option(
            help="The structures are predictions with pLDDT as B-factors: hide the atoms of less confident residues.",
            rich_help_panel=FILTERS,
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Make training chains of structures and alignments, once.

    Chains without a cluster in a table share one where their sequences are equal. The same command again goes on where it stopped.

    Exit status: 0 all could be used; 1 some files could not, the others are there; 2 none could, or a setting is wrong.
    """
    from protfold.train.filters import ChainFilter
    from protfold.train.prepare import prepare as prepare_store
    from protfold.train.shard_jobs import PrepareConfig

    limits = ChainFilter(
        min_length=min_length,
        max_length=max_length,
        max_resolution=max_resolution,
        max_unknown=max_unknown,
        max_one_residue=max_one_residue,
        min_observed=min_observed,
    )
    config = PrepareConfig(limits=limits, max_rows=max_rows, min_plddt=min_plddt, valid_share=valid_share)
    with _bar(quiet=quiet) as progress:
        prepared = prepare_store(structures, output, config, alignments=alignments, table=table, jobs=jobs, progress=progress)
    if not quiet:
        console.out.print(summary(prepared), markup=False, highlight=False)
    for line in prepared.failed[:FAILURES_SHOWN]:
        console.show_error(line)
    if len(prepared.failed) > FAILURES_SHOWN:
        console.show_error(f"and {len(prepared.failed) - FAILURES_SHOWN} more, listed in {output / 'index.json'}")
    if prepared.failed:
        raise typer.Exit(console.FAILED)


def summary(prepared: "Prepared") -> str:
    """What was kept and what was left out, a line each."""
    table = prepared.table
    splits = ", ".join(f"{count} {split}" for split, count in sorted(Counter(table.split.tolist()).items()))
    lines = [
        f"kept {len(table)} chains ({splits}) in {len(set(table.cluster.tolist()))} clusters, {table.length.sum():,} residues",
        f"{(table.depth > 0).sum()} with an alignment, {table.backbone_only.sum()} without side chains",
    ]
    if prepared.dropped:
        lines.append("left out: " + ", ".join(f"{count} ({reason})" for reason, count in sorted(prepared.dropped.items())))
    return "\n".join(lines)


@contextmanager
def _bar(*, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar of inputs on a terminal."""
    if quiet or not console.messages.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console.messages, transient=True) as bars:
        task = bars.add_task("structures", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)
