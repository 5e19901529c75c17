"""Pictures of one target: confidence, alignment coverage, contacts. Å; residues are numbered from 1.

Each function returns a new `matplotlib.figure.Figure` and leaves no global state changed, so it works without a display, in threads
and in notebooks. Colours are told apart by colour-blind readers, and bands and lines carry text beside their colour.
"""

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from protfold.constants.residues import GAP
from protfold.entities import Msa
from protfold.typing import Float

MAX_PAE = 30.0
DOTS_PER_INCH = 150

# AlphaFold DB's confidence bands: lower bound, colour, name.
PLDDT_BANDS = (
    (90.0, "#0053D6", "very high"),
    (70.0, "#65CBF3", "high"),
    (50.0, "#FFDB13", "low"),
    (0.0, "#FF7D45", "very low"),
)
# Okabe & Ito's palette without yellow, which is too pale for a line.
LINE_COLORS = ("#000000", "#D55E00", "#009E73", "#CC79A7", "#0072B2", "#E69F00", "#56B4E9")

_STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 100,
    "savefig.dpi": DOTS_PER_INCH,
    "image.interpolation": "nearest",
}

_ONE_AT_A_TIME = threading.RLock()


@contextmanager
def house_style() -> Iterator[None]:
    """Matplotlib's defaults and ours, whatever the user has set; its settings are global, so one thread draws at a time."""
    with _ONE_AT_A_TIME, style.context(["default", _STYLE]):
        yield


def plot_plddt(plddts: Sequence[Float[np.ndarray, " N_res"]], *, chain_lengths: Sequence[int] = ()) -> Figure:
    """Confidence (pLDDT) along the sequence, one line for each ranked prediction, best in black; vertical lines are chain ends.

    Args:
        plddts: 0-100, best prediction first.
        chain_lengths: residues of each chain; one chain when left out.
    """
    with house_style():
        figure = Figure(figsize=(7.0, 3.2), layout="constrained")
        axes = figure.add_subplot()
        num_residues = len(plddts[0])
        upper = 100.0
        for lower, color, name in PLDDT_BANDS:
            axes.axhspan(lower, upper, color=color, alpha=0.16, linewidth=0)
            axes.text(1.005, (lower + upper) / 200, name, transform=axes.transAxes, va="center", fontsize=8, color="#444444")
            upper = lower
        for rank in reversed(range(len(plddts))):
            axes.plot(
                np.arange(1, num_residues + 1),
                plddts[rank],
                color=LINE_COLORS[rank % len(LINE_COLORS)],
                linewidth=1.4 if rank == 0 else 0.9,
                linestyle="-" if rank < len(LINE_COLORS) else "--",
                label=f"rank {rank + 1}: mean {np.mean(plddts[rank]):.1f}",
            )
        _draw_chain_ends(axes, chain_lengths, horizontal=False)
        axes.set(xlim=(0.5, num_residues + 0.5), ylim=(0, 100), xlabel="Residue", ylabel="pLDDT")
        axes.xaxis.set_major_locator(_residue_ticks())
        handles, labels = axes.get_legend_handles_labels()
        columns = min(len(plddts), 4)
        figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=columns, fontsize=8, frameon=False)
        return figure


def plot_pae(
    paes: Sequence[Float[np.ndarray, "N_res N_res"]], *, chain_lengths: Sequence[int] = (), titles: Sequence[str] = ()
) -> Figure:
    """Predicted aligned error, one panel for each ranked prediction, on the fixed scale 0-30 Å.

    Row i, column j: the error expected at residue j when prediction and truth are aligned on residue i.

    Args:
        paes: Å, best prediction first.
        chain_lengths: residues of each chain; one chain when left out.
        titles: of the panels, when there are several; `rank 1`, ... when left out.
    """
    titles = titles or [f"rank {rank}" for rank in range(1, len(paes) + 1)]
    with house_style():
        num_columns = min(len(paes), 5)
        num_rows = -(-len(paes) // num_columns)
        figure = Figure(figsize=(1.2 + 3.4 * num_columns, 0.2 + 3.4 * num_rows), layout="constrained")
        panels = figure.subplots(num_rows, num_columns, squeeze=False)
        for axes in panels.flat[len(paes) :]:
            axes.set_visible(False)
        for axes, pae, title in zip(panels.flat, paes, titles, strict=False):
            image = _draw_map(axes, pae, color_map="Greens_r", maximum=MAX_PAE, chain_lengths=chain_lengths)
            axes.set(xlabel="Scored residue", ylabel="Aligned residue")
            if len(paes) > 1:
                axes.set_title(title)
        figure.colorbar(image, ax=list(panels.flat), label="Expected position error (Å)", shrink=0.8)
        return figure


def plot_contacts(probabilities: Float[np.ndarray, "N_res N_res"], *, chain_lengths: Sequence[int] = ()) -> Figure:
    """Probability that two residues' CB atoms (CA of glycine) lie within 8 Å, from the distogram.

    Args:
        probabilities: 0-1.
        chain_lengths: residues of each chain; one chain when left out.
    """
    with house_style():
        figure = Figure(figsize=(4.9, 3.7), layout="constrained")
        axes = figure.add_subplot()
        image = _draw_map(axes, probabilities, color_map="Blues", maximum=1.0, chain_lengths=chain_lengths)
        axes.set(xlabel="Residue", ylabel="Residue")
        figure.colorbar(image, ax=axes, label="Probability of contact (CB-CB below 8 Å)", shrink=0.9)
        return figure


def plot_msa_coverage(msa: Msa, *, chain_lengths: Sequence[int] = ()) -> Figure:
    """Aligned rows sorted by identity to the query (colour), and the number of residues in each column (black line).

    Identity counts over the query's columns, gaps as different; gaps are white.

    Args:
        msa: the alignment given to the network.
        chain_lengths: residues of each chain; one chain when left out.
    """
    is_residue = msa.residues != GAP
    identity = ((msa.residues == msa.residues[0]) & is_residue).mean(axis=1)
    order = np.argsort(identity, kind="stable")
    shown = np.where(is_residue[order], identity[order, None], np.nan)
    with house_style():
        figure = Figure(figsize=(7.0, 4.0), layout="constrained")
        axes = figure.add_subplot()
        extent = (0.5, msa.num_residues + 0.5, 0, msa.depth)
        image = axes.imshow(
            _thin_rows(shown), cmap="viridis_r", vmin=0, vmax=1, aspect="auto", origin="lower", extent=extent, rasterized=True
        )
        axes.plot(
            np.arange(1, msa.num_residues + 1),
            is_residue.sum(axis=0),
            color="black",
            linewidth=1.2,
            path_effects=[withStroke(linewidth=2.6, foreground="white")],
        )
        _draw_chain_ends(axes, chain_lengths, horizontal=False)
        axes.set(xlim=extent[:2], ylim=(0, msa.depth * 1.02), xlabel="Residue", ylabel="Sequences")
        axes.xaxis.set_major_locator(_residue_ticks())
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_title("Sequence coverage")
        figure.colorbar(image, ax=axes, label="Sequence identity to query")
        return figure


def figure_to_png(figure: Figure) -> bytes:
    """PNG bytes that depend on the picture alone: no time, no software name."""
    buffer = io.BytesIO()
    with house_style():
        figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _draw_map(axes: Axes, values: np.ndarray, *, color_map: str, maximum: float, chain_lengths: Sequence[int]) -> AxesImage:
    num_residues = len(values)
    edges = (0.5, num_residues + 0.5)
    image = axes.imshow(values, cmap=color_map, vmin=0, vmax=maximum, extent=(*edges, *edges[::-1]), origin="upper")
    _draw_chain_ends(axes, chain_lengths, horizontal=True)
    axes.set(xlim=edges, ylim=edges[::-1])
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(_residue_ticks())
    for spine in axes.spines.values():
        spine.set_visible(True)
    return image


def _residue_ticks() -> MaxNLocator:
    return MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)


def _draw_chain_ends(axes: Axes, chain_lengths: Sequence[int], *, horizontal: bool) -> None:
    for end in np.cumsum(chain_lengths)[:-1]:
        axes.axvline(end + 0.5, color="black", linewidth=0.8)
        if horizontal:
            axes.axhline(end + 0.5, color="black", linewidth=0.8)


def _thin_rows(rows: np.ndarray, most: int = 2000) -> np.ndarray:
    """Evenly picked rows when there are more than the picture has dots for."""
    return rows if len(rows) <= most else rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]
