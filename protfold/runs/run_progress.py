"""Who hears how a run of many tasks goes."""

from typing import Any, Protocol, TypeVar, runtime_checkable

Task = TypeVar("Task", contravariant=True)
Row = TypeVar("Row", contravariant=True)


@runtime_checkable
class RunProgress(Protocol[Task, Row]):
    """Told of each task of a run, a target or a backbone; every method may do nothing."""

    def started(self, task: Task, index: int, total: int) -> None:
        """Task number `index` (from 1) of `total` begins."""

    def step(self, task: Task, step: str, done: int, total: int) -> None:
        """A part of the task's work, `done` of `total`."""

    def finished(self, row: Row) -> None:
        """The task's row is final."""


class Silence:
    """Progress for nobody."""

    def started(self, task: Any, index: int, total: int) -> None: ...

    def step(self, task: Any, step: str, done: int, total: int) -> None: ...

    def finished(self, row: Any) -> None: ...
