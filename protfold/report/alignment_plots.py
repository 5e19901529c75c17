"""Pictures of an alignment: what stands in its columns, and how many sequences it is really worth."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from protfold.constants.residues import GAP, RESIDUES
from protfold.entities import Msa
from protfold.features.couplings import MAX_ROWS, effective_weights
from protfold.report.plots import LINE_COLORS, house_style
from protfold.typing import Float

MAX_BITS = float(np.log2(len(RESIDUES)))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AlignmentColumns:
    """What stands in the columns of an alignment; rows count by their weights.

    Attributes:
        occupancy: share of the rows that have a residue, 0-1.
        effective: effective sequences with a residue: rows that are 80 % identical or more share one weight.
        conservation: log2(20) less the entropy of the residues and less what as few sequences would show by chance, bits: 0 for all
            twenty alike or for too few sequences to tell, 4.32 for one type in many.
        num_effective: effective sequences of the alignment.
    """

    occupancy: Float[np.ndarray, " N_res"]
    effective: Float[np.ndarray, " N_res"]
    conservation: Float[np.ndarray, " N_res"]
    num_effective: float


def alignment_columns(msa: Msa) -> AlignmentColumns:
    """Measure the columns; of a deep alignment the first 4,000 rows are taken.

    Weights: Morcos et al. (2011), doi 10.1073/pnas.1111471108. Conservation with its correction for small samples, of which there are as
    many as effective sequences: Schneider & Stephens (1990), doi 10.1093/nar/18.20.6097.
    """
    residues = msa.residues[:MAX_ROWS]
    weights = effective_weights(residues)
    counts = np.stack([weights @ (residues == code) for code in range(len(RESIDUES))])
    total = np.maximum(counts.sum(0), 1e-300)
    shares = counts / total
    entropy = -(shares * np.log2(np.maximum(shares, 1e-300))).sum(0)
    by_chance = (len(RESIDUES) - 1) / (2.0 * np.log(2.0) * total)
    return AlignmentColumns(
        occupancy=msa.occupancy,
        effective=np.asarray(weights @ (residues != GAP)),
        conservation=np.clip(MAX_BITS - entropy - by_chance, 0.0, None),
        num_effective=float(weights.sum()),
    )


def plot_alignment_columns(columns: AlignmentColumns) -> Figure:
    """Effective sequences, gaps and conservation along the query."""
    places = np.arange(1, len(columns.occupancy) + 1)
    panels = (
        (columns.effective, "Effective\nsequences", LINE_COLORS[4], None),
        (100.0 * (1.0 - columns.occupancy), "Gaps\n(% of rows)", LINE_COLORS[1], 100.0),
        (columns.conservation, "Conservation\n(bits, 0-4.3)", LINE_COLORS[2], MAX_BITS),
    )
    with house_style():
        figure = Figure(figsize=(7.0, 4.6), layout="constrained")
        for axes, (values, label, color, maximum) in zip(figure.subplots(3, 1, sharex=True), panels, strict=True):
            axes.bar(places, values, width=1.0, color=color)
            axes.set_ylabel(label)
            axes.set_ylim(0, maximum)
        axes.set(xlim=(0.5, len(places) + 0.5), xlabel="Residue of the query")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=9, steps=[1, 2, 5, 10], integer=True))
        figure.align_ylabels()
        return figure


def plot_by_depth(depths: Float[np.ndarray, " N"], values: Mapping[str, Float[np.ndarray, " N"]], *, label: str) -> Figure:
    """Measures against the effective sequences of the alignment they were made from, on a logarithmic axis.

    Args:
        depths: effective sequences.
        values: measures by name, 0-1.
        label: of the vertical axis.
    """
    with house_style():
        figure = Figure(figsize=(5.4, 3.4), layout="constrained")
        axes = figure.add_subplot()
        for (name, measured), color, marker in zip(values.items(), LINE_COLORS, "osD^v<>", strict=False):
            axes.plot(depths, measured, color=color, marker=marker, markersize=5, linewidth=1.3, label=name)
        axes.set(xscale="log")
        axes.set_xticks(depths, [f"{depth:.0f}" for depth in depths])
        axes.minorticks_off()
        axes.set(ylim=(0, 1), xlabel="Effective sequences", ylabel=label)
        axes.legend(frameon=False, fontsize=8)
        return figure
