"""Rigid groups: the eight frames of a residue, the ideal atom positions in them, and the torsions that turn them.

Groups in order: 0 backbone, 1 pre-omega, 2 phi, 3 psi, 4-7 chi1-chi4. Groups 1 and 2 hold no heavy atom; O belongs to psi.
Jumper et al. (2021) Suppl. Table 2 "Rigid groups for constructing all atoms from given torsion angles". Å.
"""

import numpy as np

from protfold.constants.atoms import ATOM14_NAMES, ATOM37_INDEX, NUM_ATOM14
from protfold.constants.residues import RESIDUE_NAMES

NUM_GROUPS = 8
NUM_TORSIONS = 7
PSI_GROUP = 3
CHI1_GROUP = 4

IDEAL_ATOM_POSITIONS = {
    "ALA": (
        ("N", 0, (-0.525, 1.363, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.526, 0.000, 0.000)),
        ("CB", 0, (-0.529, -0.774, -1.205)),
        ("O", 3, (0.627, 1.062, 0.000)),
    ),
    "ARG": (
        ("N", 0, (-0.524, 1.362, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.525, 0.000, 0.000)),
        ("CB", 0, (-0.524, -0.778, -1.209)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG", 4, (0.616, 1.390, 0.000)),
        ("CD", 5, (0.564, 1.414, 0.000)),
        ("NE", 6, (0.539, 1.357, 0.000)),
        ("NH1", 7, (0.206, 2.301, 0.000)),
        ("NH2", 7, (2.078, 0.978, 0.000)),
        ("CZ", 7, (0.758, 1.093, 0.000)),
    ),
    "ASN": (
        ("N", 0, (-0.536, 1.357, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.526, 0.000, 0.000)),
        ("CB", 0, (-0.531, -0.787, -1.200)),
        ("O", 3, (0.625, 1.062, 0.000)),
        ("CG", 4, (0.584, 1.399, 0.000)),
        ("ND2", 5, (0.593, -1.188, 0.001)),
        ("OD1", 5, (0.633, 1.059, 0.000)),
    ),
    "ASP": (
        ("N", 0, (-0.525, 1.362, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.527, 0.000, 0.000)),
        ("CB", 0, (-0.526, -0.778, -1.208)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG", 4, (0.593, 1.398, 0.000)),
        ("OD1", 5, (0.610, 1.091, 0.000)),
        ("OD2", 5, (0.592, -1.101, -0.003)),
    ),
    "CYS": (
        ("N", 0, (-0.522, 1.362, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.524, 0.000, 0.000)),
        ("CB", 0, (-0.519, -0.773, -1.212)),
        ("O", 3, (0.625, 1.062, 0.000)),
        ("SG", 4, (0.728, 1.653, 0.000)),
    ),
    "GLN": (
        ("N", 0, (-0.526, 1.361, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.526, 0.000, 0.000)),
        ("CB", 0, (-0.525, -0.779, -1.207)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG", 4, (0.615, 1.393, 0.000)),
        ("CD", 5, (0.587, 1.399, 0.000)),
        ("NE2", 6, (0.593, -1.189, -0.001)),
        ("OE1", 6, (0.634, 1.060, 0.000)),
    ),
    "GLU": (
        ("N", 0, (-0.528, 1.361, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.526, 0.000, 0.000)),
        ("CB", 0, (-0.526, -0.781, -1.207)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG", 4, (0.615, 1.392, 0.000)),
        ("CD", 5, (0.600, 1.397, 0.000)),
        ("OE1", 6, (0.607, 1.095, 0.000)),
        ("OE2", 6, (0.589, -1.104, -0.001)),
    ),
    "GLY": (
        ("N", 0, (-0.572, 1.337, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.517, 0.000, 0.000)),
        ("O", 3, (0.626, 1.062, 0.000)),
    ),
    "HIS": (
        ("N", 0, (-0.527, 1.360, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.525, 0.000, 0.000)),
        ("CB", 0, (-0.525, -0.778, -1.208)),
        ("O", 3, (0.625, 1.063, 0.000)),
        ("CG", 4, (0.600, 1.370, 0.000)),
        ("CD2", 5, (0.889, -1.021, 0.003)),
        ("ND1", 5, (0.744, 1.160, 0.000)),
        ("CE1", 5, (2.030, 0.851, 0.002)),
        ("NE2", 5, (2.145, -0.466, 0.004)),
    ),
    "ILE": (
        ("N", 0, (-0.493, 1.373, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.527, 0.000, 0.000)),
        ("CB", 0, (-0.536, -0.793, -1.213)),
        ("O", 3, (0.627, 1.062, 0.000)),
        ("CG1", 4, (0.534, 1.437, 0.000)),
        ("CG2", 4, (0.540, -0.785, -1.199)),
        ("CD1", 5, (0.619, 1.391, 0.000)),
    ),
    "LEU": (
        ("N", 0, (-0.520, 1.363, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.525, 0.000, 0.000)),
        ("CB", 0, (-0.522, -0.773, -1.214)),
        ("O", 3, (0.625, 1.063, 0.000)),
        ("CG", 4, (0.678, 1.371, 0.000)),
        ("CD1", 5, (0.530, 1.430, 0.000)),
        ("CD2", 5, (0.535, -0.774, 1.200)),
    ),
    "LYS": (
        ("N", 0, (-0.526, 1.362, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.526, 0.000, 0.000)),
        ("CB", 0, (-0.524, -0.778, -1.208)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG", 4, (0.619, 1.390, 0.000)),
        ("CD", 5, (0.559, 1.417, 0.000)),
        ("CE", 6, (0.560, 1.416, 0.000)),
        ("NZ", 7, (0.554, 1.387, 0.000)),
    ),
    "MET": (
        ("N", 0, (-0.521, 1.364, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.525, 0.000, 0.000)),
        ("CB", 0, (-0.523, -0.776, -1.210)),
        ("O", 3, (0.625, 1.062, 0.000)),
        ("CG", 4, (0.613, 1.391, 0.000)),
        ("SD", 5, (0.703, 1.695, 0.000)),
        ("CE", 6, (0.320, 1.786, 0.000)),
    ),
    "PHE": (
        ("N", 0, (-0.518, 1.363, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.524, 0.000, 0.000)),
        ("CB", 0, (-0.525, -0.776, -1.212)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG", 4, (0.607, 1.377, 0.000)),
        ("CD1", 5, (0.709, 1.195, 0.000)),
        ("CD2", 5, (0.706, -1.196, 0.000)),
        ("CE1", 5, (2.102, 1.198, 0.000)),
        ("CE2", 5, (2.098, -1.201, 0.000)),
        ("CZ", 5, (2.794, -0.003, -0.001)),
    ),
    "PRO": (
        ("N", 0, (-0.566, 1.351, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.527, 0.000, 0.000)),
        ("CB", 0, (-0.546, -0.611, -1.293)),
        ("O", 3, (0.621, 1.066, 0.000)),
        ("CG", 4, (0.382, 1.445, 0.000)),
        ("CD", 5, (0.477, 1.424, 0.000)),
    ),
    "SER": (
        ("N", 0, (-0.529, 1.360, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.525, 0.000, 0.000)),
        ("CB", 0, (-0.518, -0.777, -1.211)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("OG", 4, (0.503, 1.325, 0.000)),
    ),
    "THR": (
        ("N", 0, (-0.517, 1.364, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.526, 0.000, 0.000)),
        ("CB", 0, (-0.516, -0.793, -1.215)),
        ("O", 3, (0.626, 1.062, 0.000)),
        ("CG2", 4, (0.550, -0.718, -1.228)),
        ("OG1", 4, (0.472, 1.353, 0.000)),
    ),
    "TRP": (
        ("N", 0, (-0.521, 1.363, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.525, 0.000, 0.000)),
        ("CB", 0, (-0.523, -0.776, -1.212)),
        ("O", 3, (0.627, 1.062, 0.000)),
        ("CG", 4, (0.609, 1.370, 0.000)),
        ("CD1", 5, (0.824, 1.091, 0.000)),
        ("CD2", 5, (0.854, -1.148, -0.005)),
        ("CE2", 5, (2.186, -0.678, -0.007)),
        ("CE3", 5, (0.622, -2.530, -0.007)),
        ("NE1", 5, (2.140, 0.690, -0.004)),
        ("CH2", 5, (3.028, -2.890, -0.013)),
        ("CZ2", 5, (3.283, -1.543, -0.011)),
        ("CZ3", 5, (1.715, -3.389, -0.011)),
    ),
    "TYR": (
        ("N", 0, (-0.522, 1.362, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.524, 0.000, 0.000)),
        ("CB", 0, (-0.522, -0.776, -1.213)),
        ("O", 3, (0.627, 1.062, 0.000)),
        ("CG", 4, (0.607, 1.382, 0.000)),
        ("CD1", 5, (0.716, 1.195, 0.000)),
        ("CD2", 5, (0.713, -1.194, -0.001)),
        ("CE1", 5, (2.107, 1.200, -0.002)),
        ("CE2", 5, (2.104, -1.201, -0.003)),
        ("OH", 5, (4.168, -0.002, -0.005)),
        ("CZ", 5, (2.791, -0.001, -0.003)),
    ),
    "VAL": (
        ("N", 0, (-0.494, 1.373, 0.000)),
        ("CA", 0, (0.000, 0.000, 0.000)),
        ("C", 0, (1.527, 0.000, 0.000)),
        ("CB", 0, (-0.533, -0.795, -1.213)),
        ("O", 3, (0.627, 1.062, 0.000)),
        ("CG1", 4, (0.540, 1.429, 0.000)),
        ("CG2", 4, (0.533, -0.776, 1.203)),
    ),
}  # fmt: skip
"""By residue: atom, group and ideal position in that group's frame."""

CHI_ATOMS = {
    "ALA": (),
    "ARG": ("N CA CB CG", "CA CB CG CD", "CB CG CD NE", "CG CD NE CZ"),
    "ASN": ("N CA CB CG", "CA CB CG OD1"),
    "ASP": ("N CA CB CG", "CA CB CG OD1"),
    "CYS": ("N CA CB SG",),
    "GLN": ("N CA CB CG", "CA CB CG CD", "CB CG CD OE1"),
    "GLU": ("N CA CB CG", "CA CB CG CD", "CB CG CD OE1"),
    "GLY": (),
    "HIS": ("N CA CB CG", "CA CB CG ND1"),
    "ILE": ("N CA CB CG1", "CA CB CG1 CD1"),
    "LEU": ("N CA CB CG", "CA CB CG CD1"),
    "LYS": ("N CA CB CG", "CA CB CG CD", "CB CG CD CE", "CG CD CE NZ"),
    "MET": ("N CA CB CG", "CA CB CG SD", "CB CG SD CE"),
    "PHE": ("N CA CB CG", "CA CB CG CD1"),
    "PRO": ("N CA CB CG", "CA CB CG CD"),
    "SER": ("N CA CB OG",),
    "THR": ("N CA CB OG1",),
    "TRP": ("N CA CB CG", "CA CB CG CD1"),
    "TYR": ("N CA CB CG", "CA CB CG CD1"),
    "VAL": ("N CA CB CG1",),
}
"""By residue: the four atoms of each side-chain torsion."""

PI_PERIODIC_CHI = {"ASP": 2, "GLU": 3, "PHE": 2, "TYR": 2}
"""Residues whose named chi (1-based) is the same after a half turn."""


def _frame(x_axis: np.ndarray, xy_plane: np.ndarray, origin: np.ndarray) -> np.ndarray:
    first = x_axis / np.linalg.norm(x_axis)
    second = xy_plane - first * (xy_plane @ first)
    second /= np.linalg.norm(second)
    matrix = np.eye(4)
    matrix[:3] = np.stack([first, second, np.cross(first, second), origin], axis=1)
    return matrix


def _default_frames(residue: str) -> np.ndarray:
    """Frame of each group in its parent's frame when the torsion is zero; a group without a torsion stays all zero."""
    frames = np.zeros((NUM_GROUPS, 4, 4))
    if residue not in IDEAL_ATOM_POSITIONS:
        return frames
    positions = {atom: np.array(xyz) for atom, _, xyz in IDEAL_ATOM_POSITIONS[residue]}
    frames[0] = frames[1] = np.eye(4)
    frames[2] = _frame(positions["N"] - positions["CA"], np.array([1.0, 0.0, 0.0]), positions["N"])
    frames[3] = _frame(positions["C"] - positions["CA"], positions["CA"] - positions["N"], positions["C"])
    for chi, names in enumerate(CHI_ATOMS[residue]):
        first, second, third, _ = (positions[name] for name in names.split())
        if chi == 0:
            frames[CHI1_GROUP] = _frame(third - second, first - second, third)
        else:
            frames[CHI1_GROUP + chi] = _frame(third, np.array([-1.0, 0.0, 0.0]), third)
    return frames


def _freeze(table: np.ndarray) -> np.ndarray:
    table.flags.writeable = False
    return table


def _atom14_tables() -> tuple[np.ndarray, np.ndarray]:
    groups = np.zeros((len(RESIDUE_NAMES), NUM_ATOM14), dtype=np.int64)
    positions = np.zeros((len(RESIDUE_NAMES), NUM_ATOM14, 3), dtype=np.float32)
    for code, residue in enumerate(RESIDUE_NAMES):
        for atom, group, xyz in IDEAL_ATOM_POSITIONS.get(residue, ()):
            slot = ATOM14_NAMES[residue].index(atom)
            groups[code, slot], positions[code, slot] = group, xyz
    return _freeze(groups), _freeze(positions)


def _chi_tables() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    atoms = np.zeros((len(RESIDUE_NAMES), 4, 4), dtype=np.int64)
    mask = np.zeros((len(RESIDUE_NAMES), 4), dtype=np.float32)
    periodic = np.zeros((len(RESIDUE_NAMES), 4), dtype=np.float32)
    for code, residue in enumerate(RESIDUE_NAMES):
        for chi, names in enumerate(CHI_ATOMS.get(residue, ())):
            atoms[code, chi] = [ATOM37_INDEX[name] for name in names.split()]
            mask[code, chi] = 1.0
        if residue in PI_PERIODIC_CHI:
            periodic[code, PI_PERIODIC_CHI[residue] - 1] = 1.0
    return _freeze(atoms), _freeze(mask), _freeze(periodic)


DEFAULT_FRAMES = _freeze(np.stack([_default_frames(residue) for residue in RESIDUE_NAMES]).astype(np.float32))
"""[21, 8, 4, 4] homogeneous transforms, group to parent; UNK and missing chi groups are all zero and must be masked."""

ATOM14_GROUP, ATOM14_IDEAL_POSITIONS = _atom14_tables()
"""[21, 14] group of each atom and [21, 14, 3] its ideal position there."""

CHI_ATOM37, CHI_MASK, CHI_PI_PERIODIC = _chi_tables()
"""[21, 4, 4] atom37 slots of each chi, [21, 4] which exist, [21, 4] which repeat after pi."""
