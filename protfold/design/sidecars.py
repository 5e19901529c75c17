"""What a backbone generator writes beside a backbone about the residues it kept: `.trb` of RFdiffusion, JSON of its or RFdiffusion3's keys.

==========================================================  ============================================================================
`con_hal_pdb_idx`, `con_ref_pdb_idx`                        the motif: chain and number of its residues in the backbone, and where they
                                                            were; for complexes the same with `complex_` before it, which then counts
`con_hal_idx0`                                              the same places in the backbone, counted from 0; must agree with them
`inpaint_seq`                                               for every residue of the backbone whether its type was kept; then it decides
`diffused_index_map`                                        RFdiffusion3: from where each motif residue was to where it is, `{"A17": "A1"}`
==========================================================  ============================================================================

Other keys are not looked at.
"""

from collections.abc import Mapping

import numpy as np

from protfold.design.constraint_options import ConstraintOptions
from protfold.design.residue_selection import format_rows, residue_names, select_residues
from protfold.entities import Protein
from protfold.errors import InputError

SIDECAR_KEYS = ("con_hal_pdb_idx", "complex_con_hal_pdb_idx", "inpaint_seq", "diffused_index_map")


def read_sidecar(data: object, protein: Protein) -> ConstraintOptions:
    """The motif fixed, or rather those of its residues whose types were kept.

    Args:
        data: numbers, text, lists and dicts.
        protein: the backbone it belongs to.

    Raises:
        InputError: it has none of the keys, they do not fit each other, or it belongs to another backbone.
    """
    if not isinstance(data, Mapping) or not any(key in data for key in SIDECAR_KEYS):
        raise InputError(f"is no sidecar of a backbone: it has none of {', '.join(SIDECAR_KEYS)}")
    if "diffused_index_map" in data:
        places = data["diffused_index_map"]
        if not isinstance(places, Mapping) or not all(isinstance(place, str) for place in places.values()):
            raise InputError("diffused_index_map is no table of residues, such as A17 to A1")
        return _fixed(np.array([_row(place, protein) for place in places.values()], dtype=np.int64), protein)
    prefix = "complex_" if "complex_con_hal_pdb_idx" in data else ""
    motif = _motif(data, prefix, protein)
    if "inpaint_seq" not in data:
        return _fixed(motif, protein)
    kept = data["inpaint_seq"]
    if not isinstance(kept, list) or not all(isinstance(one, bool) for one in kept):
        raise InputError("inpaint_seq is no list of true and false")
    if len(kept) != len(protein):
        raise InputError(f"inpaint_seq is of {len(kept)} residues, the backbone has {len(protein)}; is it of another backbone?")
    return _fixed(np.flatnonzero(kept), protein)


def _motif(data: Mapping[str, object], prefix: str, protein: Protein) -> np.ndarray:
    """Rows of the motif."""
    places, origins = data.get(f"{prefix}con_hal_pdb_idx", []), data.get(f"{prefix}con_ref_pdb_idx")
    if not isinstance(places, list) or not all(
        isinstance(place, list | tuple) and len(place) == 2 and isinstance(place[0], str) and isinstance(place[1], int)
        for place in places
    ):
        raise InputError(f"{prefix}con_hal_pdb_idx is no list of chains and numbers, such as [['A', 5]]")
    if isinstance(origins, list) and len(origins) != len(places):
        raise InputError(f"{prefix}con_hal_pdb_idx has {len(places)} residues, {prefix}con_ref_pdb_idx has {len(origins)}")
    rows = np.array([_row(f"{chain}:{number}", protein) for chain, number in places], dtype=np.int64)
    counted = data.get(f"{prefix}con_hal_idx0")
    if isinstance(counted, list) and places and counted != rows.tolist():
        names = residue_names(protein)
        differ = next((row for row, other in zip(rows.tolist(), counted, strict=False) if row != other), int(rows[-1]))
        raise InputError(
            f"{prefix}con_hal_idx0 does not fit {prefix}con_hal_pdb_idx: {names[differ]} is residue {differ} of the backbone, from 0;"
            " is it of another backbone, or are residues missing?"
        )
    return rows


def _row(text: str, protein: Protein) -> int:
    rows = select_residues(text, protein).rows
    if len(rows) != 1:
        raise InputError(f"{text!r} is not one residue")
    return int(rows[0])


def _fixed(rows: np.ndarray, protein: Protein) -> ConstraintOptions:
    return ConstraintOptions(fix=format_rows(rows, protein))
