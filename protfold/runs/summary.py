"""One row a target: `summary.csv` and `summary.json`, written anew after each target so that a killed run has them too."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from protfold.runs.stages import StageResult
from protfold.runs.tables import read_table, write_table
from protfold.runs.targets import RejectedTarget, Target

Status = Literal["done", "skipped", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TargetRow:
    """What happened to one target.

    Attributes:
        target: its id.
        folder: below the output folder.
        status: `done` now, `skipped` because it was complete already, or `failed`.
        length: residues of all chains.
        msa_depth: rows of the alignment, the query included.
        mean_plddt, ptm: of the best prediction.
        align_seconds, predict_seconds, relax_seconds, save_seconds: wall time of each stage, of the run that did it.
        peak_memory_mib: the most any stage held; of the graphics card where the network ran on one.
        reason: why it failed, or, of a target with a result, why a model of it is not relaxed though that was asked for.
    """

    target: str
    folder: str
    status: Status
    length: int | None = None
    msa_depth: int | None = None
    mean_plddt: float | None = None
    ptm: float | None = None
    align_seconds: float | None = None
    predict_seconds: float | None = None
    relax_seconds: float | None = None
    save_seconds: float | None = None
    peak_memory_mib: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunSummary:
    """The rows of one run, in the order of the input.

    Attributes:
        rows: one for each target.
        output: the run's folder.
    """

    rows: tuple[TargetRow, ...]
    output: Path

    @property
    def failed(self) -> tuple[TargetRow, ...]:
        """The targets without a result."""
        return tuple(row for row in self.rows if row.status == "failed")

    @property
    def unrelaxed(self) -> tuple[TargetRow, ...]:
        """The targets with a result of which a model could not be relaxed."""
        return tuple(row for row in self.rows if row.status != "failed" and row.reason)


def done_row(
    target: Target,
    output: Path,
    aligned: StageResult,
    predicted: Sequence[StageResult],
    relaxed: Sequence[StageResult],
    saved: StageResult,
) -> TargetRow:
    """The row of a target that was folded now; a stage found finished has no time."""
    stages = (aligned, *predicted, *relaxed, saved)
    peaks = [stage.peak_memory_mib for stage in stages if stage.peak_memory_mib is not None]
    return replace(
        _stored_row(target, output, "done"),
        align_seconds=_rounded(aligned.seconds),
        predict_seconds=_total_seconds(predicted),
        relax_seconds=_total_seconds(relaxed),
        save_seconds=_rounded(saved.seconds),
        peak_memory_mib=max(peaks),
    )


def skipped_row(target: Target, output: Path, earlier: TargetRow | None) -> TargetRow:
    """The row of a target that was complete; times and memory are those of the run that folded it, where known."""
    row = _stored_row(target, output, "skipped")
    if earlier is None or earlier.status == "failed":
        return row
    stored = ("target", "status", "length", "msa_depth", "mean_plddt", "ptm", "reason")
    return replace(earlier, **{field: getattr(row, field) for field in stored})


def failed_row(target: Target | RejectedTarget, reason: str) -> TargetRow:
    """The row of a target without a result."""
    return TargetRow(target=target.id, folder=target.folder, status="failed", length=target.length, reason=reason)


def _stored_row(target: Target, output: Path, status: Status) -> TargetRow:
    scores = json.loads((output / target.folder / "scores.json").read_text())
    manifest = json.loads((output / target.folder / "manifest.json").read_text())
    return TargetRow(
        target=target.id,
        folder=target.folder,
        status=status,
        length=target.length,
        msa_depth=manifest["msa"]["depth"],
        mean_plddt=scores["mean_plddt"],
        ptm=scores.get("ptm"),
        reason="; ".join(
            f"ranked_{line['rank']} is not relaxed: {line['relaxation']['reason']}"
            for line in scores["ranking"]
            if line["relaxation"] is not None and line["relaxation"]["status"] == "failed"
        ),
    )


def _total_seconds(stages: Sequence[StageResult]) -> float | None:
    seconds = [stage.seconds for stage in stages if stage.seconds is not None]
    return _rounded(sum(seconds)) if seconds else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def read_rows(output: Path) -> dict[str, TargetRow]:
    """Rows of earlier runs in this folder, by folder; none where there is no readable summary."""
    return read_table(output / "summary", TargetRow)


def write_rows(output: Path, rows: Iterable[TargetRow], earlier: dict[str, TargetRow]) -> None:
    """Write both files: rows of earlier runs whose results are still there, then this run's."""
    write_table(output / "summary", TargetRow, rows, earlier)
