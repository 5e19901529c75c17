"""A designer's parameter file and small backbones, as files."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from protfold.entities import Protein
from protfold.io import write_pdb
from protfold.weights import ModelCard, save_checkpoint
from tests.support.designers import GRAPH, backbone, random_designer


def write_designer(path: Path) -> str:
    """A small random network."""
    card = ModelCard(
        name="tiny", description="not trained", licence="none", training_data="", training_steps=0, feature_config=None
    )
    save_checkpoint(random_designer(GRAPH).float(), path, card)
    return str(path)


def write_backbone(path: Path, protein: Protein | None = None) -> Path:
    """The first 12 residues of a chain, or a structure."""
    write_pdb(protein or backbone(12), path)
    return path


def two_chains(num_residues: int = 10) -> Protein:
    """A chain and its copy 20 Å away."""
    one = backbone(num_residues)
    shift = np.float32([20.0, 0.0, 0.0]) * one.atom37_mask[..., None]
    return replace(
        one.select(np.tile(np.arange(num_residues), 2)),
        atom37_positions=np.concatenate([one.atom37_positions, one.atom37_positions + shift]).astype(np.float32),
        chain_index=np.repeat(np.arange(2, dtype=np.int32), num_residues),
        chain_ids=("A", "B"),
    )
