"""Sequence logos: stacks of letters whose heights are probabilities or information.

Schneider & Stephens (1990), doi 10.1093/nar/18.20.6097.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from protfold.constants.residues import RESIDUES
from protfold.report.plots import house_style
from protfold.report.residue_groups import RESIDUE_COLORS, RESIDUE_GROUPS
from protfold.typing import Bool, Float

Unit = Literal["bits", "probability"]
MAXIMUM: dict[Unit, float] = {"bits": float(np.log2(len(RESIDUES))), "probability": 1.0}
RESIDUES_A_ROW = 50
FIXED_COLOR = "#DCDCDC"
_LEAST_SHOWN = 0.004
"""Share of the axis below which a letter is no dot high and is not drawn."""
_LETTER_WIDTH = 0.92


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LogoChain:
    """The residues of one chain, in order.

    Attributes:
        name: of the chain.
        probabilities: of each type, in the order of `protfold.constants.residues.RESIDUES`; NaN where there are none.
        numbers: author numbers with insertion codes.
        native: letters, X for unknown.
        fixed: residues that may not change.
    """

    name: str
    probabilities: Float[np.ndarray, "N_res 20"]
    numbers: tuple[str, ...]
    native: str
    fixed: Bool[np.ndarray, " N_res"]


def logo_heights(probabilities: Float[np.ndarray, "N_res 20"], *, unit: Unit = "bits") -> Float[np.ndarray, "N_res 20"]:
    """Height of each letter: its probability, or that times the information of its residue, log2(20) - entropy, bits.

    No correction for small samples is made, since these are probabilities and not counts. NaN stays.
    """
    if unit == "probability":
        return probabilities
    entropy = -(probabilities * np.log2(np.maximum(probabilities, 1e-300))).sum(-1, keepdims=True)
    return np.asarray(probabilities * (MAXIMUM["bits"] - entropy))


def plot_logo(chains: Sequence[LogoChain], *, unit: Unit = "bits", residues_a_row: int = RESIDUES_A_ROW) -> Figure:
    """A logo of each chain, wrapped into rows; below each stack the native type, grey where the residue is fixed.

    Rows in which every residue is fixed are left out, unless all are.

    Args:
        chains: what to show.
        unit: of the heights.
        residues_a_row: stacks in a row.
    """
    rows = [(chain, span) for chain in chains for span in _spans(len(chain.native), residues_a_row)]
    rows = [(chain, span) for chain, span in rows if not chain.fixed[span].all()] or rows
    width = max(span.stop - span.start for _, span in rows)
    with house_style():
        figure = Figure(figsize=(min(9.65, max(4.5, 0.9 + 0.27 * width)), 0.5 + 1.28 * len(rows)))
        figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.02, hspace=0.03))
        panels = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
        for axes, (chain, span) in zip(panels, rows, strict=True):
            _draw_row(axes, chain, span, unit)
            axes.set_xlim(0.4, width + 0.6)
            axes.spines["bottom"].set_bounds(0.4, span.stop - span.start + 0.6)
            axes.set_ylabel(unit if len(chains) == 1 else f"chain {chain.name}\n{unit}", parse_math=False)
        handles = [
            Patch(facecolor=color, linewidth=0, label=f"{name}: {' '.join(letters)}") for name, letters, color in RESIDUE_GROUPS
        ]
        if any(chain.fixed[span].any() for chain, span in rows):
            handles.append(Patch(facecolor=FIXED_COLOR, linewidth=0, label="fixed"))
        columns = len(handles) if width > 24 else 4 if width > 12 else 2
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, fontsize=7.5, frameon=False, handlelength=0.9)
        return figure


def _spans(length: int, longest: int) -> list[slice]:
    """Rows of nearly one length."""
    size = -(-length // -(-length // longest))
    return [slice(start, min(start + size, length)) for start in range(0, length, size)]


def _draw_row(axes: Axes, chain: LogoChain, span: slice, unit: Unit) -> None:
    heights = logo_heights(chain.probabilities[span], unit=unit)
    maximum = MAXIMUM[unit]
    for left in np.flatnonzero(chain.fixed[span]) + 0.5:
        axes.axvspan(left, left + 1.0, color=FIXED_COLOR, linewidth=0, zorder=0)
    glyphs: dict[str, list[Path]] = {}
    for place, column in enumerate(np.nan_to_num(heights), start=1):
        bottom = 0.0
        for code in np.argsort(column, kind="stable").tolist():
            if column[code] >= _LEAST_SHOWN * maximum:
                glyphs.setdefault(RESIDUES[code], []).append(_placed(RESIDUES[code], place, bottom, float(column[code])))
            bottom += float(column[code])
    for letter, paths in sorted(glyphs.items()):
        axes.add_patch(PathPatch(Path.make_compound_path(*paths), facecolor=RESIDUE_COLORS[letter], linewidth=0, gid=letter))
    for place, letter in enumerate(chain.native[span], start=1):
        axes.text(place, -0.035 * maximum, letter, ha="center", va="top", fontsize=7.5, family="DejaVu Sans Mono", color="#555555")
    numbers = chain.numbers[span]
    shown = [place for place, number in enumerate(numbers, start=1) if place == 1 or number.endswith("0")]
    if len(shown) > 1 and shown[1] - shown[0] < 3:
        shown.pop(1)
    axes.set_xticks(shown, [numbers[place - 1] for place in shown])
    axes.tick_params(axis="x", length=0, pad=9, labelsize=8)
    axes.set_ylim(0, maximum)
    axes.set_yticks([0, 1, 2, 3, 4] if unit == "bits" else [0, 0.5, 1])


def _placed(letter: str, place: int, bottom: float, height: float) -> Path:
    glyph = _glyph(letter)
    return Path(np.asarray(glyph.vertices) * [_LETTER_WIDTH, height] + [place - _LETTER_WIDTH / 2, bottom], glyph.codes)


@cache
def _glyph(letter: str) -> Path:
    """Its outline, from 0 to 1 in both directions."""
    family = "DejaVu Sans Mono" if letter == "I" else "DejaVu Sans"  # an I with serifs, which fills its place
    path = TextPath((0, 0), letter, size=100, prop=FontProperties(family=family, weight="bold"))
    box = path.get_extents()
    return Path((path.vertices - [box.x0, box.y0]) / [box.width, box.height], path.codes)
