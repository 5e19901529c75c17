"""How a training run is shown: a bar with loss and time left on a terminal, a line now and then elsewhere."""

import time
from contextlib import AbstractContextManager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from protfold.cli.console import logger
from protfold.cli.progress import shown_on_stderr
from protfold.train.metrics_log import Record, Watcher

SECONDS_BETWEEN_LINES = 30.0
MEASURES = (
    "lddt_ca", "tm_score", "contact_precision", "plddt_correlation",
    "recovery_native", "perplexity_native", "recovery_alone", "perplexity_alone",
    "distogram", "long_range_L5", "long_range_L2",
    "reconstruction", "explained", "bond_precision",
)  # fmt: skip
"""Of all networks; each shows those that it has."""


def training_progress(*, quiet: bool) -> AbstractContextManager[Watcher]:
    """The watcher that suits stderr, for the length of a run."""
    loss = TextColumn("loss {task.fields[loss]}")
    columns = TextColumn("step"), MofNCompleteColumn(), BarColumn(), loss, TimeRemainingColumn()
    return shown_on_stderr(*columns, quiet=quiet, silence=Watcher, bars=Bar, lines=LogLines)


class LogLines(Watcher):
    """A line for the beginning, for a step every half a minute and the last one, and for each validation."""

    def __init__(self) -> None:
        self.num_steps, self.last_line = 0, 0.0

    def begins(self, step: int, num_steps: int) -> None:
        """Tells whether the run is new, continued or complete."""
        self.num_steps = num_steps
        if step == num_steps:
            logger.info("all %d steps are done", num_steps)
        else:
            logger.info("%s at step %d of %d", "continuing" if step else "starting", step + 1, num_steps)

    def step(self, record: Record) -> None:
        """A line, if the last one is long ago."""
        now = time.monotonic()
        if now - self.last_line > SECONDS_BETWEEN_LINES or record["step"] == self.num_steps:
            self.last_line = now
            logger.info("step %d of %d: loss %s", record["step"], self.num_steps, shown(record["total"]))

    def validation(self, record: Record) -> None:
        """The measures that matter most."""
        told = [f"{name} {shown(record[name])}" for name in MEASURES if name in record]
        if told:
            logger.info("step %d: validation of %d chains: %s", record["step"], record["chains"], ", ".join(told))


class Bar(LogLines):
    """A bar for the run; validations are lines above it."""

    def __init__(self, bars: Progress) -> None:
        super().__init__()
        self.bars = bars
        self.task = bars.add_task("", total=None, loss="")

    def begins(self, step: int, num_steps: int) -> None:
        """Sets the bar to where the run is."""
        super().begins(step, num_steps)
        self.bars.reset(self.task, total=num_steps, completed=step, loss="")

    def step(self, record: Record) -> None:
        """Moves the bar."""
        self.bars.update(self.task, advance=1, loss=shown(record["total"]))


def shown(value: float | None) -> str:
    """Three digits after the point."""
    return "-" if value is None else f"{value:.3f}"
