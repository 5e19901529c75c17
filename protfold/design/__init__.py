"""Sequences for backbones: which residues may become what, and self-consistent sampling. NumPy outside, PyTorch inside.

The package can be called: `protfold.design("1ubq.pdb")` is `protfold.runs.design.run.design("1ubq.pdb")`.
"""

from protfold.callable_package import make_callable
from protfold.design.annealing import Annealing
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.constraints import Constraints
from protfold.design.designer import Design, Designer, EncodedBackbone, SamplerOptions
from protfold.design.resolve import resolve_constraints
from protfold.design.scored_sequence import ScoredSequence
from protfold.design.states import JoinedStates, join_states

__all__ = [
    "Annealing",
    "ConstraintOptions",
    "Constraints",
    "Design",
    "Designer",
    "EncodedBackbone",
    "JoinedStates",
    "SamplerOptions",
    "ScoredSequence",
    "join_states",
    "resolve_constraints",
]

make_callable(__name__, "protfold.runs.design.run")
