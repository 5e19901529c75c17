"""Weights of picture networks and pictures, each drawn from its name, so that both sides of a comparison make the same ones.

Needs numpy alone beside `parameters`.
"""

import math

import numpy as np

try:
    from tests.parity.parameters import standard
except ImportError:  # a script in an environment of its own
    from parameters import standard


def weight(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Float64 values of the parameter or buffer with this name in the other implementation, none at a special value."""
    draws = standard(name, shape)
    leaf = name.rsplit(".")[-1]
    if leaf == "running_var" or (leaf == "weight" and len(shape) == 1):
        return 1.0 + 0.25 * draws
    if len(shape) == 1 or "embed" in leaf or "token" in leaf:
        return 0.25 * draws
    return draws / math.sqrt(math.prod(shape[1:]))


def picture(name: str, *shape: int) -> np.ndarray:
    """Float64 values near to normal."""
    return standard(name, shape)
