"""Laws of the device's slots: never more holders than slots, and a killed holder frees its own."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from workflows.device_slots import device_slot

HOLDER = """
import sys, time
from pathlib import Path
from workflows.device_slots import device_slot
with device_slot(1, Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("slots", [1, 2])
def test_never_more_than_the_slots(tmp_path: Path, slots: int) -> None:
    """Five threads want in; as many as there are slots are in together at the most, and at some time."""
    inside, most, lock = [0], [0], threading.Lock()

    def work() -> None:
        with device_slot(slots, tmp_path):
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            time.sleep(0.3)
            with lock:
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == slots


def test_an_error_inside_frees_the_slot(tmp_path: Path) -> None:
    """And is not mistaken for a slot that is taken."""
    with pytest.raises(TimeoutError), device_slot(1, tmp_path):
        raise TimeoutError
    with device_slot(1, tmp_path) as slot:
        assert slot == 0


def test_a_killed_holder_frees_its_slot(tmp_path: Path) -> None:
    """Another process holds the only slot until it is killed."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        entered = threading.Event()

        def enter() -> None:
            with device_slot(1, tmp_path):
                entered.set()

        waiter = threading.Thread(target=enter)
        waiter.start()
        assert not entered.wait(0.6)
        holder.kill()
        assert entered.wait(30)
        waiter.join()
