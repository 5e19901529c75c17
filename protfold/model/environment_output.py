"""`EnvironmentOutput`: what the designer says of residues from their environments."""

from dataclasses import dataclass

from torch import Tensor

from protfold.typing import Float

NUM_TYPES = 20
HIDDEN_TYPE = 21
"""The type of a residue whose type is not told."""
NUM_CHI = 4
NUM_CHI_BINS = 36


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EnvironmentOutput:
    """One row a residue.

    Attributes:
        type_logits: of the residue type, in the order `ARNDCQEGHILKMFPSTWYV`.
        accessibility: solvent accessible surface, z-score.
        secondary_structure_3: logits of helix, strand and coil.
        secondary_structure_8: logits of DSSP's classes.
        b_factor: z-score.
        chi_logits: of chi1-chi4 in 36 bins of 10 degrees from -180, of a side chain of the residue's own type, which nothing else sees;
            None from the published network.
        chi_angles: chi1 and chi2 of whatever type, radians, from the published network alone.
    """

    type_logits: Float[Tensor, "*rows 20"]
    accessibility: Float[Tensor, "*rows"]
    secondary_structure_3: Float[Tensor, "*rows 3"]
    secondary_structure_8: Float[Tensor, "*rows 8"]
    b_factor: Float[Tensor, "*rows"]
    chi_logits: Float[Tensor, "*rows 4 36"] | None = None
    chi_angles: Float[Tensor, "*rows 2"] | None = None
