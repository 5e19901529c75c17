"""Laws of `within`: a limit kills, a result and an error pass through, and without a limit there is no process."""

import math
import os
import signal
import time

import pytest

from protfold.errors import ProtfoldError
from workflows.time_limit import TimeLimitError, within

PLENTY = 120.0


def test_without_limit_in_this_process() -> None:
    """Nothing is started."""
    assert within(None, os.getpid) == os.getpid()


def test_with_limit_in_another_process() -> None:
    """Results and errors come back as they are."""
    assert within(PLENTY, os.getpid) != os.getpid()
    assert within(math.inf, os.getpid) != os.getpid()
    with pytest.raises(ValueError, match="invalid literal"):
        within(PLENTY, int, "no number")


def test_the_limit_holds() -> None:
    """Work that never ends is stopped."""
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match=r"time limit of 0\.5 s"):
        within(0.5, time.sleep, PLENTY)
    assert time.monotonic() - start < PLENTY / 2


def test_a_killed_process_is_told() -> None:
    """As when the system runs out of memory."""
    with pytest.raises(ProtfoldError, match=r"killed \(exit code -9\)"):
        within(PLENTY, signal.raise_signal, signal.SIGKILL)


def test_ctrl_c_is_not_heard() -> None:
    """It is for the flow; a relaxation that it ended would count as one that failed."""
    assert within(PLENTY, signal.raise_signal, signal.SIGINT) is None
