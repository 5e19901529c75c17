"""Pictures of co-evolution scores beside the contacts of a known structure."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from protfold.metrics.contacts import SHORT_RANGE, ranked_pairs
from protfold.report.plots import LINE_COLORS, house_style
from protfold.report.residue_axes import residue_map_axes
from protfold.typing import Bool, Float

RIGHT_COLOR, WRONG_COLOR, NATIVE_COLOR = "#0072B2", "#D55E00", "#C8C8C8"


def plot_couplings(
    scores: Float[np.ndarray, "N_res N_res"],
    native: Bool[np.ndarray, "N_res N_res"],
    *,
    num_pairs: int | None = None,
    min_separation: int = SHORT_RANGE,
    label: str = "Coupling score (standard deviations)",
) -> Figure:
    """Scores above the diagonal; below it native contacts in grey, and the highest-scored pairs, right ones blue and wrong ones orange.

    Args:
        scores: symmetric, higher for a likelier contact.
        native: which two residues are in contact.
        num_pairs: points; as many as residues when left out.
        min_separation: least steps along the sequence of a pair.
        label: what the scores are.
    """
    length = len(scores)
    first, second = (
        one[: num_pairs or length] for one in ranked_pairs(scores, np.ones(length, dtype=bool), min_separation=min_separation)
    )
    right = native[first, second]
    apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length))) >= min_separation
    with house_style():
        figure = Figure(figsize=(6.0, 5.0), layout="constrained")
        axes = figure.add_subplot()
        upper = np.where(np.triu(apart), scores, np.nan)
        image = residue_map_axes(axes, upper, color_map="Greens", minimum=0.0, maximum=float(np.nanquantile(upper, 0.995)))
        grey = np.argwhere(np.tril(native & apart)) + 1
        axes.scatter(grey[:, 1], grey[:, 0], s=14, marker="s", color=NATIVE_COLOR, linewidths=0)
        for kind, color, marker in ((right, RIGHT_COLOR, "o"), (~right, WRONG_COLOR, "x")):
            axes.scatter(
                first[kind] + 1, second[kind] + 1, s=15, marker=marker, color=color, linewidths=1.1 if marker == "x" else 0
            )
        axes.axline((1, 1), slope=1, color="#555555", linewidth=0.8)
        axes.set(xlabel="Residue", ylabel="Residue")
        figure.colorbar(image, ax=axes, label=label, shrink=0.85, extend="max")
        handles = [
            Line2D([], [], marker="s", color=NATIVE_COLOR, linestyle="", label="native contact"),
            Line2D([], [], marker="o", color=RIGHT_COLOR, linestyle="", label=f"top pair, in contact: {right.sum()}"),
            Line2D([], [], marker="x", color=WRONG_COLOR, linestyle="", label=f"top pair, not in contact: {(~right).sum()}"),
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
        return figure


def plot_contact_precision(
    scores: Mapping[str, Float[np.ndarray, "N_res N_res"]],
    native: Bool[np.ndarray, "N_res N_res"],
    *,
    min_separation: int = SHORT_RANGE,
) -> Figure:
    """Share of the highest-scored pairs that are contacts, against how many are taken; the dashed line is what chance gives.

    Args:
        scores: by name.
        native: which two residues are in contact.
        min_separation: least steps along the sequence of a pair.
    """
    length = len(native)
    with house_style():
        figure = Figure(figsize=(5.4, 3.4), layout="constrained")
        axes = figure.add_subplot()
        chance = 0.0
        for (name, values), color, style in zip(scores.items(), LINE_COLORS, ("-", "--", "-.", ":") * 2, strict=False):
            first, second = ranked_pairs(values, np.ones(length, dtype=bool), min_separation=min_separation)
            right = native[first, second]
            chance = float(right.mean())
            taken = np.arange(1, 2 * length + 1)
            axes.plot(taken / length, right[: 2 * length].cumsum() / taken, color=color, linestyle=style, label=name)
        axes.axhline(chance, color="#777777", linewidth=0.9, linestyle=(0, (1, 2)), label=f"chance, {chance:.2f}")
        axes.set(xlim=(0, 2), ylim=(0, 1), xlabel="Pairs taken, per residue", ylabel="Share that are contacts")
        axes.legend(frameon=False, fontsize=8)
        return figure
