"""Pictures of the measures of designs: scores, folding again, recovery by burial."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Bbox

from protfold.report.plots import house_style
from protfold.report.sequence_plots import DESIGNED_COLOR, NATIVE_COLOR
from protfold.typing import Float, Int

SAME_FOLD = 0.5
"""TM-score above which most pairs of structures have one fold: Xu & Zhang (2010), doi 10.1093/bioinformatics/btq066."""
SELF_CONSISTENT = 2.0
"""Å; RMSD below which designs of backbones are commonly called self-consistent, as Watson et al. (2023), doi 10.1038/s41586-023-06415-8."""
BEST_COLOR = "#D55E00"
_LABELED = 20
"""Points of the best ranks that get their rank as a label."""
_LEAST_SPAN = 6.0
"""Of the pLDDT axis; less would make much of tenths."""


def plot_scores(scores: Float[np.ndarray, " N_seq"], *, native: float | None = None) -> Figure:
    """The score of each design by rank, beside that of the native sequence.

    Args:
        scores: mean of -log p, nats; lower is better; best first.
        native: score of the native sequence over the same residues.
    """
    with house_style():
        figure = Figure(figsize=(5.2, 3.0), layout="constrained")
        axes = figure.add_subplot()
        ranks = np.arange(1, len(scores) + 1)
        axes.plot(scores, ranks, color="#BBBBBB", linewidth=0.8, zorder=1)
        axes.scatter(scores, ranks, s=float(np.clip(900 / len(scores), 5, 34)), color=_colors(ranks), linewidths=0, zorder=2)
        if native is not None and np.isfinite(native):
            axes.axvline(native, color=NATIVE_COLOR, linewidth=2)
            place = axes.get_xaxis_transform()
            axes.text(native, 1.02, f"native {native:.2f}", transform=place, ha="center", color="#555555", fontsize=8)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=8, integer=True, min_n_ticks=1))
        axes.set_ylim(len(scores) + 0.6, 0.4)
        axes.set(xlabel="Score, mean of -log p (nats); lower is better", ylabel="Design, by rank")
        return figure


def plot_refolding(
    sc_tm: Float[np.ndarray, " N_seq"],
    sc_rmsd: Float[np.ndarray, " N_seq"],
    mean_plddt: Float[np.ndarray, " N_seq"],
    *,
    ranks: Sequence[int],
) -> Figure:
    """How designs fold by themselves: TM-score and RMSD to the backbone against the confidence of the prediction, a point a design.

    Args:
        sc_tm: 0-1, higher is better.
        sc_rmsd: Å, lower is better.
        mean_plddt: 0-100.
        ranks: by score; the best one has another colour, and the first ones are named.
    """
    with house_style():
        figure = Figure(figsize=(5.2, 5.4), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True)
        panels = (
            (upper, sc_tm, SAME_FOLD, f"same fold above {SAME_FOLD:g}"),
            (lower, sc_rmsd, SELF_CONSISTENT, f"self-consistent below {SELF_CONSISTENT:g} Å"),
        )
        for axes, values, line, text in panels:
            axes.scatter(mean_plddt, values, s=34, color=_colors(np.asarray(ranks)), alpha=0.85, linewidths=0)
            axes.axhline(line, color="#777777", linewidth=0.9, linestyle="--", zorder=0)
            axes.text(1.0, line, text, transform=axes.get_yaxis_transform(), ha="right", va="bottom", fontsize=7.5, color="#555555")
        middle, half = float(np.ptp(mean_plddt) / 2 + mean_plddt.min()), max(0.6 * float(np.ptp(mean_plddt)), _LEAST_SPAN / 2)
        upper.set(xlim=(middle - half, middle + half), ylim=(0, 1), ylabel="scTM (0-1); higher is better")
        lower.set(ylim=(0, max(1.15 * float(np.max(sc_rmsd)), 1.5 * SELF_CONSISTENT)), ylabel="scRMSD of CA (Å); lower is better")
        lower.set_xlabel("Mean pLDDT of the prediction (0-100); higher is better")
        figure.draw_without_rendering()
        for axes, values, _, _ in panels:
            _label_points(axes, mean_plddt, values, ranks)
        return figure


def plot_recovery_by_burial(
    neighbors: Float[np.ndarray, " N_res"], recovery: Float[np.ndarray, " N_res"], probability: Float[np.ndarray, " N_res"]
) -> Figure:
    """How often designed residues get their native type, from the surface to the core: means over thirds of the residues.

    Args:
        neighbors: CB atoms within 10 Å of each residue.
        recovery: share of designs with the native type, 0-1.
        probability: that the network gives to the native type, mean over designs, 0-1.
    """
    known = np.isfinite(neighbors) & np.isfinite(recovery)
    neighbors, recovery, probability = neighbors[known], recovery[known], probability[known]
    ends = np.quantile(neighbors, [1 / 3, 2 / 3, 1.0], method="lower") if len(neighbors) else np.zeros(0)
    with house_style():
        figure = Figure(figsize=(5.2, 3.0), layout="constrained")
        axes = figure.add_subplot()
        names, bars = [], []
        for low, high in pairwise((-np.inf, *np.unique(ends))):
            inside = (neighbors > low) & (neighbors <= high)
            names.append(f"{neighbors[inside].min():.0f}-{neighbors[inside].max():.0f}\n{inside.sum()} residues")
            bars.append((np.mean(recovery[inside]), np.mean(probability[inside])))
        places = np.arange(len(bars))
        kinds = ((0, DESIGNED_COLOR, -0.19, "designs with the native type"), (1, "#56B4E9", 0.19, "probability of the native type"))
        for column, color, shift, name in kinds:
            values = [100.0 * pair[column] for pair in bars]
            drawn = axes.bar(places + shift, values, width=0.36, color=color, label=name)
            axes.bar_label(drawn, fmt="%.0f", fontsize=8, padding=1)
        axes.set_xticks(places, names)
        axes.set(ylim=(0, 100), xlabel="CB atoms within 10 Å: surface to core", ylabel="Mean over residues (%)")
        figure.legend(frameon=False, fontsize=8, loc="outside upper center", ncols=2)
        return figure


def _colors(ranks: Int[np.ndarray, " N_seq"]) -> list[str]:
    return [BEST_COLOR if rank == 1 else DESIGNED_COLOR for rank in ranks]


def _label_points(axes: Axes, x: Float[np.ndarray, " N_seq"], y: Float[np.ndarray, " N_seq"], ranks: Sequence[int]) -> None:
    """Ranks beside the points, each at that place around it which covers the fewest points and labels."""
    points = axes.transData.transform(np.column_stack([x, y]))
    taken = [Bbox.from_bounds(across - 4, up - 4, 8, 8) for across, up in points]
    for place in sorted(range(len(ranks)), key=lambda one: ranks[one])[:_LABELED]:
        text, (across, up) = str(ranks[place]), points[place]
        width = 6.0 * len(text)
        boxes = [
            Bbox.from_bounds(across + step * (6 + width / 2) - width / 2, up + rise * 10 - 5, width, 10)
            for step, rise in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1), (2, 0.5), (-2, 0.5), (2, -0.5))
        ]
        box = min(boxes, key=lambda one: sum(one.overlaps(other) for other in taken))
        taken.append(box)
        middle = ((box.x0 + box.x1) / 2 - across, (box.y0 + box.y1) / 2 - up)
        axes.annotate(text, (x[place], y[place]), xytext=middle, textcoords="offset pixels", ha="center", va="center", fontsize=7.5)
