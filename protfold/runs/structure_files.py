"""The structure files that a user names, one by one or by their folder."""

from pathlib import Path

from protfold.errors import InputError
from protfold.io.file_names import STRUCTURE_SUFFIXES, suffix


def structure_files(path: Path) -> list[Path]:
    """The file itself, or those in a folder, by name.

    Raises:
        InputError: there is no such file or folder, or no structure file in it.
    """
    if not path.exists():
        raise InputError("there is no such file or folder", file=path)
    if not path.is_dir():
        return [path]
    inside = [file for file in sorted(path.iterdir()) if suffix(file) in STRUCTURE_SUFFIXES]
    if not inside:
        raise InputError(f"the folder holds no file ending in {', '.join(STRUCTURE_SUFFIXES)}", file=path)
    return inside
