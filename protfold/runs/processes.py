"""Independent pieces of work in processes of their own, some at a time; one that dies takes no other with it."""

import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, ParamSpec, TypeVar

from protfold.errors import ProtfoldError

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class ProcessDiedError(ProtfoldError):
    """A process ended without an answer."""


class OwnProcess(Generic[P, R]):
    """`function(*arguments, **settings)` at work in a new process, which does not hear Ctrl-C; whoever starts it must `end` it.

    Args:
        function: importable by name; its arguments and its result can be pickled.

    Attributes:
        connection: has something to receive, or is closed, once there is an outcome.
    """

    def __init__(self, function: Callable[P, R], /, *arguments: P.args, **settings: P.kwargs) -> None:
        context = get_context("spawn")
        self.connection, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(sender, function, arguments, settings), daemon=True)
        self._process.start()
        sender.close()

    def outcome(self) -> R | Exception:
        """Wait for what the function returned, or for the error it ended with; a `ProcessDiedError` if the process was killed."""
        try:
            received: R | Exception = self.connection.recv()
            return received
        except EOFError:
            self._process.join()
            return ProcessDiedError(f"its process was killed (exit code {self._process.exitcode}); memory may have run out")

    def end(self) -> None:
        """Kill it if it is at work still."""
        self._process.kill()
        self._process.join()
        self.connection.close()


def in_processes(function: Callable[[T], R], items: Sequence[T], *, at_once: int) -> Iterator[tuple[int, R | Exception]]:
    """Place of each item and what `function` made of it, or the error it ended with, as they come.

    Processes still at work are killed when the iteration is left, also by Ctrl-C.

    Args:
        function: importable by name; items and results can be pickled.
        items: one process each.
        at_once: processes at a time.
    """
    waiting = list(enumerate(items))[::-1]
    running: dict[Connection, tuple[int, OwnProcess[[T], R]]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index, item = waiting.pop()
                process = OwnProcess(function, item)
                running[process.connection] = index, process
            ready = wait(list(running))
            for connection in [connection for connection in running if connection in ready]:
                index, process = running.pop(connection)
                outcome = process.outcome()
                process.end()
                yield index, outcome
    finally:
        for _, process in running.values():
            process.end()


def _work(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...], settings: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outcome = function(*arguments, **settings)
    except Exception as error:
        outcome = error
    sender.send(outcome)
