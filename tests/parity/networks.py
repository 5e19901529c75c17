"""protfold's networks with the random parameters that DeepMind's code was run with."""

import functools
import tempfile
from pathlib import Path

import numpy as np

from protfold.model import AlphaFold
from protfold.weights.alphafold2 import load_alphafold2
from tests.parity.parameters import FULL_DEPTH_RESIDUAL, layout, parameters


@functools.cache
def network(variant: str) -> AlphaFold:
    """The network of a published variant with two blocks in each alignment stack."""
    return _loaded(variant, evoformer_blocks=2, extra_blocks=2, residual=1.0)


def full_depth_network(variant: str) -> AlphaFold:
    """The same with all 48 Evoformer and 4 extra-MSA blocks."""
    return _loaded(variant, evoformer_blocks=48, extra_blocks=4, residual=FULL_DEPTH_RESIDUAL)


def _loaded(variant: str, *, evoformer_blocks: int, extra_blocks: int, residual: float) -> AlphaFold:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"params_{variant}.npz"
        np.savez(path, **parameters(layout(variant, evoformer_blocks, extra_blocks), residual))
        return load_alphafold2(path).eval()
