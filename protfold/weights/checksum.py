"""SHA-256 of parameter files, kept beside them in the form of `sha256sum`."""

import hashlib
from pathlib import Path

from protfold.errors import WeightsError
from protfold.io.atomic import write_atomically


def file_sha256(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error


def checksum_file(path: Path) -> Path:
    """Where the checksum of a file is kept: `<file>.sha256` beside it."""
    return path.with_name(f"{path.name}.sha256")


def recorded_sha256(path: Path) -> str | None:
    """The checksum kept beside a file, if any."""
    try:
        return checksum_file(path).read_text().split()[0].lower()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise WeightsError(f"{checksum_file(path)}: not a checksum; remove it and run `protfold weights verify`") from error


def record_sha256(path: Path, checksum: str) -> None:
    """Keeps a checksum beside the file; `sha256sum --check` understands it."""
    write_atomically(checksum_file(path), f"{checksum}  {path.name}\n")


def verified_sha256(path: Path) -> str:
    """The file's SHA-256.

    Raises:
        WeightsError: another one was recorded.
    """
    checksum, recorded = file_sha256(path), recorded_sha256(path)
    if recorded is not None and recorded != checksum:
        raise WeightsError(
            f"{path}: not the file that was installed; import or download it again\n"
            f"its sha256 is {checksum}, recorded was {recorded}"
        )
    return checksum
