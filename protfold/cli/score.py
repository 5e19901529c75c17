"""`protfold score`: what the designer says of given sequences on a backbone."""

import json
from pathlib import Path
from typing import Annotated

import typer

from protfold.cli import console
from protfold.cli.design_arguments import Weights
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose


@console.command
def score(
    backbone: Annotated[Path, typer.Argument(metavar="BACKBONE", help="PDB or mmCIF file, .gz too.")],
    fasta: Annotated[
        Path, typer.Option(metavar="FILE", help="Sequences, one letter for each residue of the backbone; chains joined by / or :.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for scores.csv, chain_scores.csv and residue_scores.csv."),
    ] = None,
    chains: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Chains that the sequences are of, in their order; others keep their types and are context.",
            show_default="as designed_chains in a header says, or all",
        ),
    ] = None,
    weights: Weights = "designer",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, by chain and residue too, instead of a table.")] = False,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Score sequences on a backbone, and the native one: mean -log p (nats) of each residue's type given all others, lower is better.

    Nothing is drawn at random, so --seed changes nothing. Exit status: 0 scored; 2 a file cannot be used, or a sequence does not fit.
    """
    from rich.table import Table

    from protfold.io import read_structure
    from protfold.runs.design import score as scores
    from protfold.runs.design.options import DesignOptions
    from protfold.runs.design.search import load_designer_once
    from protfold.runs.store import check_writable

    protein = read_structure(backbone)
    given, told = scores.read_given(fasta)
    of_chains = told if chains is None else tuple(name.strip() for name in chains.split(","))
    checked = scores.check_given(given, protein, of_chains, file=fasta)
    designer = load_designer_once(DesignOptions(weights=weights, device=device, threads=threads))
    if output is not None:
        check_writable(output)
    found = scores.score_sequences(designer, protein, checked)
    if output is not None:
        scores.save_scores(found, protein, output)
    if as_json:
        typer.echo(json.dumps(scores.scores_json(found, protein), indent=1))
        return
    table = Table("sequence", "score", "perplexity", "identity", "residues", show_edge=False)
    for one in found:
        name, *numbers = scores.whole_row(one)
        table.add_row(console.printable(console.shortened(name)), *("-" if value is None else str(value) for value in numbers))
    console.out.print(table, markup=False)
