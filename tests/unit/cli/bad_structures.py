"""Files of structures that no command can work on, by what is wrong with them."""

from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.io import format_mmcif, format_pdb
from tests.unit.relax.peptides import moved, peptide


def _with_nan() -> str:
    lines = format_pdb(peptide()).splitlines(keepends=True)
    return "".join(text[:30] + "     nan" + text[38:] if number == 3 else text for number, text in enumerate(lines))


def _alphas(num_residues: int) -> Protein:
    """A straight row of CA atoms."""
    protein = peptide().select(np.zeros(num_residues, dtype=int))
    mask = np.zeros_like(protein.atom37_mask)
    mask[:, ATOM37_INDEX["CA"]] = 1.0
    numbered = replace(protein, residue_index=np.arange(num_residues), atom37_mask=mask)
    return moved(numbered, np.arange(num_residues)[:, None, None] * np.array([3.8, 0.0, 0.0]))


LIGAND = "HETATM    1  C1  LIG A   1       0.000   0.000   0.000  1.00  0.00           C\nEND\n"
SINGLE = format_pdb(peptide(0, 1))
NAN = _with_nan()
ORIGIN = format_pdb(replace(peptide(), atom37_positions=np.zeros((16, 37, 3), np.float32)))
LONG = format_mmcif(_alphas(10_001))
