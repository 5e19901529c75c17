"""Files that appear whole or not at all."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from protfold.errors import ProtfoldError

_PREFIX, _SUFFIX = ".protfold-", ".tmp"


@contextmanager
def open_atomically(path: str | Path) -> Iterator[BinaryIO]:
    """A file to write within the context: under a temporary name beside `path`, flushed to the disk and renamed at the end.

    Missing folders are made. A reader sees the old file or the new one, never a part of it, whenever the process is stopped; what a
    stopped process leaves behind is a temporary that `sweep_stale_temporaries` knows.

    Raises:
        ProtfoldError: the file cannot be written; nothing is left behind and an older file of that name is untouched.
    """
    path = Path(path)
    temporary = path.parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ProtfoldError(f"{path}: cannot be written: {error.strerror or error}") from error


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write a whole file by `open_atomically`. Text is written as UTF-8 with the line ends it has."""
    with open_atomically(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def sweep_stale_temporaries(folder: str | Path, *, older_than: float = 600.0) -> list[Path]:
    """Remove what stopped processes left in a folder (not below it), and return the paths removed.

    Args:
        folder: where files were written; it may be missing.
        older_than: age in seconds; a younger temporary may be another process at work. Give 0 when nobody else writes there.
    """
    now = time.time()
    removed = []
    for temporary in sorted(Path(folder).glob(f"{_PREFIX}*{_SUFFIX}")):
        try:
            if now - temporary.stat().st_mtime >= older_than:
                temporary.unlink()
                removed.append(temporary)
        except FileNotFoundError:  # its writer finished meanwhile
            continue
    return removed
