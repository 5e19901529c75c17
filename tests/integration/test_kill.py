"""SIGKILL at random moments of a batch: nothing finished is lost or computed again, and no file is torn."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("kills", [10, pytest.param(40, marks=pytest.mark.slow)])
def test_killed_batches(tmp_path: Path, kills: int) -> None:
    command = [sys.executable, "-m", "tests.integration.kill_many", str(tmp_path), str(kills)]
    environment = {**os.environ, "PROTFOLD_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    report = json.loads(run.stdout)
    assert report["killed"] >= kills
    assert report["finished"] >= 1
    assert (report["torn"], report["computed_again"], report["unreadable_summaries"], report["stages_left"]) == ([], [], 0, [])
