"""Axes of maps whose rows and columns are residues, numbered from 1 at the top left."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from protfold.typing import Shaped


def residue_map_axes(
    axes: Axes, values: Shaped[np.ndarray, "N_res N_res"], *, color_map: str | Colormap, minimum: float, maximum: float
) -> AxesImage:
    """Draw a map; the picture's handle is returned for a colour bar."""
    edges = (0.5, len(values) + 0.5)
    image = axes.imshow(values, cmap=color_map, vmin=minimum, vmax=maximum, extent=(*edges, *edges[::-1]), origin="upper")
    axes.set(xlim=edges, ylim=edges[::-1])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    for spine in axes.spines.values():
        spine.set_visible(True)
    return image
