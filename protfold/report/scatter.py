"""A small scatter plot as SVG that takes the page's colours."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from protfold.report.markup import Html, escape

_WIDTH, _HEIGHT = 340.0, 190.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 46.0, 10.0, 12.0, 36.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """A point of the plot.

    Attributes:
        x, y: finite numbers.
        title: what is shown when one points at it.
        href: where a click leads; empty for nowhere.
    """

    x: float
    y: float
    title: str
    href: str = ""


def scatter(dots: Sequence[Dot], *, x_title: str, y_title: str, y_range: tuple[float, float] | None = None) -> Html:
    """Dots over axes that begin at 0.

    Args:
        dots: at least one.
        x_title, y_title: of the axes, with units.
        y_range: of the vertical axis; from 0 to beyond the highest dot when left out.
    """
    x_ticks = _ticks(0.0, max(one.x for one in dots))
    y_ticks = _ticks(*(y_range or (0.0, max(one.y for one in dots))))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (value - x_ticks[0]) / (x_ticks[-1] - x_ticks[0]) * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - (value - y_ticks[0]) / (y_ticks[-1] - y_ticks[0]) * (bottom - _TOP)

    lines = "".join(
        f'<path class="grid" d="M{_LEFT:g} {y(one):.1f}H{right:g}"/>'
        f'<text x="{_LEFT - 5:g}" y="{y(one) + 3:.1f}" text-anchor="end">{one:g}</text>\n'
        for one in y_ticks
    ) + "".join(f'<text x="{x(one):.1f}" y="{bottom + 13:g}" text-anchor="middle">{one:g}</text>\n' for one in x_ticks)
    marks = "".join(_mark(one, x(one.x), y(one.y)) for one in dots)
    return Html(
        f'<svg class="scatter" viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(f"{y_title} by {x_title}")}">\n{lines}'
        f'<path class="axis" d="M{_LEFT:g} {_TOP:g}V{bottom:g}H{right:g}"/>\n{marks}'
        f'<text class="title" x="{(_LEFT + right) / 2:g}" y="{_HEIGHT - 6:g}" text-anchor="middle">{escape(x_title)}</text>\n'
        f'<text class="title" transform="translate(10 {(_TOP + bottom) / 2:g}) rotate(-90)" text-anchor="middle">{escape(y_title)}</text>\n'
        "</svg>\n"
    )


def _ticks(low: float, high: float) -> list[float]:
    ticks = np.asarray(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high if high > low else low + 1.0))
    return [float(one) for one in ticks.round(9) if one >= low]


def _mark(one: Dot, x: float, y: float) -> str:
    circle = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{escape(one.title)}</title></circle>'
    return f'<a href="{escape(one.href)}">{circle}</a>\n' if one.href else f"{circle}\n"
