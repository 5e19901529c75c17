"""A container as a small block of HTML, as notebooks show it: a title, facts, and pieces such as strips along the sequence."""

from collections.abc import Mapping
from html import escape

import numpy as np

from protfold.typing import Float

LONGEST = 80
"""Characters of a name in a title or a line."""
_COLOR = "#0072B2"
_FRAME = "font:13px/1.45 sans-serif;border:1px solid #8886;border-radius:6px;padding:8px 12px;margin:2px 0;max-width:760px;overflow-x:auto"
_LABEL = "text-align:left;vertical-align:top;padding:1px 14px 1px 0;font-weight:normal;opacity:.7;white-space:nowrap"
_VALUE = "text-align:left;vertical-align:top;padding:1px 0;overflow-wrap:anywhere"


def shown(text: str, longest: int = LONGEST) -> str:
    """A user's text in one line: what does not print is spelled out as in Python, and what is long is cut."""
    line = "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def card(title: str, facts: Mapping[str, str], *pieces: str) -> str:
    """A block of HTML.

    Args:
        title, facts: text, which is escaped.
        pieces: markup that stands below the facts.
    """
    rows = "".join(
        f'<tr style="background:none"><th scope="row" style="{_LABEL}">{escape(shown(label))}</th>'
        f'<td style="{_VALUE}">{escape(shown(value, 2000))}</td></tr>'
        for label, value in facts.items()
    )
    return (
        f'<div style="{_FRAME}"><div style="font-weight:600">{escape(shown(title))}</div>'
        f'<table style="border-collapse:collapse;margin:4px 0;font:inherit">{rows}</table>{"".join(pieces)}</div>'
    )


def strip(values: Float[np.ndarray, " N_columns"], *, maximum: float, label: str) -> str:
    """Columns from 0 to a maximum as one small filled line; `label` says what it is, and NaN leaves a hole.

    Args:
        values: of each column; of more than 600 the means of neighbors are drawn.
        maximum: top of the picture.
        label: text below it, which is escaped.
    """
    bins = np.array_split(values, min(len(values), 600))
    heights = [float(np.clip(np.mean(one) / maximum, 0.0, 1.0)) for one in bins]
    bars = "".join(
        f"M{place} 40V{40.0 - 40.0 * height:.1f}h1V40z"
        for place, height in enumerate(heights)
        if np.isfinite(height) and height > 0
    )
    text, line = escape(shown(label, 200)), "display:block;width:100%;max-width:620px;height:40px;border-bottom:1px solid #888"
    return (
        f'<svg role="img" aria-label="{text}" viewBox="0 0 {len(heights)} 40" preserveAspectRatio="none" style="{line}">'
        f'<path d="{bars}" fill="{_COLOR}"/></svg><div style="font-size:11px;opacity:.75">{text}</div>'
    )
