"""How a run is shown: a bar on a terminal, a line for each target elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from protfold.cli.console import logger, messages, printable, shortened
from protfold.runs.fold import RunProgress, Silence
from protfold.runs.summary import TargetRow
from protfold.runs.targets import Target


@contextmanager
def run_progress(*, quiet: bool) -> Iterator[RunProgress]:
    """The progress that suits stderr, for the length of a run."""
    if quiet:
        yield Silence()
    elif messages.is_terminal:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[step]}"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=messages, transient=True) as bars:
            yield Bars(bars)
    else:
        yield LogLines()


class LogLines:
    """One line when a target begins, one when it ends; steps only with `--verbose`."""

    def target_started(self, target: Target, index: int, total: int) -> None:
        logger.info("[%d/%d] %s: %d residues", index, total, shortened(target.id), target.length)

    def step(self, target: Target, step: str, done: int, total: int) -> None:
        if done == 0:
            logger.debug("%s: %s", shortened(target.id), step)

    def target_finished(self, row: TargetRow) -> None:
        if row.status != "failed":  # failures are told at the end, as errors
            logger.info("%s", outcome(row))


class Bars(LogLines):
    """A bar for the run and the current step of its target."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.task = bars.add_task("", total=1, step="")

    def target_started(self, target: Target, index: int, total: int) -> None:
        self.bars.reset(self.task, description=f"[{index}/{total}] {printable(shortened(target.id))}", total=1, step="")

    def step(self, target: Target, step: str, done: int, total: int) -> None:
        self.bars.update(self.task, completed=done, total=total, step=step)


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
