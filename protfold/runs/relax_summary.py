"""One row a model: `relax_summary.csv` and `relax_summary.json`, the one place where times stand. kcal/mol, Å, seconds."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protfold.runs.tables import read_table, write_table


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaxRow:
    """What happened to one model.

    Attributes:
        model: its file.
        folder: below the output folder.
        status: `done` now, `skipped` because it was complete already, or `failed`.
        num_residues: of all chains.
        violations_before, violations_after: residues in violation.
        energy_before, energy_after: of the force field, kcal/mol; None where it is no finite number.
        ca_rmsd: how far CA atoms moved, Å.
        num_rounds: minimisations.
        platform: of OpenMM.
        seconds: of wall time, of the run that relaxed it.
        reason: why it failed.
    """

    model: str
    folder: str
    status: Literal["done", "skipped", "failed"]
    num_residues: int | None = None
    violations_before: int | None = None
    violations_after: int | None = None
    energy_before: float | None = None
    energy_after: float | None = None
    ca_rmsd: float | None = None
    num_rounds: int | None = None
    platform: str = ""
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaxSummary:
    """The rows of one run, in the order of the input.

    Attributes:
        rows: one for each model.
        output: the run's folder.
    """

    rows: tuple[RelaxRow, ...]
    output: Path

    @property
    def failed(self) -> tuple[RelaxRow, ...]:
        """The models that are not relaxed."""
        return tuple(row for row in self.rows if row.status == "failed")


def relaxed_row(model: str, folder: Path, status: Literal["done", "skipped"], earlier: RelaxRow | None) -> RelaxRow:
    """The row of a model whose files are there; `earlier` knows how long it took."""
    about = json.loads((folder / "relax.json").read_text())
    return RelaxRow(
        model=model,
        folder=folder.name,
        status=status,
        num_residues=about["num_residues"],
        violations_before=about["violations_before"]["residues"],
        violations_after=about["violations_after"]["residues"],
        energy_before=about["energy_before"],
        energy_after=about["energy_after"],
        ca_rmsd=about["ca_rmsd"],
        num_rounds=len(about["rounds"]),
        platform=about["platform"],
        seconds=earlier.seconds if earlier else None,
    )


def read_rows(output: Path) -> dict[str, RelaxRow]:
    """Rows of earlier runs in this folder, by folder; none where there is no readable summary."""
    return read_table(output / "relax_summary", RelaxRow)


def write_rows(output: Path, rows: Iterable[RelaxRow], earlier: dict[str, RelaxRow]) -> None:
    """Write both files: rows of earlier runs whose results are still there, then this run's."""
    write_table(output / "relax_summary", RelaxRow, rows, earlier)
