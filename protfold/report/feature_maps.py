"""Pictures of what networks make of pair maps: channels side by side, how far a pixel sees, bars of measures."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from protfold.report.plots import LINE_COLORS, house_style
from protfold.typing import Float


def plot_maps(maps: Mapping[str, Float[np.ndarray, "N N"]], *, columns: int = 5, symmetric_scale: bool = False) -> Figure:
    """Maps side by side, each on a scale of its own from its smallest to its largest value.

    Args:
        maps: by title.
        columns: in a row.
        symmetric_scale: scales go as far below zero as above, with white at zero.
    """
    with house_style():
        figure, panels = _panels(len(maps), columns)
        for axes, (title, values) in zip(panels, maps.items(), strict=False):
            reach = float(np.nanmax(np.abs(values))) or 1.0
            limits = {"cmap": "RdBu_r", "vmin": -reach, "vmax": reach} if symmetric_scale else {"cmap": "viridis"}
            axes.imshow(values, **limits)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=8)
        return figure


def plot_influence(
    influences: Mapping[str, Float[np.ndarray, "N N"]], *, pixel: tuple[int, int], columns: int = 6, decades: float = 5.0
) -> Figure:
    """How strongly each place of the input acts on one place of the output, as a share of the largest, on a logarithmic scale.

    Args:
        influences: absolute gradients, not negative, by title.
        pixel: row and column of the place of the output, from 0; marked by a cross.
        columns: in a row.
        decades: powers of ten that the scale spans; what is less is grey.
    """
    with house_style():
        figure, panels = _panels(len(influences), columns)
        scale = LogNorm(10.0**-decades, 1.0)
        for axes, (title, values) in zip(panels, influences.items(), strict=False):
            axes.set_facecolor("#DDDDDD")
            shown = values / max(float(values.max()), 1e-300)
            image = axes.imshow(np.where(shown >= 10.0**-decades, shown, np.nan), cmap="viridis", norm=scale)
            axes.plot(pixel[1], pixel[0], marker="+", color="#D55E00", markersize=7)
            axes.set(xticks=[], yticks=[])
            axes.set_title(title, fontsize=8)
        figure.colorbar(image, ax=list(panels), label="Influence, share of the largest", shrink=0.7)
        return figure


def plot_bars(values: Mapping[str, Sequence[float]], *, series: Sequence[str], label: str, logarithmic: bool = False) -> Figure:
    """Horizontal bars of one or several measures of named things.

    Args:
        values: by name, as many as there are series.
        series: what the measures are.
        label: of the axis, with its unit.
        logarithmic: of the axis.
    """
    with house_style():
        figure = Figure(figsize=(6.2, 0.9 + 0.26 * len(values) * (1 + 0.4 * (len(series) - 1))), layout="constrained")
        axes = figure.add_subplot()
        places, height = np.arange(len(values)), 0.8 / len(series)
        for index, (name, color) in enumerate(zip(series, LINE_COLORS[4:] + LINE_COLORS[1:2], strict=False)):
            axes.barh(
                places + (index - (len(series) - 1) / 2) * height,
                [one[index] for one in values.values()],
                height=height,
                color=color,
                label=name,
            )
        axes.set_yticks(places, list(values))
        axes.invert_yaxis()
        axes.set_xlabel(label)
        if logarithmic:
            axes.set_xscale("log")
        if len(series) > 1:
            figure.legend(loc="outside lower center", ncols=len(series), frameon=False, fontsize=8)
        return figure


def _panels(number: int, columns: int) -> tuple[Figure, np.ndarray]:
    columns = min(columns, number)
    rows = -(-number // columns)
    figure = Figure(figsize=(1.0 + 1.55 * columns, 0.3 + 1.75 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).flat
    chosen = np.array(list(panels))
    for axes in chosen[number:]:
        axes.set_visible(False)
    return figure, chosen
