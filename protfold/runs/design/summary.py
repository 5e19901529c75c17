"""One row a backbone: `design_summary.csv` and `.json` and the run's page, the one place where times stand. Nats, Å, seconds."""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protfold.io import write_atomically
from protfold.runs.design.report import REPORT, design_run_report
from protfold.runs.design.tasks import DesignTask
from protfold.runs.tables import read_table, write_table


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignRow:
    """What happened to one backbone.

    Attributes:
        backbone: its file; of several states, that of the first.
        folder: below the output folder.
        status: `done` now, `skipped` because it was complete already, or `failed`.
        num_residues: of all chains and states.
        num_designed: residues that were designed.
        num_sequences: samples.
        num_distinct: different sequences among them.
        native_score: mean of -log p of the native sequence over designed residues, nats; lower is better.
        best_score: of the best design.
        mean_recovery: share of designed residues as in the native sequence, 0-1, mean over samples.
        diversity: 1 - mean identity between samples, 0-1.
        temperature: of the draws.
        best_sc_tm: the highest scTM of a design folded alone, 0-1; None where nothing was folded.
        seconds: of wall time, of the run that designed.
        reason: why it failed, or, of a backbone with designs, what was asked for and failed.
    """

    backbone: str
    folder: str
    status: Literal["done", "skipped", "failed"]
    num_residues: int | None = None
    num_designed: int | None = None
    num_sequences: int | None = None
    num_distinct: int | None = None
    native_score: float | None = None
    best_score: float | None = None
    mean_recovery: float | None = None
    diversity: float | None = None
    temperature: float | None = None
    best_sc_tm: float | None = None
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignSummary:
    """The rows of one run, in the order of the input.

    Attributes:
        rows: one for each backbone.
        output: the run's folder.
    """

    rows: tuple[DesignRow, ...]
    output: Path

    @property
    def problems(self) -> tuple[DesignRow, ...]:
        """The backbones without designs, and those of which a design could not be folded or relaxed."""
        return tuple(row for row in self.rows if row.reason)


def stored_row(
    task: DesignTask, status: Literal["done", "skipped"], *, seconds: float | None = None, earlier: DesignRow | None = None
) -> DesignRow:
    """The row of a task whose files are there; `earlier` knows how long it took."""
    folder = Path(task.folder)
    about = json.loads((folder / "manifest.json").read_text())
    with (folder / "designs.csv").open(newline="") as file:
        designs = list(csv.DictReader(file))
    counts = [int(one["count"]) for one in designs]
    recoveries = [float(one["seq_recovery"] or "nan") for one in designs]
    folded = [float(one["sc_tm"]) for one in designs if one["sc_tm"]]
    recovery = sum(count * value for count, value in zip(counts, recoveries, strict=True)) / sum(counts)
    return DesignRow(
        backbone=task.files[0],
        folder=folder.name,
        status=status,
        **{name: about[name] for name in ("num_residues", "num_designed", "num_sequences", "num_distinct", "native_score")},
        best_score=float(designs[0]["score"]),
        mean_recovery=round(recovery, 4) if recovery == recovery else None,
        diversity=about["diversity"],
        temperature=about["temperature"],
        best_sc_tm=max(folded, default=None),
        seconds=(earlier.seconds if earlier else None) if seconds is None else round(seconds, 3),
        reason="; ".join(about["problems"]),
    )


def failed_row(task: DesignTask, reason: str) -> DesignRow:
    """The row of a task without designs."""
    return DesignRow(backbone=task.files[0], folder=Path(task.folder).name, status="failed", reason=reason)


def read_rows(output: Path) -> dict[str, DesignRow]:
    """Rows of earlier runs in this folder, by folder; none where there is no readable summary."""
    return read_table(output / "design_summary", DesignRow)


def write_rows(output: Path, rows: Iterable[DesignRow], earlier: dict[str, DesignRow]) -> None:
    """Write both files and the run's page: rows of earlier runs whose results are still there, then this run's."""
    write_table(output / "design_summary", DesignRow, rows, earlier)
    write_atomically(output / REPORT, design_run_report(output))
