"""`FoldTarget`: the true structure as the losses read it."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from torch import Tensor

from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoldTarget:
    """An observed structure over the residues of the prediction.

    Attributes:
        aatype: residue codes 0-20.
        residue_index: residue numbers; a step other than one marks a chain break.
        seq_mask: 1 for a real residue, 0 for padding.
        atom37_positions: Å.
        atom37_mask: 1 where the atom was observed.
        resolution: Å; 0 where unknown.
        clamp_fape: 1 for an example whose backbone errors are clamped, 0 for one whose are not.
    """

    aatype: Int[Tensor, "*batch N_res"]
    residue_index: Int[Tensor, "*batch N_res"]
    seq_mask: Float[Tensor, "*batch N_res"]
    atom37_positions: Float[Tensor, "*batch N_res 37 3"]
    atom37_mask: Float[Tensor, "*batch N_res 37"]
    resolution: Float[Tensor, "*batch"]
    clamp_fape: Float[Tensor, "*batch"]

    def map(self, function: Callable[[Tensor], Tensor]) -> "FoldTarget":
        """A copy with `function` applied to every tensor."""
        return FoldTarget(**{field.name: function(getattr(self, field.name)) for field in fields(self)})
