"""Short stretches of observed chains, whole and damaged."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.io import read_structure

ROOT = Path(__file__).parents[3]
BACKBONE = [ATOM37_INDEX[name] for name in ("N", "CA", "C", "O")]


def peptide(start: int = 0, stop: int = 16) -> Protein:
    """Residues of 1a8o, whose 47 and 67 are cysteines with a bridge; no atom is missing."""
    return read_structure(ROOT / "data" / "examples" / "training" / "1a8o_A.pdb").select(np.arange(start, stop))


def moved(protein: Protein, by: np.ndarray) -> Protein:
    """Atoms moved by [N_res, 37, 3] or what broadcasts to it, absent ones left at the origin."""
    positions = (protein.atom37_positions + by) * protein.atom37_mask[..., None]
    return replace(protein, atom37_positions=positions.astype(np.float32))


def damaged(protein: Protein, *, noise: float = 0.1, shift: float = 2.0, seed: int = 0) -> Protein:
    """Noise on every atom, and one residue in the middle shifted as a whole: broken bonds, clashes, distorted residues."""
    generator = np.random.default_rng(seed)
    by = noise * generator.normal(size=(len(protein), 37, 3))
    direction = generator.normal(size=3)
    by[len(protein) // 2] += shift * direction / np.linalg.norm(direction)
    return moved(protein, by)


def without(protein: Protein, row: int, *atoms: str) -> Protein:
    """A protein that lacks atoms of one residue; all of them if none is named."""
    mask = protein.atom37_mask.copy()
    mask[row, [ATOM37_INDEX[name] for name in atoms] or slice(None)] = 0.0
    kept = mask[..., None].astype(np.float32)
    return replace(
        protein, atom37_mask=mask, atom37_positions=protein.atom37_positions * kept, b_factors=protein.b_factors * kept[..., 0]
    )
