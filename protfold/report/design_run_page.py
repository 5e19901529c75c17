"""The page of a design run: its backbones, what became of each, and where its own page is."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from protfold.report.markup import Cell, Column, Html, bullets, escape, joined, name, paragraph, table
from protfold.report.page import Section, page

_COLUMNS = (
    Column(title="Backbone"),
    Column(title="Status"),
    Column(title="Residues", digits=0),
    Column(title="Designed", digits=0),
    Column(title="Different sequences", digits=0),
    Column(title="Best score", unit="nats", better="lower", digits=3),
    Column(title="Native score", unit="nats", better="lower", digits=3),
    Column(title="Mean recovery", unit="0-1", digits=2),
    Column(title="Diversity", unit="0-1", digits=2),
    Column(title="Temperature", digits=2),
    Column(title="Best scTM", unit="0-1", better="higher", digits=2),
    Column(title="Time", unit="s", digits=1),
)
_NUMBERS = (
    *("num_residues", "num_designed", "num_distinct", "best_score", "native_score", "mean_recovery", "diversity", "temperature"),
    *("best_sc_tm", "seconds"),
)


def design_run_page(rows: Sequence[Mapping[str, Any]], *, with_page: Collection[str]) -> str:
    """The text of the page.

    Args:
        rows: of `design_summary.json`, one for each backbone.
        with_page: folders of the backbones that have pages of their own.
    """
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{number} {status}" for status, number in sorted(counts.items()))
    problems = [row for row in rows if row["reason"]]
    sections = []
    if problems:
        lines = [joined(name(row["folder"]), f": {row['reason']}") for row in problems]
        sections.append(Section(title="Problems", body=joined(Html('<div class="problem">'), bullets(lines), Html("</div>\n"))))
    words = (
        "Score: mean of -log p over designed residues. Recovery, means over samples: share of designed residues as in the native sequence; "
        "no measure of quality. Diversity: 1 - mean identity between samples. Time: wall time of the run that designed."
    )
    sections.append(
        Section(
            title="Backbones",
            body=joined(paragraph(words, kind="note"), table(_COLUMNS, [_row(row, with_page) for row in rows], sortable=True)),
        )
    )
    return page("Design run", sections, kind="Run report", lead=paragraph(f"{len(rows)} backbones: {told}.", kind="lead"))


def _row(row: Mapping[str, Any], with_page: Collection[str]) -> list[Cell]:
    shown = name(row["folder"])
    if row["folder"] in with_page:
        shown = Html(f'<a href="{escape(quote(row["folder"]))}/report.html">{shown}</a>')
    return [shown, row["status"], *(row[number] for number in _NUMBERS)]
