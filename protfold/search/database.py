"""A FASTA file as a search database, known by its content."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from protfold.errors import ProtfoldError, SearchError
from protfold.io import write_atomically
from protfold.search.cache_folder import cache_folder


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceDatabase:
    """A sequence file and what it holds.

    Attributes:
        path: FASTA, plain or gzip-compressed.
        sha256: digest of the file's bytes.
    """

    path: Path
    sha256: str


def open_database(path: str | Path) -> SequenceDatabase:
    """Identify a database file; its digest is computed once for each (path, size, modification time) and kept in the cache folder.

    Raises:
        SearchError: the file is missing, empty or cannot be read.
    """
    path = Path(path)
    try:
        status = path.stat()
        if not path.is_file():
            raise SearchError(f"{path}: the database is no file; give a FASTA file, plain or .gz")
        if status.st_size == 0:
            raise SearchError(f"{path}: the database is empty")
        stamp = f"{path.resolve()}\0{status.st_size}\0{status.st_mtime_ns}"
        remembered = cache_folder() / "databases" / f"{hashlib.sha256(stamp.encode()).hexdigest()}.json"
        sha256 = _read_digest(remembered)
        if sha256 is None:
            sha256 = _digest(path)
            with suppress(ProtfoldError):  # a cache that cannot be written costs time, not results
                write_atomically(remembered, json.dumps({"path": str(path.resolve()), "sha256": sha256}) + "\n")
    except OSError as error:
        raise SearchError(f"{path}: cannot read the database: {error.strerror or error}") from error
    return SequenceDatabase(path=path, sha256=sha256)


def _read_digest(path: Path) -> str | None:
    try:
        return str(json.loads(path.read_text())["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
