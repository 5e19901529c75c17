"""A structure aligned to the query, offered to the network as a template."""

from dataclasses import dataclass

import numpy as np

from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Template:
    """One template already laid out over the query's residues.

    Attributes:
        name: for the manifest and the report, e.g. `1abc_A`.
        aatype: [N_res] codes of `constants.residues.MSA_ALPHABET`; gap (21) where the template has no residue.
        atom37_positions: [N_res, 37, 3] Å.
        atom37_mask: [N_res, 37] 1 where the atom is present.
        sum_probs: the search engine's score, 0 when unknown.
    """

    name: str
    aatype: Int[np.ndarray, " N_res"]
    atom37_positions: Float[np.ndarray, "N_res 37 3"]
    atom37_mask: Float[np.ndarray, "N_res 37"]
    sum_probs: float = 0.0
