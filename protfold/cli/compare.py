"""`protfold compare`: a model beside a reference structure."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from protfold.cli import console
from protfold.cli.shared_options import Debug, DeviceName, Quiet, Seed, Threads, Verbose

if TYPE_CHECKING:
    from protfold.metrics.comparison import Comparison

CHAINS = "Chains to take, by their names, joined by commas; all if left out."


@console.command
def compare(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="PDB or mmCIF file, .gz too.")],
    reference: Annotated[Path, typer.Argument(metavar="REFERENCE", help="The structure to measure by.")],
    match: Annotated[
        Literal["auto", "number", "sequence"],
        typer.Option(help="Pair residues by chain, number and insertion code, or by sequence alignment; auto takes what fits."),
    ] = "auto",
    model_chains: Annotated[str | None, typer.Option(metavar="A,B", help=CHAINS)] = None,
    reference_chains: Annotated[str | None, typer.Option(metavar="A,B", help=CHAINS)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with lDDT of each residue, instead of a table.")] = False,
    seed: Seed = 0,
    device: DeviceName = "auto",
    threads: Threads = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Measure how near a model comes to a reference: lDDT, TM-score, GDT, RMSD, contacts; and the model's violations and stereochemistry.

    Lengths are in Å, scores 0 to 1. Exit status: 0 measured; 2 a file cannot be used, or nothing matches.
    """
    from rich.table import Table

    from protfold.model.runtime import cpu_threads
    from protfold.runs.compare import compare as measure
    from protfold.runs.compare import comparison_json

    with cpu_threads(threads):
        measured = measure(model, reference, match=match, model_chains=model_chains, reference_chains=reference_chains)
    if as_json:
        typer.echo(json.dumps(comparison_json(measured), indent=1))
        return
    table = Table("measure", "value", "what", show_edge=False)
    for row in rows(measured):
        table.add_row(*row)
    console.out.print(table)
    if not quiet:
        for warning in measured.warnings:
            console.logger.warning("%s", warning)


def rows(measured: "Comparison") -> Iterator[tuple[str, str, str]]:
    """Name, value and meaning of each line of the table."""
    from protfold.runs.json_numbers import violation_counts

    pairs = measured.correspondence
    chains = ", ".join(f"{own}={true}" for own, true in pairs.chains)
    yield (
        "residues",
        str(measured.num_matched),
        f"of {len(measured.model)} in the model and {len(measured.reference)} in the reference",
    )
    yield "matched by", pairs.matched_by, console.printable(f"{pairs.reason}; chains {chains}")
    yield "lDDT-CA", shown(measured.lddt_ca, 4), "distances of CA atoms kept, 0-1"
    yield "lDDT", shown(measured.lddt, 4), "distances of all atoms kept, 0-1"
    yield "TM-score", shown(measured.tm_score, 4), "by the reference's length, 0-1"
    yield "GDT-TS", shown(measured.gdt_ts, 4), "CA within 1, 2, 4, 8 Å, 0-1"
    yield "GDT-HA", shown(measured.gdt_ha, 4), "CA within 0.5, 1, 2, 4 Å, 0-1"
    yield "RMSD CA", shown(measured.rmsd_ca, 3), "Å"
    yield "RMSD backbone", shown(measured.rmsd_backbone, 3), "Å; N, CA, C, O"
    yield "RMSD all", shown(measured.rmsd_all, 3), "Å; atoms of equal name"
    yield "r.m.s.d.95", shown(measured.rmsd_95, 3), "Å; CA at 95 % coverage"
    yield "dRMSD", shown(measured.drmsd, 3), "Å; CA distances"
    yield "distance error", shown(measured.distance_map_error, 3), "Å; mean over CA distances"
    for name, agreement in measured.contacts.items():
        if agreement.num_reference:
            value = f"{shown(agreement.precision, 2)} / {shown(agreement.recall, 2)}"
            yield f"contacts, {name}", value, f"precision / recall of {agreement.num_reference} in the reference"
    residues, *parts = violation_counts(measured.violations).items()
    yield "violations", str(residues[1]), "residues of the model: " + ", ".join(f"{count} {kind}" for kind, count in parts)
    checks = measured.stereochemistry
    yield "bonds, angles", f"{shown(checks.bond_rms_z, 2)}, {shown(checks.angle_rms_z, 2)}", "rms deviation in standard deviations"
    regions = [shown(100.0 * share, 1) for share in (checks.ramachandran_favoured, checks.ramachandran_outliers)]
    yield "Ramachandran", " / ".join(regions), "% of residues favoured / outliers"
    yield "peptide bonds", str(checks.twisted), f"twisted; {checks.cis_non_proline} cis not before proline"
    yield "D amino acids", str(checks.wrong_chirality), "residues"
    yield "clash score", shown(checks.clash_score, 1), "overlaps of heavy atoms per 1,000 atoms; MolProbity-like, not MolProbity's"


def shown(value: float, digits: int) -> str:
    """A number, or a dash where nothing could be measured."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "-"
