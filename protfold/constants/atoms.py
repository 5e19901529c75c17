"""Atom layouts: atom37, one slot for each heavy-atom name, and atom14, the atoms of each residue in its own order.

O and CB swap places between the two: atom37 begins N, CA, C, CB, O; atom14 begins N, CA, C, O, CB.
"""

import numpy as np

from protfold.constants.residues import RESIDUE_NAMES

ATOM37_NAMES = (
    "N", "CA", "C", "CB", "O", "CG", "CG1", "CG2", "OG", "OG1", "SG", "CD", "CD1", "CD2", "ND1", "ND2", "OD1", "OD2", "SD", "CE",
    "CE1", "CE2", "CE3", "NE", "NE1", "NE2", "OE1", "OE2", "CH2", "NH1", "NH2", "OH", "CZ", "CZ2", "CZ3", "NZ", "OXT",
)  # fmt: skip
ATOM37_INDEX = {name: index for index, name in enumerate(ATOM37_NAMES)}
BACKBONE = tuple(ATOM37_INDEX[name] for name in ("N", "CA", "C", "O"))
"""Slots of N, CA, C and O in atom37."""
NUM_ATOM37 = 37
NUM_ATOM14 = 14

SIDE_CHAIN_ATOMS = {
    "ALA": "CB",
    "ARG": "CB CG CD NE CZ NH1 NH2",
    "ASN": "CB CG OD1 ND2",
    "ASP": "CB CG OD1 OD2",
    "CYS": "CB SG",
    "GLN": "CB CG CD OE1 NE2",
    "GLU": "CB CG CD OE1 OE2",
    "GLY": "",
    "HIS": "CB CG ND1 CD2 CE1 NE2",
    "ILE": "CB CG1 CG2 CD1",
    "LEU": "CB CG CD1 CD2",
    "LYS": "CB CG CD CE NZ",
    "MET": "CB CG SD CE",
    "PHE": "CB CG CD1 CD2 CE1 CE2 CZ",
    "PRO": "CB CG CD",
    "SER": "CB OG",
    "THR": "CB OG1 CG2",
    "TRP": "CB CG CD1 CD2 NE1 CE2 CE3 CZ2 CZ3 CH2",
    "TYR": "CB CG CD1 CD2 CE1 CE2 CZ OH",
    "VAL": "CB CG1 CG2",
}
ATOM14_NAMES = {name: ("N", "CA", "C", "O", *atoms.split()) for name, atoms in SIDE_CHAIN_ATOMS.items()}
"""Heavy atoms of each residue in atom14 order; UNK has none."""


def _layout_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    atom14_mask = np.zeros((len(RESIDUE_NAMES), NUM_ATOM14), dtype=np.float32)
    atom37_mask = np.zeros((len(RESIDUE_NAMES), NUM_ATOM37), dtype=np.float32)
    atom14_to_atom37 = np.zeros((len(RESIDUE_NAMES), NUM_ATOM14), dtype=np.int64)
    atom37_to_atom14 = np.zeros((len(RESIDUE_NAMES), NUM_ATOM37), dtype=np.int64)
    for residue, residue_name in enumerate(RESIDUE_NAMES):
        for slot, atom in enumerate(ATOM14_NAMES.get(residue_name, ())):
            slot37 = ATOM37_INDEX[atom]
            atom14_mask[residue, slot] = atom37_mask[residue, slot37] = 1.0
            atom14_to_atom37[residue, slot] = slot37
            atom37_to_atom14[residue, slot37] = slot
    tables = atom14_mask, atom37_mask, atom14_to_atom37, atom37_to_atom14
    for table in tables:
        table.flags.writeable = False
    return tables


ATOM14_MASK, ATOM37_MASK, ATOM14_TO_ATOM37, ATOM37_TO_ATOM14 = _layout_tables()
"""By residue code 0-20: which slots exist ([21, 14], [21, 37], float32) and where each lies in the other layout (0 if absent)."""
