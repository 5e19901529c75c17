"""Independent pieces of work in processes of their own, some at a time; one that dies takes no other with it."""

import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

from protfold.errors import ProtfoldError

T = TypeVar("T")
R = TypeVar("R")


class ProcessDiedError(ProtfoldError):
    """A process ended without an answer."""


def in_processes(function: Callable[[T], R], items: Sequence[T], *, at_once: int) -> Iterator[tuple[int, R | Exception]]:
    """Place of each item and what `function` made of it, or the error it ended with, as they come.

    Processes still at work are killed when the iteration is left, also by Ctrl-C, which they themselves do not hear.

    Args:
        function: importable by name; items and results can be pickled.
        items: one process each.
        at_once: processes at a time.
    """
    waiting = list(enumerate(items))[::-1]
    running: dict[Connection, tuple[int, SpawnProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index, item = waiting.pop()
                receiver, process = _start(function, item)
                running[receiver] = index, process
            ready = wait(list(running))
            for receiver in [receiver for receiver in running if receiver in ready]:
                index, process = running[receiver]
                outcome = _received(receiver, process)
                del running[receiver]
                yield index, outcome
    finally:
        for receiver, (_, process) in running.items():
            process.kill()
            process.join()
            receiver.close()


def _start(function: Callable[[Any], Any], item: Any) -> tuple[Connection, SpawnProcess]:
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, function, item), daemon=True)
    process.start()
    sender.close()
    return receiver, process


def _received(receiver: Connection, process: SpawnProcess) -> Any:
    try:
        return receiver.recv()
    except EOFError:
        process.join()
        return ProcessDiedError(f"its process was killed (exit code {process.exitcode}); memory may have run out")
    finally:
        process.join()
        receiver.close()


def _work(sender: Connection, function: Callable[[Any], Any], item: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        outcome = function(item)
    except Exception as error:
        outcome = error
    sender.send(outcome)
