"""Relaxation of structures with OpenMM and PDBFixer, by AlphaFold's protocol. kcal/mol, Å.

The package can be called: `protfold.relax(protein)` is `protfold.relax.relax(protein)`.
"""

from protfold.callable_package import make_callable
from protfold.relax.config import RelaxConfig
from protfold.relax.protocol import relax
from protfold.relax.result import RelaxResult, RelaxRound

__all__ = ["RelaxConfig", "RelaxResult", "RelaxRound", "relax"]

make_callable(__name__)
