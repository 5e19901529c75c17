"""How a folding run is shown: a bar on a terminal, a line for each target elsewhere."""

from contextlib import AbstractContextManager

from rich.progress import Progress

from protfold.cli.console import logger, shortened
from protfold.cli.progress import StepBar, shown_on_stderr
from protfold.runs.run_progress import RunProgress, Silence
from protfold.runs.summary import TargetRow
from protfold.runs.targets import Target


def fold_progress(*, quiet: bool) -> AbstractContextManager[RunProgress[Target, TargetRow]]:
    """The progress that suits stderr, for the length of a run."""
    return shown_on_stderr(*StepBar.columns(), quiet=quiet, silence=Silence, bars=Bars, lines=LogLines)


class LogLines:
    """One line when a target begins, one when it ends; steps only with `--verbose`."""

    def started(self, task: Target, index: int, total: int) -> None:
        logger.info("[%d/%d] %s: %d residues", index, total, shortened(task.id), task.length)

    def step(self, task: Target, step: str, done: int, total: int) -> None:
        if done == 0:
            logger.debug("%s: %s", shortened(task.id), step)

    def finished(self, row: TargetRow) -> None:
        if row.status != "failed":  # failures are told at the end, as errors
            logger.info("%s", outcome(row))


class Bars(LogLines):
    """A bar for the run and the current step of its target."""

    def __init__(self, bars: Progress) -> None:
        self.bar = StepBar(bars)

    def started(self, task: Target, index: int, total: int) -> None:
        self.bar.begin(task.id, index, total)

    def step(self, task: Target, step: str, done: int, total: int) -> None:
        self.bar.move(step, done, total)


def outcome(row: TargetRow) -> str:
    """A finished target in one line."""
    if row.status == "failed":
        return f"{shortened(row.target)}: failed"
    parts = [f"mean pLDDT {row.mean_plddt:.1f}", f"{row.msa_depth} aligned " + ("sequence" if row.msa_depth == 1 else "sequences")]
    if row.ptm is not None:
        parts.insert(1, f"pTM {row.ptm:.2f}")
    if row.status == "skipped":
        parts.append("complete already")
    elif row.predict_seconds is not None:
        parts.append(f"{row.predict_seconds:.1f} s")
    if row.relax_seconds is not None and row.status == "done":
        parts.append("not relaxed" if row.reason else f"relaxation {row.relax_seconds:.1f} s")
    return f"{shortened(row.target)}: {', '.join(parts)}"
