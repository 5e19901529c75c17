"""How a run is shown on stderr: bars on a terminal, lines elsewhere, nothing if quiet."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from protfold.cli.console import messages, printable, shortened

Shown = TypeVar("Shown")


@contextmanager
def shown_on_stderr(
    *columns: ProgressColumn,
    quiet: bool,
    silence: Callable[[], Shown],
    bars: Callable[[Progress], Shown],
    lines: Callable[[], Shown],
) -> Iterator[Shown]:
    """Whichever of three suits stderr, for the length of a run.

    Args:
        *columns: of the bars.
        quiet: whether nothing is to be shown.
        silence, bars, lines: make what is told of the run.
    """
    if quiet:
        yield silence()
    elif messages.is_terminal:
        with Progress(*columns, console=messages, transient=True) as found:
            yield bars(found)
    else:
        yield lines()


class StepBar:
    """One bar: for the current step of the current of many tasks."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.task = bars.add_task("", total=1, step="")

    @staticmethod
    def columns() -> tuple[ProgressColumn, ...]:
        """What the bar is made of."""
        name, step = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[step]}")
        return name, BarColumn(), step, TimeElapsedColumn()

    def begin(self, name: str, index: int, total: int) -> None:
        """Task number `index` of `total` begins."""
        self.bars.reset(self.task, description=f"[{index}/{total}] {printable(shortened(name))}", total=1, step="")

    def move(self, step: str, done: int, total: int) -> None:
        """A part of its work is done."""
        self.bars.update(self.task, completed=done, total=total, step=step)
