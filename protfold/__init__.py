"""protfold: protein structure prediction and sequence design in one place.

The names below are loaded when first used, so that `import protfold` stays quick.

- `fold(sequence, msa=None, weights="mini", ...) -> FoldResult`: predict a structure.
- `read_msa(path) -> Msa`, `read_structure(path) -> Protein`: files to arrays.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protfold.io import read_msa, read_structure
    from protfold.runs.fold import fold
    from protfold.runs.result import FoldResult

    __version__: str

__all__ = ["FoldResult", "__version__", "fold", "read_msa", "read_structure"]

_HOMES = {
    "FoldResult": "protfold.runs.result",
    "fold": "protfold.runs.fold",
    "read_msa": "protfold.io",
    "read_structure": "protfold.io",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("protfold")
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'protfold' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
