"""Ramachandran plots of a model as SVG: four classes of residues, each over its favoured and allowed regions. Degrees."""

from itertools import groupby

import numpy as np

from protfold.constants.ramachandran import CELL, REGIONS
from protfold.entities import Protein
from protfold.metrics.backbone_torsions import backbone_torsions
from protfold.metrics.ramachandran import CLASSES, ramachandran_regions, residue_classes
from protfold.report.markup import Html, escape, joined, paragraph
from protfold.report.residue_names import residue_name

MOST_NAMED = 20
_SIDE, _LEFT, _TOP = 180.0, 26.0, 16.0


def ramachandran_view(protein: Protein) -> Html:
    """Four panels, and in words how many residues lie where; outliers are named."""
    regions = ramachandran_regions(protein)
    kinds = residue_classes(protein)
    panels = "".join(_panel(protein, index, kinds, regions) for index in range(len(CLASSES)))
    return joined(_summary(protein, regions), Html(f'<div class="ramachandran">\n{panels}</div>\n'))


def _summary(protein: Protein, regions: np.ndarray) -> Html:
    num_measured = int((regions != " ").sum())
    if not num_measured:
        return paragraph("No residue has both torsions.")
    shares = {letter: 100.0 * float((regions == letter).sum()) / num_measured for letter in "FAO"}
    outliers = np.flatnonzero(regions == "O").tolist()
    named = ", ".join(residue_name(protein, row) for row in outliers[:MOST_NAMED])
    more = f" and {len(outliers) - MOST_NAMED} more" if len(outliers) > MOST_NAMED else ""
    return joined(
        paragraph(
            f"Of {num_measured} residues with both torsions {shares['F']:.1f} % lie in favoured regions (98 % do in well resolved"
            f" crystal structures), {shares['A']:.1f} % in allowed ones, {shares['O']:.1f} % outside both."
        ),
        paragraph(f"Outside: {named}{more}.") if outliers else "",
    )


def _panel(protein: Protein, index: int, kinds: np.ndarray, regions: np.ndarray) -> str:
    torsions = backbone_torsions(protein)
    rows = np.flatnonzero((kinds == index) & (regions != " ")).tolist()
    dots = "".join(_dot(protein, row, torsions.phi[row], torsions.psi[row], regions[row] == "O") for row in rows)
    ticks = "".join(_tick(value) for value in (-180.0, -90.0, 0.0, 90.0, 180.0))
    middle_x, middle_y = _x(0.0), _y(0.0)
    title = f"{CLASSES[index].capitalize()}: {len(rows)} residue{'s' if len(rows) != 1 else ''}"
    return (
        f'<svg viewBox="0 0 {_LEFT + _SIDE + 10:g} {_TOP + _SIDE + 30:g}" role="img" aria-label="{escape(title)}">\n'
        f'<text class="title" x="{middle_x:g}" y="10" text-anchor="middle">{escape(title)}</text>\n'
        f"{_region_bars(CLASSES[index])}"
        f'<path class="axis" d="M{middle_x:g} {_TOP:g}v{_SIDE:g}M{_LEFT:g} {middle_y:g}h{_SIDE:g}"/>\n{dots}'
        f'<rect class="frame" x="{_LEFT:g}" y="{_TOP:g}" width="{_SIDE:g}" height="{_SIDE:g}"/>\n{ticks}'
        f'<text x="{middle_x:g}" y="{_TOP + _SIDE + 24:g}" text-anchor="middle">phi (°)</text>\n'
        f'<text transform="translate(6 {middle_y:g}) rotate(-90)" text-anchor="middle">psi (°)</text>\n</svg>\n'
    )


def _region_bars(kind: str) -> str:
    """Each row of the drawing as bars of equal letters."""
    paths = {"F": "", "A": ""}
    size = _SIDE * CELL / 360.0
    for line, letters in enumerate(REGIONS[kind]):
        for letter, run in groupby(enumerate(letters), key=lambda one: one[1]):
            cells = [place for place, _ in run]
            if letter in paths:
                paths[letter] += (
                    f"M{_LEFT + cells[0] * size:g} {_TOP + line * size:g}h{len(cells) * size:g}v{size:g}h{-len(cells) * size:g}z"
                )
    return f'<path class="favoured" d="{paths["F"]}"/>\n<path class="allowed" d="{paths["A"]}"/>\n'


def _dot(protein: Protein, row: int, phi: float, psi: float, outlier: bool) -> str:
    name = escape(f"{residue_name(protein, row)}: phi {phi:.0f}°, psi {psi:.0f}°")
    kind, radius = (' class="outlier"', 2.4) if outlier else ("", 1.6)
    return f'<circle{kind} data-place="{row}" cx="{_x(phi):.1f}" cy="{_y(psi):.1f}" r="{radius}"><title>{name}</title></circle>\n'


def _tick(value: float) -> str:
    return (
        f'<text x="{_x(value):g}" y="{_TOP + _SIDE + 12:g}" text-anchor="middle">{value:g}</text>'
        f'<text x="{_LEFT - 3:g}" y="{_y(value) + 3:g}" text-anchor="end">{value:g}</text>\n'
    )


def _x(phi: float) -> float:
    return _LEFT + (phi + 180.0) / 360.0 * _SIDE


def _y(psi: float) -> float:
    return _TOP + (180.0 - psi) / 360.0 * _SIDE
