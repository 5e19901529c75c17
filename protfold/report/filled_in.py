"""Pictures of pair maps with pieces missing, and of what a network fills in."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from protfold.report.plots import house_style
from protfold.typing import Float

COLUMNS = ("map", "what is left", "filled in", "error")

Maps = tuple[Float[np.ndarray, "N N"], Float[np.ndarray, "N N"], Float[np.ndarray, "N N"]]


def plot_filled_in(examples: Mapping[str, Maps]) -> Figure:
    """A row for each chain: its map, what is left of it, what is made of that, and the difference.

    Args:
        examples: the first three of these by a title of the row; values from 0 to 1, NaN (white) where there is none.
    """
    with house_style():
        figure = Figure(figsize=(9.5, 2.3 * len(examples) + 0.3), layout="constrained")
        grid = figure.subplots(len(examples), len(COLUMNS), squeeze=False)
        for row, (title, (true, left, filled)) in zip(grid, examples.items(), strict=True):
            for axes, value in zip(row, (true, left, filled), strict=False):
                shown = axes.imshow(value, cmap="viridis", vmin=0.0, vmax=1.0)
            error = row[-1].imshow(filled - true, cmap="RdBu", vmin=-0.5, vmax=0.5)
            row[0].set_ylabel(title)
            for axes in row:
                axes.set(xticks=[], yticks=[])
            figure.colorbar(shown, ax=row[:3], shrink=0.8)
            figure.colorbar(error, ax=row[-1], shrink=0.8)
        for axes, title in zip(grid[0], COLUMNS, strict=True):
            axes.set_title(title)
    return figure
