"""How a design run is shown: a bar on a terminal, a line for each backbone elsewhere."""

from contextlib import AbstractContextManager
from pathlib import Path

from rich.progress import Progress

from protfold.cli.console import logger, shortened
from protfold.cli.progress import StepBar, shown_on_stderr
from protfold.runs.design.summary import DesignRow
from protfold.runs.design.tasks import DesignTask
from protfold.runs.run_progress import RunProgress, Silence


def design_progress(*, quiet: bool) -> AbstractContextManager[RunProgress[DesignTask, DesignRow]]:
    """The progress that suits stderr, for the length of a run."""
    return shown_on_stderr(*StepBar.columns(), quiet=quiet, silence=Silence, bars=Bars, lines=LogLines)


class LogLines:
    """One line when a backbone begins, one when it ends; each sequence only with `--verbose`."""

    def started(self, task: DesignTask, index: int, total: int) -> None:
        if not task.problem:
            logger.info("[%d/%d] %s", index, total, shortened(Path(task.folder).name))

    def step(self, task: DesignTask, step: str, done: int, total: int) -> None:
        logger.debug("%s: %s, %d of %d done", shortened(task.name), step, done, total)

    def finished(self, row: DesignRow) -> None:
        if row.status != "failed":  # failures are told at the end, as errors
            logger.info("%s", outcome(row))


class Bars(LogLines):
    """A bar for the current step of a backbone."""

    def __init__(self, bars: Progress) -> None:
        self.bar = StepBar(bars)

    def started(self, task: DesignTask, index: int, total: int) -> None:
        self.bar.begin(Path(task.folder).name, index, total)

    def step(self, task: DesignTask, step: str, done: int, total: int) -> None:
        self.bar.move(step, done, total)


def outcome(row: DesignRow) -> str:
    """A finished backbone in one line."""
    parts = [
        f"{row.num_distinct} designs of {row.num_designed} residues",
        f"score {_shown(row.best_score)} (native {_shown(row.native_score)})",
        f"recovery {_shown(row.mean_recovery)}",
        f"diversity {_shown(row.diversity)} at T = {row.temperature:g}",
    ]
    if row.best_sc_tm is not None:
        parts.append(f"scTM up to {row.best_sc_tm:.2f}")
    if row.status == "skipped":
        parts.append("complete already")
    elif row.seconds is not None:
        parts.append(f"{row.seconds:.1f} s")
    return f"{shortened(row.folder)}: {', '.join(parts)}"


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
