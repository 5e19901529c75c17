"""protfold: protein structure prediction and sequence design in one place.

The names below are loaded when first used, so that `import protfold` stays quick.

- `compare(model, reference) -> Comparison`: how near a structure comes to another.
- `design(backbone, fix="A1-10", ...) -> DesignResult`: sequences for a backbone; a package too.
- `fold(sequence, msa=None, weights="mini", ...) -> FoldResult`: predict a structure.
- `relax(protein, RelaxConfig()) -> RelaxResult`: take clashes and strain out of a structure; a package too.
- `read_msa(path) -> Msa`, `read_structure(path) -> Protein`: files to arrays.
- `view(protein, ...) -> StructureFrame`: structures in 3-D in a notebook.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protfold.io import read_msa, read_structure
    from protfold.metrics.comparison import Comparison
    from protfold.relax import RelaxConfig, RelaxResult, relax
    from protfold.report.viewing import view
    from protfold.runs.compare import compare
    from protfold.runs.design.result import DesignResult
    from protfold.runs.design.run import design
    from protfold.runs.fold import fold
    from protfold.runs.result import FoldResult

    __version__: str

__all__ = [
    "Comparison",
    "DesignResult",
    "FoldResult",
    "RelaxConfig",
    "RelaxResult",
    "__version__",
    "compare",
    "design",
    "fold",
    "read_msa",
    "read_structure",
    "relax",
    "view",
]

_HOMES = {
    "Comparison": "protfold.metrics.comparison",
    "DesignResult": "protfold.runs.design.result",
    "FoldResult": "protfold.runs.result",
    "RelaxConfig": "protfold.relax",
    "RelaxResult": "protfold.relax",
    "compare": "protfold.runs.compare",
    "fold": "protfold.runs.fold",
    "read_msa": "protfold.io",
    "read_structure": "protfold.io",
    "view": "protfold.report.viewing",
}
_CALLABLE_PACKAGES = ("design", "relax")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("protfold")
    from importlib import import_module

    if name in _CALLABLE_PACKAGES:
        return import_module(f"protfold.{name}")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'protfold' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
