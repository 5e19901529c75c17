"""A limit on wall time that holds: threads cannot be stopped, so work under a limit is done in a process of its own."""

import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from protfold.errors import ProtfoldError
from protfold.runs.processes import OwnProcess

P = ParamSpec("P")
R = TypeVar("R")


class TimeLimitError(ProtfoldError):
    """Work took longer than allowed."""


def within(seconds: float | None, function: Callable[P, R], /, *arguments: P.args, **settings: P.kwargs) -> R:
    """`function(*arguments, **settings)`; with a limit, in a new process that is killed when the time is over.

    The new process loads the parameters again, so a limit costs some seconds a task.

    Args:
        seconds: None for no limit and no process; infinity for a process without a limit.
        function: importable by name; its arguments and result can be pickled.

    Raises:
        TimeLimitError: the time was over.
        ProcessDiedError: the process was killed by the system, as it is when memory runs out.
    """
    if seconds is None:
        return function(*arguments, **settings)
    process = OwnProcess(function, *arguments, **settings)
    try:
        if not process.connection.poll(None if seconds == math.inf else seconds):
            raise TimeLimitError(f"stopped after the time limit of {seconds:g} s; give more with --time-limit")
        outcome = process.outcome()
    finally:
        process.end()
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
