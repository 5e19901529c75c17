"""The notebooks are their sources, hold no outputs, guide their reader, and run offline with what ships."""

from pathlib import Path

import nbformat
import pytest

from notebooks.build import SOURCES, text_of
from tests.support.notebooks import NOTEBOOKS, execute

NAMES = [path.stem for path in NOTEBOOKS]
SEVEN = 7
MAX_CPU_SECONDS = 120.0
"""On one thread; a reader has two cores and less than two minutes to wait."""


def test_every_notebook_has_a_source() -> None:
    """And every source its notebook."""
    assert len(NAMES) == SEVEN
    assert [path.stem for path in SOURCES] == NAMES


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_notebook_is_its_source(source: Path) -> None:
    """One source of truth; `python notebooks/build.py` brings them together."""
    assert (source.parents[1] / f"{source.stem}.ipynb").read_text(encoding="utf-8") == text_of(source)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_outputs_are_stored(path: Path) -> None:
    """They would go stale, and hide what a change does."""
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_reader_is_guided(path: Path) -> None:
    """What to look at, what good and bad values are, and what not to conclude, before the first cell of code."""
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert first.source.startswith("# ")
    assert "**Reading guide**" in first.source
    assert "**Do not conclude**" in first.source


@pytest.mark.slow
@pytest.mark.notebooks
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_offline_in_time(path: Path, tmp_path: Path) -> None:
    """Every cell, without a warning, on what ships with protfold."""
    done = execute(path, tmp_path)
    outputs = [output for cell in done.notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert any("image/png" in output.get("data", {}) or "text/html" in output.get("data", {}) for output in outputs)
    assert done.cpu_seconds < MAX_CPU_SECONDS
