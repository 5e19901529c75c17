"""A batch of relaxations killed in the middle goes on, and no finished model is touched again."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from protfold.io import format_pdb
from tests.unit.relax.peptides import damaged, peptide

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"model{index}" for index in range(5)]


def start(models: Path, output: Path) -> "subprocess.Popen[bytes]":
    """The command in a process group of its own, two models at a time."""
    command = [sys.executable, "-m", "protfold", "relax", str(models), "-o", str(output), "--device", "cpu", "--threads", "2"]
    with (output.parent / "log").open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def test_killed_and_run_again(tmp_path: Path) -> None:
    """Killed with its whole process group as soon as one model is complete."""
    models, output = tmp_path / "models", tmp_path / "out"
    models.mkdir()
    for index, name in enumerate(NAMES):
        (models / f"{name}.pdb").write_text(format_pdb(damaged(peptide(index, index + 10))))
    run = start(models, output)
    while not list(output.glob("*/DONE")):
        assert run.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    finished = [done.parent for done in output.glob("*/DONE")]
    assert 0 < len(finished) < len(NAMES)
    before = {path: path.stat().st_mtime_ns for folder in finished for path in folder.iterdir()}
    assert start(models, output).wait() == 0, (tmp_path / "log").read_text()
    assert sorted(done.parent.name for done in output.glob("*/DONE")) == NAMES
    assert {path: path.stat().st_mtime_ns for path in before} == before
    rows = json.loads((output / "relax_summary.json").read_text())
    assert sorted(row["folder"] for row in rows if row["status"] == "skipped") == sorted(folder.name for folder in finished)
