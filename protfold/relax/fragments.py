"""Which residues the force field is to see, and as which unbroken stretches of chain. Å."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_NAMES, UNKNOWN
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.metrics.violations import peptide_bonds
from protfold.typing import Bool, Int

LONGEST_BOND = 10.0
"""Å; C and N farther apart are no bond that relaxation could close, whatever the residues' numbers say."""
N, CA, C = (ATOM37_INDEX[name] for name in ("N", "CA", "C"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Fragments:
    """A protein's residues, sorted out.

    Attributes:
        rows: residues of each stretch, each bonded to the next; two or more.
        left_out: a line for each residue that has atoms but is in no stretch, saying why; its atoms are not moved.
        breaks: a line for each pair of residues whose numbers follow each other but whose ends are too far apart for a bond.
    """

    rows: tuple[Int[np.ndarray, " _"], ...]
    left_out: tuple[str, ...]
    breaks: tuple[str, ...]


def find_fragments(protein: Protein) -> Fragments:
    """Stretches of residues that have N, CA and C and are bonded one to the next.

    A gap in the numbering ends a stretch, unless C and N are at the distance of a bond. No missing residue is built. Force fields know
    no free amino acid, so a residue that is bonded to none is left out, as is one without its backbone.

    Raises:
        InputError: there is no stretch at all.
    """
    has_backbone = np.all(protein.atom37_mask[:, [N, CA, C]] > 0, axis=1)
    bonded = peptide_bonds(protein) & has_backbone[1:] & has_backbone[:-1]
    apart = bonded & (np.linalg.norm(protein.atom37_positions[1:, N] - protein.atom37_positions[:-1, C], axis=-1) > LONGEST_BOND)
    stretches = np.split(np.arange(len(protein)), np.flatnonzero(~(bonded & ~apart)) + 1)
    rows = tuple(stretch for stretch in stretches if len(stretch) > 1)
    if not rows:
        raise InputError(_nothing_to_relax(protein, has_backbone), record=protein.name or None)
    seen = np.zeros(len(protein), dtype=bool)
    seen[np.concatenate(rows)] = True
    has_atoms = (protein.atom37_mask > 0).any(axis=1)
    return Fragments(
        rows=rows,
        left_out=tuple(
            f"{residue_label(protein, row)}: {'bonded to no other residue' if has_backbone[row] else 'lacks N, CA or C'}"
            for row in np.flatnonzero(has_atoms & ~seen).tolist()
        ),
        breaks=tuple(
            f"{residue_label(protein, row)} and {residue_label(protein, row + 1)} follow each other but are "
            f"{np.linalg.norm(protein.atom37_positions[row + 1, N] - protein.atom37_positions[row, C]):.1f} Å apart; left unbonded"
            for row in np.flatnonzero(apart).tolist()
        ),
    )


def residue_label(protein: Protein, row: int) -> str:
    """Chain, name, number and insertion code of a residue, as in `A LYS 52B`."""
    chain, number = protein.chain_ids[protein.chain_index[row]], protein.residue_index[row]
    return f"{chain} {RESIDUE_NAMES[protein.aatype[row]]} {number}{str(protein.insertion_codes[row]).strip()}"


def modelled_name(protein: Protein, row: int) -> str:
    """The residue that the force field sees: an unknown one is alanine if it has CB, else glycine."""
    if protein.aatype[row] != UNKNOWN:
        return RESIDUE_NAMES[protein.aatype[row]]
    return "ALA" if protein.atom37_mask[row, ATOM37_INDEX["CB"]] > 0 else "GLY"


def _nothing_to_relax(protein: Protein, has_backbone: Bool[np.ndarray, " N_res"]) -> str:
    if len(protein) == 1:
        return "a single residue has no peptide bond, and force fields know no free amino acid; there is nothing to relax"
    if not has_backbone.any():
        return f"none of {len(protein)} residues has N, CA and C; build the backbone first"
    return f"no two of {len(protein)} residues are bonded to each other; there is nothing to relax"
