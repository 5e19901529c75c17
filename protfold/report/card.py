"""Results as blocks of HTML in a notebook: a title, facts, a table, small pictures."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from protfold.entities.card import card
from protfold.report.markup import Cell, Column, base64_text, bullets, escape, table
from protfold.report.plots import figure_to_png

_STYLE = (
    "<style>.protfold-card th,.protfold-card td{padding:2px 12px 2px 0;text-align:left!important;vertical-align:top}"
    ".protfold-card .number{text-align:right!important}.protfold-card small{display:block;font-weight:normal;opacity:.7}"
    ".protfold-card table{border-collapse:collapse;font:inherit}.protfold-card ul{margin:4px 0;padding-left:18px}"
    ".protfold-card img{height:190px;margin:6px 8px 0 0;background:white}</style>"
)


def result_card(
    title: str,
    facts: Mapping[str, str],
    *,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    figures: Mapping[str, Figure] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """A block of HTML.

    Args:
        title, facts: text, which is escaped.
        columns, rows: of the table.
        figures: small pictures side by side; the key says in words what each shows.
        notes: lines below, which are escaped.
    """
    pictures = "".join(
        f'<img alt="{escape(alt)}" src="data:image/png;base64,{base64_text(figure_to_png(figure))}">'
        for alt, figure in (figures or {}).items()
    )
    return card(title, facts, f'<div class="protfold-card">{_STYLE}{table(columns, rows)}{pictures}{bullets(notes)}</div>')
