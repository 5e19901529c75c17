"""Every item gets its answer or its error, whatever happens to the process of another."""

import multiprocessing
import os
import signal
import time

import pytest

from protfold.errors import ProtfoldError
from protfold.runs.processes import ProcessDiedError, in_processes


def work(item: str) -> str:
    """Answer, fail, die, or never end."""
    if item == "fails":
        raise ProtfoldError("foreseen")
    if item == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "hears Ctrl-C":
        os.kill(os.getpid(), signal.SIGINT)
    if item == "never ends":
        time.sleep(600)
    return f"{item} {os.getpid()}"


def test_one_that_dies_takes_no_other_with_it() -> None:
    """Four answers of four processes, none of them this one."""
    outcomes = dict(in_processes(work, ["fails", "dies", "hears Ctrl-C", "works"], at_once=2))
    assert str(outcomes[0]) == "foreseen"
    assert isinstance(outcomes[1], ProcessDiedError)
    assert "exit code -9" in str(outcomes[1])
    for index in (2, 3):
        assert int(str(outcomes[index]).split()[-1]) != os.getpid()


def test_what_is_at_work_is_killed_when_nobody_waits() -> None:
    """As on Ctrl-C."""
    start = time.monotonic()
    outcomes = in_processes(work, ["works", "never ends"], at_once=2)
    assert next(outcomes)[0] == 0
    assert len(multiprocessing.active_children()) == 1
    outcomes.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("items", [[], ["works"]])
def test_few(items: list[str]) -> None:
    assert len(list(in_processes(work, items, at_once=4))) == len(items)
