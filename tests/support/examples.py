"""The chains of `data/examples/training`, and models of them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from protfold.entities import Protein
from protfold.io import read_structure

FOLDER = Path(__file__).parents[2] / "data" / "examples" / "training"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.pdb"))


def example(name: str) -> Protein:
    """One of the seven chains."""
    return replace(read_structure(FOLDER / f"{name}.pdb"), name=name)


def at(protein: Protein, positions: np.ndarray) -> Protein:
    """The same atoms elsewhere, in arrays of their own."""
    moved_atoms = (positions * protein.atom37_mask[..., None]).astype(np.float32)
    return replace(protein, atom37_positions=moved_atoms, atom37_mask=protein.atom37_mask.copy(), aatype=protein.aatype.copy())


def warped(protein: Protein, amplitude: float) -> Protein:
    """A model: every atom moved by up to `amplitude` Å, near ones alike, and by a hundredth of it on its own; three decimals."""
    x = protein.atom37_positions.astype(np.float64)
    smooth = np.sin(x[..., [1, 2, 0]] / 7.0 + [0.0, 1.0, 2.0])
    rough = np.sin(97.0 * x[..., [2, 0, 1]])
    return at(protein, np.round(x + amplitude * (0.9 * smooth + 0.1 * rough), 3))


def moved(protein: Protein) -> Protein:
    """Turned by a right angle about each of two axes, and shifted."""
    return at(protein, protein.atom37_positions[..., [1, 2, 0]] + np.array([5.0, -20.0, 1.5]))


def mirrored(protein: Protein) -> Protein:
    """The mirror image."""
    return at(protein, protein.atom37_positions * np.array([1.0, 1.0, -1.0]))
