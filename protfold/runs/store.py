"""When a target is complete: result files first, `DONE` last, each by atomic rename, so a run killed at any moment can go on.

`DONE` holds the content key of the request it answers and the names of the files it stands for. A target is skipped only if both
match.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from protfold.errors import InputError, ProtfoldError
from protfold.io import write_atomically

DONE = "DONE"
STAGES = ".stages"

# Every file a fold run may leave in a target's folder; anything else there is the user's and stays.
FOLD_FILES = (
    "ranked_*.pdb",
    "ranked_*.cif",
    "unrelaxed_*.pdb",
    "scores.json",
    "pae.json",
    "msa.a3m",
    "plddt.png",
    "pae.png",
    "msa_coverage.png",
    "contacts.png",
    "manifest.json",
    "report.html",
)


def content_key(*parts: object) -> str:
    """SHA-256 over plain values (strings, numbers, None, lists, mappings), the same in every process and on every machine."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_complete(folder: Path, key: str) -> bool:
    """Whether `folder` holds the whole answer to the request `key`."""
    try:
        done = json.loads((folder / DONE).read_text())
        return done["key"] == key and all((folder / name).is_file() for name in done["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def clear(folder: Path, files: Iterable[str] = FOLD_FILES) -> None:
    """Take away results of an earlier request: `DONE` first, then the files (patterns) it stood for. Finished stages stay."""
    (folder / DONE).unlink(missing_ok=True)
    for pattern in files:
        for path in folder.glob(pattern):
            path.unlink()


def complete(folder: Path, key: str, files: Iterable[str]) -> None:
    """Write `DONE`; the stage files are no longer needed and go."""
    write_atomically(folder / DONE, json.dumps({"key": key, "files": sorted(files)}, indent=1) + "\n")
    remove_stages(folder)


def save_files(
    folder: Path, files: Iterable[tuple[str, str | bytes]], *, earlier: Iterable[str] = FOLD_FILES, key: str | None = None
) -> Path:
    """Write all files of a result, each by atomic rename, `DONE` last.

    Args:
        folder: made when missing; files of an earlier result there are removed first.
        files: name and content of each, `manifest.json` among them; one is asked for when those before it are in the folder.
        earlier: patterns of what an earlier result may have left.
        key: content key of the request, for `DONE`; the digest of the manifest when left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder, earlier)
    names = []
    for name, content in files:
        write_atomically(folder / name, content)
        names.append(name)
    complete(folder, key or file_digest(folder / "manifest.json"), names)
    return folder


def remove_stages(folder: Path) -> None:
    """Remove what stages left for each other."""
    shutil.rmtree(folder / STAGES, ignore_errors=True)


def check_writable(output: Path) -> None:
    """Make the folder of a run where it is missing, and see that files can be written there.

    Raises:
        InputError: they cannot.
    """
    if output.exists() and not output.is_dir():
        raise InputError("the output is a file; give a folder", file=output)
    probe = output / ".protfold-probe"
    try:
        write_atomically(probe, "")
        probe.unlink()
    except (ProtfoldError, OSError) as error:
        reason = getattr(error.__cause__ or error, "strerror", None) or error
        raise InputError(f"the output folder cannot be written: {reason}", file=output) from error
