"""Designs below their native sequence, in blocks: what differs stands out, what is fixed is marked."""

from collections.abc import Iterator

import numpy as np

from protfold.constants.residues import decode
from protfold.report.design_report import DesignReport, ReportedChain
from protfold.report.markup import Html, escape, joined, paragraph
from protfold.report.residue_groups import RESIDUE_GROUPS

ALIGNED = 50
"""Best designs that are shown."""
COLUMNS = 100
_GROUP = {letter: place for place, (_, letters, _) in enumerate(RESIDUE_GROUPS) for letter in letters}
_LABEL = 8
"""Characters before a row."""


def alignment(report: DesignReport) -> Html:
    """The part of a page, which needs `design.css` and `design.js`."""
    groups = "".join(
        f'<li><b class="g{place}">{" ".join(letters)}</b> {escape(name)}</li>'
        for place, (name, letters, _) in enumerate(RESIDUE_GROUPS)
    )
    fixed = '<li><i class="fixed">X</i> fixed</li>' if not report.designed.all() else ""
    shown = min(len(report.designs), ALIGNED)
    more = f" The first {shown} of {len(report.designs)} designs; designs.fasta holds all." if shown < len(report.designs) else ""
    blocks = "".join(_chain(report, chain) for chain in report.designed_chains)
    return joined(
        paragraph(
            f"Residues as in the native sequence are grey, others coloured by the chemistry of their type.{more}", kind="note"
        ),
        Html(f'<ul class="legend letters">{groups}{fixed}</ul>\n<div class="wide alignment" tabindex="0">{blocks}</div>\n'),
        _fasta(report),
    )


def _chain(report: DesignReport, chain: ReportedChain) -> str:
    title = f"<h3>Chain {escape(chain.name)}</h3>\n" if len(report.designed_chains) > 1 else ""
    size = -(-len(chain.rows) // -(-len(chain.rows) // COLUMNS))
    return title + "".join(_block(report, chain.rows[start : start + size]) for start in range(0, len(chain.rows), size))


def _block(report: DesignReport, rows: np.ndarray) -> str:
    lines = [
        f"{'':{_LABEL}}{escape(_ruler([report.numbers[row] for row in rows]))}",
        f"{'native':{_LABEL}}" + "".join(_runs(report, report.native, rows, native=True)),
        *(
            f"{one.rank:<{_LABEL}}" + "".join(_runs(report, types, rows, native=False))
            for one, types in zip(report.designs[:ALIGNED], report.types, strict=False)
        ),
    ]
    return f'<pre data-first="{int(rows[0])}" data-label="{_LABEL}" data-length="{len(rows)}">{chr(10).join(lines)}</pre>\n'


def _runs(report: DesignReport, types: np.ndarray, rows: np.ndarray, *, native: bool) -> Iterator[str]:
    """Letters of one kind together."""
    letters = decode(types[rows])
    kinds = []
    for row, letter in zip(rows.tolist(), letters, strict=True):
        if not report.designed[row]:
            kinds.append("fixed")
        elif native or types[row] == report.native[row]:
            kinds.append("")
        else:
            kinds.append(f"g{_GROUP.get(letter, '')}")
    start = 0
    for end in range(1, len(kinds) + 1):
        if end == len(kinds) or kinds[end] != kinds[start]:
            run, kind = letters[start:end], kinds[start]
            yield f'<i class="fixed">{run}</i>' if kind == "fixed" else f'<b class="{kind}">{run}</b>' if kind else run
            start = end


def _ruler(numbers: list[str]) -> str:
    """Author numbers, each beginning above its residue, where they do not run into each other."""
    text = ""
    for place, number in enumerate(numbers):
        if (place == 0 or number.endswith("0")) and len(text) <= max(place - 1, 0):
            text = f"{text:{place}}{number}"
    return text


def _fasta(report: DesignReport) -> Html:
    """The sequences to be copied, chains joined by `/`."""
    lines = []
    for one, types in zip(report.designs[:ALIGNED], report.types, strict=False):
        lines += [f">{report.name} design {one.rank}", "/".join(decode(types[chain.rows]) for chain in report.designed_chains)]
    text = Html("\n").join(escape(line) for line in lines)
    return Html(
        '<details><summary>As FASTA</summary><div class="command"><pre><code>'
        f'{text}</code></pre><button type="button" data-copy>Copy</button></div></details>\n'
    )
