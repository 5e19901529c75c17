"""Names of files, packed with gzip or not."""

from pathlib import Path

STRUCTURE_SUFFIXES = (".pdb", ".ent", ".cif", ".mmcif")


def stem(path: Path) -> str:
    """A file's name without `.gz` and its own suffix."""
    return Path(_unpacked(path)).stem


def suffix(path: Path) -> str:
    """A file's own suffix in small letters, that before `.gz` of a packed one."""
    return Path(_unpacked(path)).suffix.lower()


def _unpacked(path: Path) -> str:
    return path.name[:-3] if path.name.lower().endswith(".gz") else path.name
