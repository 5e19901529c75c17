"""How many predictions share a device at a time, on one machine, whatever threads, processes or runs they belong to."""

import getpass
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

POLL_SECONDS = 0.2


@contextmanager
def device_slot(slots: int, folder: Path | None = None) -> Iterator[int]:
    """Holds one of the machine's slots, waiting for it if need be. The system frees the slots of a process that is killed.

    Args:
        slots: predictions at a time.
        folder: of the lock files; the user's own in the system's temporary folder by default.
    """
    folder = folder or Path(tempfile.gettempdir(), f"protfold-{getpass.getuser()}")
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        for slot in range(slots):
            try:
                with FileLock(folder / f"device-{slot}.lock", timeout=0):
                    yield slot
                    return
            except Timeout:
                continue
        time.sleep(POLL_SECONDS)
