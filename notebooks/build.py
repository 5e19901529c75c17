"""Make the notebooks, without outputs, from their sources in `source/`: python notebooks/build.py

The sources are scripts with cells marked by `# %%` (jupytext's percent format); a notebook is never edited itself.
"""

from pathlib import Path

import jupytext
import nbformat

FOLDER = Path(__file__).parent
SOURCES = sorted((FOLDER / "source").glob("*.py"))
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook_of(source: Path) -> nbformat.NotebookNode:
    """The notebook of a source: the same text gives the same notebook."""
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    for place, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{place:02d}"
        cell.metadata = nbformat.NotebookNode()
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def text_of(source: Path) -> str:
    """The text of the notebook's file."""
    return nbformat.writes(notebook_of(source)) + "\n"


if __name__ == "__main__":
    for path in SOURCES:
        (FOLDER / f"{path.stem}.ipynb").write_text(text_of(path), encoding="utf-8")
        print(f"{path.stem}.ipynb")
