"""Random parameters in DeepMind's AlphaFold 2 layout, identical on every machine.

DeepMind's own parameters are 370 MB and carry their own licence; the parity tests need neither
them nor anything that large in the repository.  They need *some* parameters in exactly
DeepMind's names and shapes, that exercise every array: a bias left at zero or a gate left open
would let a forgotten bias or gate pass unseen.  So each array is made from its own name:

1. the first 16 bytes of the SHA-256 of the name key a Philox counter generator;
2. each value takes one 64-bit word and adds its four 16-bit parts: near to a normal
   distribution, and integer arithmetic, so that no mathematics library has a say in it;
3. it is scaled by ``spread`` and shifted by ``mean``, which depend on the kind of array only
   (see `distribution`), in float64, then rounded once to float32.

Values fill an array in C order, and stacked arrays have the block as their first axis, so the
first two blocks of a 48-block network are the two blocks of a 2-block network.

This module needs numpy alone: both sides of the comparison import it.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

VARIANTS = ("model_1", "model_1_ptm", "model_3", "model_3_ptm")
LAYOUTS = Path(__file__).resolve().parent / "layouts"

EVOFORMER_STACK = "/evoformer/evoformer_iteration/"
EXTRA_STACK = "/evoformer/extra_msa_stack/"
TEMPLATE_STACK = "/__layer_stack_no_state/"

FULL_DEPTH_RESIDUAL = 0.3
"""`residual` for 48 Evoformer blocks: activations stay of the size that they have after two."""

Layout = dict[str, tuple[int, ...]]


def layout(variant: str, evoformer_blocks: int = 48, extra_blocks: int = 4) -> Layout:
    """Name and shape of every array of `variant`, with these numbers of stacked blocks."""
    shapes = json.loads((LAYOUTS / f"{variant}.json").read_text())
    blocks = {EVOFORMER_STACK: evoformer_blocks, EXTRA_STACK: extra_blocks}
    return {name: _with_blocks(name, shape, blocks) for name, shape in shapes.items()}


def _with_blocks(name: str, shape: list[int], blocks: Mapping[str, int]) -> tuple[int, ...]:
    for stack, count in blocks.items():
        if stack in name:
            return (count, *shape[1:])
    return tuple(shape)


def parameters(shapes: Mapping[str, tuple[int, ...]], residual: float = 1.0) -> dict[str, np.ndarray]:
    """Random float32 arrays for these names and shapes, in DeepMind's npz form.

    `residual` scales the arrays through which a block writes to the MSA and pair
    representations.  1.0 suits a few blocks; 48 blocks want less, or activations grow.
    """
    return {name: _array(name, shape, residual) for name, shape in shapes.items()}


def _array(name: str, shape: tuple[int, ...], residual: float) -> np.ndarray:
    mean, spread = distribution(name, shape)
    if writes_residual(name):
        spread *= residual
    return (mean + spread * standard(name, shape)).astype(np.float32)


def standard(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Float64 values of mean 0, variance 1, and at most 3.47 in size, drawn from `name`."""
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")
    words = np.random.Philox(key=key).random_raw(math.prod(shape))
    words = np.asarray(words, dtype="<u8").reshape(-1, 1).view("<u2")
    total = words.sum(axis=1, dtype=np.int64) - 2 * 65535
    # A uniform 16-bit integer has variance (65536**2 - 1) / 12; four of them are added.
    return (total / math.sqrt((65536**2 - 1) / 3)).reshape(shape)


def distribution(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """Mean and spread of the values of one array."""
    scope, leaf = name.split("//")
    if leaf == "scale":
        return 1.0, 0.2
    if leaf == "output_b" and scope.endswith("/outer_product_mean"):
        return 0.0, 0.02  # pairs without any row, as in padding, have it divided by 0.001
    if leaf in ("offset", "bias", "output_b"):
        return 0.0, 0.2
    if leaf == "gating_b":
        return 0.5, 0.5
    if leaf == "trainable_point_weights":
        return 0.5, 0.4
    return 0.0, _gain(scope, leaf) / math.sqrt(_fan_in(scope, leaf, shape))


def _gain(scope: str, leaf: str) -> float:
    if leaf in ("query_w", "key_w"):
        return 1.4  # logits of spread 2: attention that chooses
    if scope.endswith("/affine_update"):
        return 0.15  # a turn and 1.5 Angstrom in each of the eight layers, times their agreement
    if scope.endswith("/predicted_lddt_head/logits"):
        return 4.0  # a pLDDT that differs between residues
    if scope.endswith(("/distogram_head/half_logits", "/predicted_aligned_error_head/logits")):
        return 0.4  # these read the pair representation as it is, which has grown by then
    return 1.0


def _fan_in(scope: str, leaf: str, shape: tuple[int, ...]) -> int:
    if any(stack in scope + "/" for stack in (EVOFORMER_STACK, EXTRA_STACK, TEMPLATE_STACK)):
        shape = shape[1:]
    if leaf == "output_w":  # [heads, channels, out], and [left, right, out]
        return shape[0] * shape[1]
    return shape[0]


def writes_residual(name: str) -> bool:
    """Whether an array is the last projection of a block of the two MSA stacks."""
    scope, leaf = name.split("//")
    if not any(stack in scope + "/" for stack in (EVOFORMER_STACK, EXTRA_STACK)):
        return False
    return leaf == "output_w" or (leaf == "weights" and scope.endswith(("/transition2", "/output_projection")))
