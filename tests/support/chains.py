"""Chains to train on that need no files."""

import numpy as np

from protfold.entities import Msa
from protfold.train.chain_store import Chain
from tests.support.every_residue import EVERY_TYPE, every_residue
from tests.support.examples import example


def ideal_chain(
    num_residues: int = 20, *, name: str = "ideal", cluster: str = "c", split: str = "train", depth: int = 0, seed: int = 0
) -> Chain:
    """Residues of every type in random places, with an alignment of `depth` rows where asked for."""
    generator = np.random.default_rng(seed)
    _, positions, mask = every_residue(seed=seed)
    aatype = EVERY_TYPE[:num_residues].numpy()
    rows = np.concatenate([aatype[None], generator.integers(22, size=(max(depth - 1, 0), num_residues))]).astype(np.int8)
    deletions = generator.integers(3, size=rows.shape).astype(np.int32)
    return Chain(
        id=name,
        split=split,
        cluster=cluster,
        resolution=2.0,
        aatype=aatype,
        residue_index=np.arange(num_residues) + 5 * (np.arange(num_residues) > num_residues // 2),
        atom37_positions=positions[:num_residues].numpy(),
        atom37_mask=mask[:num_residues].numpy(),
        b_factors=generator.integers(500, 9000, size=num_residues).astype(np.float32) / 100.0,
        msa=Msa(residues=rows, deletions=deletions, descriptions=("",) * depth, source=name) if depth else None,
    )


def example_chain(name: str, split: str) -> Chain:
    """One of the example structures."""
    protein = example(name)
    return Chain(
        id=name,
        split=split,
        cluster=name,
        resolution=2.0,
        aatype=protein.aatype,
        residue_index=np.arange(len(protein)),
        atom37_positions=protein.atom37_positions,
        atom37_mask=protein.atom37_mask,
        b_factors=np.zeros(len(protein), dtype=np.float32),
    )
