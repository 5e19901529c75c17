"""Pictures of a set of sequences on one backbone: composition, identity, substitutions. Types stand in groups of similar chemistry."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from protfold.report.plots import house_style
from protfold.report.residue_groups import GROUPED, GROUPED_CODES, RESIDUE_COLORS, RESIDUE_GROUPS
from protfold.typing import Float, Int, Shaped

DESIGNED_COLOR, NATIVE_COLOR = "#0072B2", "#8C8C8C"
_NUMBERED = 16
"""Rows of an identity matrix up to which its cells hold numbers."""


def plot_composition(designed: Float[np.ndarray, " 20"], native: Float[np.ndarray, " 20"]) -> Figure:
    """How much of each type there is in designs, beside the native sequence.

    Args:
        designed, native: shares, 0-1, in the order of `protfold.constants.residues.RESIDUES`.
    """
    with house_style():
        figure = Figure(figsize=(5.8, 3.0), layout="constrained")
        axes = figure.add_subplot()
        places = np.arange(len(GROUPED))
        for values, color, shift, name in ((native, NATIVE_COLOR, -0.2, "native"), (designed, DESIGNED_COLOR, 0.2, "designs")):
            axes.bar(places + shift, 100.0 * values[GROUPED_CODES], width=0.38, color=color, label=name)
        _name_types(axes, along="x")
        axes.set(xlim=(-0.6, len(GROUPED) - 0.4), ylabel="Share of designed residues (%)")
        end = 0
        for name, letters, color in RESIDUE_GROUPS:
            axes.text(
                end + len(letters) / 2 - 0.5, -0.13, name, transform=axes.get_xaxis_transform(), ha="center", va="top", color=color
            )
            end += len(letters)
            if end < len(GROUPED):
                axes.axvline(end - 0.5, color="#DDDDDD", linewidth=0.8, zorder=0)
        figure.legend(frameon=False, loc="outside upper center", ncols=2)
        return figure


def plot_identity(identities: Float[np.ndarray, "N_seq N_seq"], *, labels: Sequence[str]) -> Figure:
    """Share of designed residues that are equal in each two sequences, in percent.

    Args:
        identities: 0-1.
        labels: of the sequences.
    """
    with house_style():
        size = float(np.clip(1.9 + 0.3 * len(labels), 3.2, 6.5))
        figure = Figure(figsize=(size + 0.9, size), layout="constrained")
        axes = figure.add_subplot()
        image = axes.imshow(100.0 * identities, cmap="cividis", vmin=0, vmax=100)
        step = -(-len(labels) // 25)
        shown = [place for place in range(len(labels)) if place % step == 0 or place == len(labels) - 1]
        axes.set_xticks(shown, [labels[place] for place in shown], rotation=90 if max(map(len, labels)) > 2 else 0)
        axes.set_yticks(shown, [labels[place] for place in shown])
        axes.set(xlabel="Design, by rank", ylabel="Design, by rank")
        if len(labels) <= _NUMBERED:
            _write_cells(axes, 100.0 * identities, is_light=lambda value: value > 55)
        figure.colorbar(image, ax=axes, label="Identity over designed residues (%)", shrink=0.85)
        return figure


def plot_substitutions(numbers: Int[np.ndarray, "20 20"]) -> Figure:
    """What native types become: of each native type's residues in all designs (row), the share that is of a type (column), in percent.

    Args:
        numbers: of residues, native type by designed type, in the order of `protfold.constants.residues.RESIDUES`.
    """
    ordered = numbers[np.ix_(GROUPED_CODES, GROUPED_CODES)]
    totals = ordered.sum(1, keepdims=True)
    shares = np.where(totals > 0, 100.0 * ordered / np.maximum(totals, 1), np.nan)
    with house_style():
        figure = Figure(figsize=(6.3, 5.5), layout="constrained")
        axes = figure.add_subplot()
        axes.set_facecolor("#EFEFEF")
        image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=100)
        _write_cells(axes, np.where(shares >= 0.5, shares, np.nan), is_light=lambda value: value <= 60, size=6.0)
        _name_types(axes, along="x")
        _name_types(axes, along="y")
        for place, total in enumerate(totals[:, 0]):
            axes.text(len(GROUPED) - 0.3, place, f"{total}", va="center", fontsize=7, color="#555555")
            axes.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, fill=False, edgecolor="#333333", linewidth=0.9, zorder=3))
        axes.text(len(GROUPED) - 0.3, -0.6, "n", va="bottom", fontsize=7, color="#555555")
        end = -0.5
        for _, letters, _ in RESIDUE_GROUPS[:-1]:
            end += len(letters)
            for line in (axes.axhline, axes.axvline):
                line(end, color="#BBBBBB", linewidth=0.8)
        axes.set(xlabel="Designed type", ylabel="Native type")
        figure.colorbar(image, ax=axes, label="Share of the native type's residues (%)", shrink=0.7)
        return figure


def _name_types(axes: Axes, *, along: str) -> None:
    """Letters of the types along an axis, in their groups' colours."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    axis.set_ticks(np.arange(len(GROUPED)), list(GROUPED))
    axis.set_tick_params(length=0)
    for label in axis.get_ticklabels():
        label.set(color=RESIDUE_COLORS[label.get_text()], fontweight="bold")


def _write_cells(
    axes: Axes, values: Shaped[np.ndarray, "rows columns"], *, is_light: Callable[[float], bool], size: float = 7.5
) -> None:
    """A whole number into each cell that has one, black where the cell is light."""
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            color = "black" if is_light(value) else "white"
            axes.text(column, row, f"{value:.0f}", ha="center", va="center", fontsize=size, color=color)
