"""A limit on wall time that holds: threads cannot be stopped, so work under a limit is done in a process of its own."""

import math
import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from protfold.errors import ProtfoldError

P = ParamSpec("P")
R = TypeVar("R")


class TimeLimitError(ProtfoldError):
    """Work took longer than allowed, or its process died."""


def within(seconds: float | None, function: Callable[P, R], /, *arguments: P.args, **settings: P.kwargs) -> R:
    """`function(*arguments, **settings)`; with a limit, in a new process that is killed when the time is over.

    The new process loads the parameters again, so a limit costs some seconds a task.

    Args:
        seconds: None for no limit and no process; infinity for a process without a limit.
        function: importable by name; its arguments and result can be pickled.

    Raises:
        TimeLimitError: the time was over, or the process was killed by the system, as it is when memory runs out.
    """
    if seconds is None:
        return function(*arguments, **settings)
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, function, arguments, settings), daemon=True)
    process.start()
    sender.close()
    try:
        if not receiver.poll(None if seconds == math.inf else seconds):
            raise TimeLimitError(f"stopped after the time limit of {seconds:g} s; give more with --time-limit")
        succeeded, outcome = receiver.recv()
    except EOFError:
        process.join()
        raise TimeLimitError(f"its process was killed (exit code {process.exitcode}); memory may have run out") from None
    finally:
        process.kill()
        process.join()
        receiver.close()
    if not succeeded:
        raise outcome
    result: R = outcome
    return result


def _work(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...], settings: dict[str, Any]) -> None:
    try:
        outcome = True, function(*arguments, **settings)
    except Exception as error:
        outcome = False, error
    sender.send(outcome)
