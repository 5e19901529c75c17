"""Made alignments and templates for the tests of this folder."""

import numpy as np

from protfold.constants.residues import GAP
from protfold.entities import Msa, Template


def random_msa(depth: int, num_residues: int, *, seed: int = 0, source: str = "made") -> Msa:
    """Rows that differ from the query in half of the columns, a fifth of them by gaps, with some insertions."""
    generator = np.random.default_rng(seed)
    query = generator.integers(20, size=num_residues)
    residues = np.where(generator.random((depth, num_residues)) < 0.5, query, generator.integers(21, size=(depth, num_residues)))
    residues = np.where(generator.random(residues.shape) < 0.1, GAP, residues)
    deletions = generator.integers(1, 9, size=residues.shape) * (generator.random(residues.shape) < 0.05)
    residues[0], deletions[0] = query, 0
    return Msa(
        residues=residues.astype(np.int8),
        deletions=deletions.astype(np.int32),
        descriptions=tuple(f"row {index}" for index in range(depth)),
        source=source,
    )


def made_template(num_residues: int) -> Template:
    """A template in which every atom of every residue is present and no type is known."""
    return Template(
        name="made",
        aatype=np.full(num_residues, GAP, np.int8),
        atom37_positions=np.ones((num_residues, 37, 3), np.float32),
        atom37_mask=np.ones((num_residues, 37), np.float32),
    )
