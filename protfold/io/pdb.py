"""Structures as PDB text. Å."""

from pathlib import Path

import gemmi
import numpy as np

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io.atomic import write_atomically
from protfold.io.gemmi_structure import to_gemmi

MAX_ATOMS = 99_999
MAX_CHAINS = 62


def format_pdb(protein: Protein) -> str:
    """The text of a PDB file: ATOM records chain by chain, each closed by TER; author numbers and insertion codes.

    Raises:
        InputError: a number is not finite, or exceeds what PDB columns hold: chains of one letter or digit, 99,999 atoms with TER
            records, residue numbers -999 to 9999, coordinates -999.999 to 9999.999 Å.
    """
    structure = to_gemmi(protein)
    _check_limits(protein, structure)
    return structure.make_pdb_string(gemmi.PdbWriteOptions(minimal=True, cryst1_record=False, end_record=True))


def write_pdb(protein: Protein, path: str | Path) -> None:
    """Write `format_pdb` to a file, atomically."""
    write_atomically(path, format_pdb(protein))


def _check_limits(protein: Protein, structure: gemmi.Structure) -> None:
    chains = [chain.name for chain in structure[0]]
    present = protein.atom37_mask > 0
    numbers = protein.residue_index[present.any(axis=1)]
    positions, b_factors = protein.atom37_positions[present], protein.b_factors[present]
    # serial numbers count the TER records too
    for exceeded, what in (
        (len(chains) > MAX_CHAINS, f"{len(chains)} chains, PDB has names for {MAX_CHAINS}"),
        (
            any(len(name) != 1 or not (name.isascii() and name.isalnum()) for name in chains),
            f"chain names {', '.join(chains)}, PDB has room for one letter or digit",
        ),
        (
            int(present.sum()) + len(chains) > MAX_ATOMS,
            f"{int(present.sum())} atoms, PDB has room for {MAX_ATOMS} with TER records",
        ),
        (
            numbers.min() < -999 or numbers.max() > 9999,
            f"residue numbers from {numbers.min()} to {numbers.max()}, PDB has room for -999 to 9999",
        ),
        (
            positions.min() <= -999.9995 or positions.max() >= 9999.9995,
            "coordinates beyond what PDB columns hold (-999.999 to 9999.999 Å)",
        ),
        (
            np.abs(b_factors).max() >= 999.995 or b_factors.min() <= -99.995,
            "B-factors beyond what PDB columns hold (-99.99 to 999.99)",
        ),
    ):
        if exceeded:
            raise InputError(f"the structure has {what}; write mmCIF instead", record=protein.name or None)
