"""Random inputs, all drawn from a name through `parameters.standard`."""

import numpy as np
from parameters import standard


def draw(name: str, *shape: int) -> np.ndarray:
    """Float32 values on a grid of 1/16: near to normal, and small once compressed."""
    return (np.round(standard(name, shape) * 16) / 16).astype(np.float32)


def choice(name: str, probability: float, *shape: int) -> np.ndarray:
    """A boolean array, true with this probability."""
    return uniform(name, *shape) < probability


def uniform(name: str, *shape: int) -> np.ndarray:
    """Values between 0 and 1: the low digits of a normal number are uniform."""
    return standard(name, shape) * 1e6 % 1.0


def sequence_mask(length: int, padding: int) -> np.ndarray:
    """Ones, then `padding` zeros."""
    mask = np.ones(length, np.float32)
    mask[length - padding :] = 0
    return mask


def alignment_mask(name: str, rows: int, mask: np.ndarray) -> np.ndarray:
    """Rows of `mask` with holes in the middle, and one row (the last) that is padding altogether."""
    holes = choice(name, 0.12, rows, len(mask))
    holes[0] = False
    result = mask * np.where(holes, 0, 1)
    result[-1] = 0
    return result.astype(np.float32)
