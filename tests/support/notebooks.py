"""Notebooks executed as a reader would, offline, and what they leave."""

import os
import resource
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import matplotlib.font_manager  # makes the list of fonts, about which a kernel would have to tell
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NOWHERE = "http://127.0.0.1:9"
"""A port that nothing listens to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Executed:
    """A notebook after all its cells ran.

    Attributes:
        notebook: with outputs.
        cpu_seconds: of its kernel.
    """

    notebook: nbformat.NotebookNode
    cpu_seconds: float


def execute(path: Path, cache: Path) -> Executed:
    """Run a notebook in a kernel of its own, without network and with nothing but what ships with protfold.

    Args:
        path: of the notebook.
        cache: an empty folder, in place of the user's cache of parameters.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PROTFOLD_WEIGHTS_DIR"}
    environment |= {"XDG_CACHE_HOME": str(cache), "MPLCONFIGDIR": matplotlib.get_cachedir(), "OMP_NUM_THREADS": "1"}
    environment |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE)
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}, coalesce_streams=True
    )
    before = _cpu_seconds()
    client.execute(env=environment)
    return Executed(notebook=notebook, cpu_seconds=_cpu_seconds() - before)


def _cpu_seconds() -> float:
    """Of all processes that ended under this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
