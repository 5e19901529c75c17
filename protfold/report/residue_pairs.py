"""Maps over pairs of residues for a page: one byte a value, coarser where there are very many residues."""

from typing import Any, Literal

import numpy as np

from protfold.report.markup import base64_text
from protfold.typing import Float

MAX_CELLS = 1000
"""Rows of a map on a page; with more residues, each cell stands for several."""
UNKNOWN = 255
"""What stands for no value, where a map may lack some."""


def map_data(
    values: Float[np.ndarray, "N N"], *, maximum: float, coarsen: Literal["mean", "max"], largest: int = MAX_CELLS
) -> dict[str, Any]:
    """A map for the page's scripts: bytes 0-255 for 0 to `maximum`, row by row, as base64; what lies outside is taken to the nearer end.

    Args:
        values: of each pair.
        maximum: what 255 stands for.
        coarsen: what a cell takes of its pairs, where it has several.
        largest: most rows.
    """
    step = bin_size(len(values), largest)
    cells = coarsened(values, step, coarsen)
    scaled = np.round(np.clip(cells / maximum, 0.0, 1.0) * 255.0).astype(np.uint8)
    return {"size": len(cells), "bin": step, "maximum": maximum, "data": base64_text(scaled.tobytes())}


def bin_size(num_residues: int, largest: int = MAX_CELLS) -> int:
    """Residues that a row of the map stands for."""
    return max(1, -(-num_residues // largest))


def coarsened(values: Float[np.ndarray, "N N"], step: int, coarsen: Literal["mean", "max"]) -> Float[np.ndarray, "M M"]:
    """Mean or maximum over squares of `step` residues; the last squares may hold fewer."""
    if step == 1:
        return values.astype(np.float64)
    starts = np.arange(0, len(values), step)
    reduce = np.add if coarsen == "mean" else np.maximum
    cells = reduce.reduceat(reduce.reduceat(values.astype(np.float64), starts, axis=0), starts, axis=1)
    if coarsen == "max":
        return cells
    sizes = np.diff(np.append(starts, len(values)))
    return cells / (sizes[:, None] * sizes[None])
