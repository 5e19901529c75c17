"""The text of a run, with names that would break it."""

from pathlib import Path

from protfold.runs.summary import RunSummary, TargetRow
from workflows.scoreboard import report


def test_report() -> None:
    """Counts, and a table of two cells a row whatever the names hold."""
    rows = (
        TargetRow(target="a", folder="a", status="done"),
        TargetRow(target="b", folder="b", status="skipped"),
        TargetRow(target="x|y\n# <b>*", folder="c", status="failed", reason="`no` [link](x)"),
    )
    text = report(RunSummary(rows=rows, output=Path("out")))
    assert text.startswith("# 1 folded, 1 complete already, 1 failed\n")
    last = text.splitlines()[-1]
    assert last.count("|") == 3
    assert not set("`<>*[]") & set(last)
    assert "x&#124;y" in last
