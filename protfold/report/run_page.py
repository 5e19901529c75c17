"""The page of a run: its targets with status, scores, times and memory, reasons of failures, links to the targets' pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from protfold.report.markup import Column, Html, escape, joined, name, paragraph, table
from protfold.report.page import Section, page
from protfold.report.scatter import Dot, scatter

STAGES = ("align", "predict", "relax", "save")
_STATUS = {"done": "done", "skipped": "complete already", "failed": "failed"}
_COLUMNS = (
    Column(title="Target"),
    Column(title="Status"),
    Column(title="Length", unit="residues", digits=0),
    Column(title="Alignment", unit="sequences", digits=0),
    Column(title="Mean pLDDT", unit="0-100", digits=1),
    Column(title="pTM", unit="0-1", digits=3),
    *(Column(title=stage.capitalize(), unit="s", digits=1) for stage in STAGES),
    Column(title="Peak memory", unit="MiB", digits=0),
)

Row = Mapping[str, Any]


def run_page(rows: Sequence[Row], with_page: frozenset[str]) -> str:
    """The whole page.

    Args:
        rows: of `summary.json`.
        with_page: folders of targets whose own page is there.
    """
    return page(
        f"{len(rows)} target{'s' if len(rows) != 1 else ''}",
        list(_sections(rows, with_page)),
        kind="Structure prediction run",
        lead=_lead(rows),
        styles=("run_page.css",),
    )


def _sections(rows: Sequence[Row], with_page: frozenset[str]) -> Iterator[Section]:
    if problems := [row for row in rows if row["reason"]]:
        told = [(_linked(row, with_page), _status(row), _reason(row)) for row in problems]
        columns = (Column(title="Target"), Column(title="Status"), Column(title="Reason"))
        yield Section(title="Problems", body=table(columns, told))
    note = (
        "pLDDT and pTM are those of the best model; higher is better. Times are wall times of the run that did the work; a stage whose"
        " result was there already has none. A click on a column's title sorts."
    )
    body = table(_COLUMNS, [_cells(row, with_page) for row in rows], sortable=True)
    yield Section(title="Targets", body=joined(body, paragraph(note, kind="note")))
    timed = [_dot(row, with_page, sum(seconds), "s") for row in rows if row["length"] and (seconds := _seconds(row))]
    if timed:
        yield Section(
            title="Time by length", body=scatter(timed, x_title="Length (residues)", y_title="Time of all stages (s)"), wide=False
        )
    scored = [_dot(row, with_page, row["mean_plddt"], "pLDDT") for row in rows if row["length"] and row["mean_plddt"] is not None]
    if scored:
        body = scatter(scored, x_title="Length (residues)", y_title="Mean pLDDT (0-100)", y_range=(0.0, 100.0))
        yield Section(title="pLDDT by length", body=body, wide=False)


def _lead(rows: Sequence[Row]) -> Html:
    counts = {status: sum(row["status"] == status for row in rows) for status in _STATUS}
    unrelaxed = sum(bool(row["reason"]) and row["status"] != "failed" for row in rows)
    total = sum(sum(_seconds(row)) for row in rows)
    facts = [
        ("Folded", f"{counts['done'] + counts['skipped']}", f"of {len(rows)}"),
        ("Failed", f"{counts['failed']}", ""),
        *([("Not relaxed", f"{unrelaxed}", "though asked for")] if unrelaxed else []),
        *([("Time of all stages", _duration(total), "")] if total else []),
    ]
    items = "".join(f"<div><dt>{title}</dt><dd>{value} <small>{note}</small></dd></div>\n" for title, value, note in facts)
    return Html(f'<dl class="facts">\n{items}</dl>\n')


def _cells(row: Row, with_page: frozenset[str]) -> list[Any]:
    return [
        _linked(row, with_page),
        _status(row),
        row["length"],
        row["msa_depth"],
        row["mean_plddt"],
        row["ptm"],
        *(row[f"{stage}_seconds"] for stage in STAGES),
        row["peak_memory_mib"],
    ]


def _status(row: Row) -> Html:
    status: str = row["status"]
    told = "not relaxed" if row["reason"] and status != "failed" else _STATUS.get(status, status)
    return Html(f'<span class="status {escape(status)}">{escape(told)}</span>')


def _linked(row: Row, with_page: frozenset[str]) -> Html:
    href = _href(row, with_page)
    return Html(f'<a href="{escape(href)}">{name(row["target"])}</a>') if href else name(row["target"])


def _href(row: Row, with_page: frozenset[str]) -> str:
    return f"./{quote(row['folder'])}/report.html" if row["folder"] in with_page else ""


def _reason(row: Row) -> str:
    return " ".join(row["reason"].split())


def _dot(row: Row, with_page: frozenset[str], value: float, unit: str) -> Dot:
    title = f"{row['target']}: {row['length']} residues, {value:.1f} {unit}"
    return Dot(x=float(row["length"]), y=float(value), title=title, href=_href(row, with_page))


def _seconds(row: Row) -> list[float]:
    return [row[f"{stage}_seconds"] for stage in STAGES if row[f"{stage}_seconds"] is not None]


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"
