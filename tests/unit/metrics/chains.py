"""Real chains and models of them at every distance from the truth."""

import numpy as np
import torch
from torch import Tensor

from protfold.entities import Protein
from protfold.io import read_structure
from tests.unit.io.samples import sample_files

CHAINS = sample_files("chains")[:6]


def chain(index: int) -> Protein:
    """One of the sample chains."""
    return read_structure(CHAINS[index])


def bent_and_noisy(positions: Tensor, *, bend: float, noise: float, seed: int = 0) -> Tensor:
    """A model: the second half turned about the middle residue by `bend` radians, then noise (Å) of neighbours alike."""
    generator = np.random.default_rng(seed)
    middle = len(positions) // 2
    axis = np.array([1.0, 2.0, -1.0]) / np.sqrt(6.0)
    cross = np.cross(np.eye(3), axis)
    turn = torch.from_numpy(np.eye(3) * np.cos(bend) + np.sin(bend) * cross + (1 - np.cos(bend)) * np.outer(axis, axis)).float()
    moved = positions.clone()
    moved[middle:] = (positions[middle:] - positions[middle]) @ turn + positions[middle]
    walk = generator.normal(size=(len(positions), 3)).cumsum(axis=0)
    smooth = walk - walk.mean(axis=0)
    return moved + noise * torch.from_numpy(smooth / smooth.std()).float()
