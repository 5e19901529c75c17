"""Tutorial and how-to pages are run as they stand, in a fresh folder; output that is shown has the form of what comes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.pages import ROOT, RUN, blocks

DRAWN = re.compile(r"[│┃┏━┳┓┡╇┩└┴┘─┌┐├┤┬┼]")
NUMBER = re.compile(r"-?\d[\d.:]*")


def form(line: str) -> str:
    """A line without numbers, borders and double blanks."""
    return " ".join(NUMBER.sub("0", DRAWN.sub(" ", line)).split())


@pytest.mark.docs
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_page(page: Path, tmp_path: Path) -> None:
    """Blocks of a page run in order; those that cannot run here say why above them."""
    (tmp_path / "data").symlink_to(ROOT / "data")
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "COLUMNS": "120",
        "PROTFOLD_CACHE_DIR": str(tmp_path / ".cache"),
    }
    output = ""
    for block in blocks(page):
        place = f"{page.relative_to(ROOT)}:{block.line}"
        if block.skip is not None:
            output = ""
        elif block.language in ("sh", "python"):
            program = ["bash", "-eu", "-c"] if block.language == "sh" else [sys.executable, "-c"]
            run = subprocess.run([*program, block.text], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            output = run.stdout + run.stderr
            assert run.returncode == 0, f"{place}\n{output}"
        elif block.language == "text" and block.follows and output:
            came = "\n".join(map(form, output.splitlines()))
            missing = [line for line in block.text.splitlines() if line.strip() not in ("", "...") and form(line) not in came]
            assert missing == [], f"{place}: shown, but not in the output: {missing}\n{output}"
