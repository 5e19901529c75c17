"""Pieces of HTML. Whatever is no `Html` is untrusted text and is escaped where it enters.

Names and titles come from users' files: besides HTML's own characters, those that cannot be seen (control characters, marks that turn
the direction of writing, lone surrogates) are spelled out, so that no name looks like another or breaks a page.
"""

import base64
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape as escape_html
from typing import Any, Literal

Cell = str | float | int | None

_LONG = 40
"""Letters from which on a cell may break anywhere."""
_LARGE = 1e7
"""Numbers from here on are written with a power of ten."""


class Html(str):
    """Markup made by this package; everything else is text."""

    __slots__ = ()


def visible(text: str) -> str:
    """Text with every character that does not print, line ends too, spelled out as Python does."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def escape(text: str) -> Html:
    """Text as markup, for between tags and for quoted attributes; `Html` stays as it is."""
    return text if isinstance(text, Html) else Html(escape_html(visible(text)))


def name(text: str) -> Html:
    """A user's name for something, kept from turning the direction of what stands around it."""
    return Html(f"<bdi>{escape(text)}</bdi>")


def joined(*parts: str) -> Html:
    """Pieces one after another; text among them is escaped."""
    return Html("".join(escape(part) for part in parts))


def paragraph(*parts: str, kind: str = "") -> Html:
    """A paragraph, with a CSS class where one is given."""
    attribute = f' class="{escape(kind)}"' if kind else ""
    return Html(f"<p{attribute}>{joined(*parts)}</p>\n")


def bullets(lines: Iterable[str]) -> Html:
    """A list of lines; nothing for none."""
    items = "".join(f"<li>{escape(line)}</li>\n" for line in lines)
    return Html(f"<ul>\n{items}</ul>\n" if items else "")


def json_block(block_id: str, data: Any) -> Html:
    """Data for the page's scripts, which find it by the id; plain ASCII without `<`, `>` and `&`, so nothing in it can end the block."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for one in "<>&":
        text = text.replace(one, f"\\u{ord(one):04x}")
    return Html(f'<script type="application/json" id="{escape(block_id)}">{text}</script>\n')


def base64_text(content: bytes) -> str:
    """Bytes as text, for data blocks."""
    return base64.b64encode(content).decode()


def png_image(png: bytes, *, alt: str, caption: str = "") -> Html:
    """A picture that lies in the page; `alt` says in words what it shows."""
    note = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return Html(f'<figure><img alt="{escape(alt)}" src="data:image/png;base64,{base64_text(png)}">{note}</figure>\n')


def command_block(command: str) -> Html:
    """A command line with a button that copies it."""
    return Html(
        f'<div class="command"><pre><code>{escape(command)}</code></pre><button type="button" data-copy>Copy</button></div>\n'
    )


def details(summary: str, *parts: str) -> Html:
    """Something that is folded away until asked for."""
    return Html(f"<details><summary>{escape(summary)}</summary>\n{joined(*parts)}</details>\n")


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A table's column.

    Attributes:
        title: what it holds.
        unit: of its values, or their range: `Å`, `0-100`.
        better: which way is good, where there is one.
        digits: decimals of its numbers; None for a column of text.
    """

    title: str
    unit: str = ""
    better: Literal["", "higher", "lower"] = ""
    digits: int | None = None


def table(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, sortable: bool = False, caption: str = "") -> Html:
    """A table; None, NaN and infinity are dashes. A sortable one is sorted by a click on a column's title."""
    heads = "".join(_head(column, sortable) for column in columns)
    lines = "".join(
        "<tr>" + "".join(_cell(column, cell) for column, cell in zip(columns, row, strict=True)) + "</tr>\n" for row in rows
    )
    note = f"<caption>{escape(caption)}</caption>" if caption else ""
    sorting = " data-sortable" if sortable else ""
    return Html(
        f'<div class="wide" tabindex="0"><table{sorting}>{note}<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{lines}</tbody></table></div>\n"
    )


def _head(column: Column, sortable: bool) -> str:
    facts = ", ".join(part for part in (column.unit, column.better and f"{column.better} is better") if part)
    title = f'<button type="button">{escape(column.title)}</button>' if sortable else escape(column.title)
    small = f"<small>{escape(facts)}</small>" if facts else ""
    kind = "" if column.digits is None else ' class="number"'
    return f'<th scope="col"{kind}>{title}{small}</th>'


def _cell(column: Column, cell: Cell) -> str:
    if column.digits is None:
        text = "–" if cell is None else cell if isinstance(cell, str) else str(cell)
        kind = ' class="text"' if len(text) > _LONG and not isinstance(text, Html) else ""
        return f"<td{kind}>{escape(text)}</td>"
    if isinstance(cell, str):
        return f'<td class="number">{escape(cell)}</td>'
    if cell is None or not math.isfinite(cell):
        return '<td class="number" data-value="">–</td>'
    shown = f"{cell:.2e}" if abs(cell) >= _LARGE else f"{cell:.{column.digits}f}"
    return f'<td class="number" data-value="{cell!r}">{shown}</td>'
