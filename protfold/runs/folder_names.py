"""Folder names for target ids: safe on every file system, never outside the output folder, never shared."""

import hashlib
import re
from collections.abc import Sequence

MAX_SLUG = 40

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# Names a device owns on Windows, and names the run itself writes beside the target folders.
_RESERVED = {
    "con",
    "prn",
    "aux",
    "nul",
    "summary",
    "relax_summary",
    "design_summary",
    "report",
    *(f"{port}{i}" for port in ("com", "lpt") for i in range(10)),
}


def folder_names(ids: Sequence[str], contents: Sequence[str]) -> list[str]:
    """One folder name for each id, in order; all differ even where upper and lower case do not count.

    An id that is a safe name already is its own folder. Any other id, and any id whose name is taken, becomes its first 40 safe
    characters and a digest of the id and its content, so the same request gives the same folders again.

    Args:
        ids: as the user gave them.
        contents: what tells two records of one id apart, e.g. their sequences.
    """
    taken: set[str] = set()
    names = []
    for id, content in zip(ids, contents, strict=True):
        slug = _slug(id)
        name = slug
        repeat = 0
        while name.casefold() in taken or (name == slug and slug != id):
            name = f"{slug}-{_digest(id, content, repeat)}"
            repeat += 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _slug(id: str) -> str:
    slug = _UNSAFE.sub("_", id)[:MAX_SLUG].lstrip("._-").rstrip(".")
    return f"target_{slug}" if not slug or slug.split(".")[0].casefold() in _RESERVED else slug


def _digest(id: str, content: str, repeat: int) -> str:
    return hashlib.sha256(f"{id}\0{content}\0{repeat}".encode("utf-8", "surrogatepass")).hexdigest()[:8]
