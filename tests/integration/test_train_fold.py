"""`protfold train fold` in processes of its own: killed at any moment, and shared by two."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.fold_training import write_training_file

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}
TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
LONGER = (("steps = 4", "steps = 24"), ("batch_size = 2", "batch_size = 4"), ("checkpoint_every = 2", "checkpoint_every = 5"))


def command(path: Path, *launcher: str) -> list[str]:
    return [sys.executable, *launcher, "-m", "protfold", "train", "fold", str(path), "--quiet"]


def training_file(folder: Path, *changes: tuple[str, str]) -> Path:
    folder.mkdir()
    return write_training_file(folder, *LONGER, *changes)


def records(folder: Path, name: str = "metrics.jsonl") -> list[dict[str, Any]]:
    """Lines without their times."""
    lines = (folder / "run" / name).read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines]


def run(path: Path, *launcher: str) -> None:
    subprocess.run(command(path, *launcher), cwd=ROOT, env=ENVIRONMENT, check=True, timeout=300)


@pytest.mark.slow
def test_a_killed_run_ends_as_a_whole_one(tmp_path: Path) -> None:
    """SIGKILL behind step 3, before any checkpoint, and behind step 13; the third start ends with the same bytes but for times."""
    run(training_file(tmp_path / "whole"))
    path = training_file(tmp_path / "killed")
    for lines in (3, 13):
        process = subprocess.Popen(command(path), cwd=ROOT, env=ENVIRONMENT)
        metrics = path.parent / "run" / "metrics.jsonl"
        while process.poll() is None and not (metrics.exists() and metrics.read_bytes().count(b"\n") >= lines):
            time.sleep(0.02)
        assert process.poll() is None, "it ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
    run(path)
    for name in ("metrics.jsonl", "validation.jsonl"):
        assert records(tmp_path / "killed", name) == records(tmp_path / "whole", name)
    for name in ("final.safetensors", "best.safetensors"):
        assert (tmp_path / "killed/run" / name).read_bytes() == (tmp_path / "whole/run" / name).read_bytes()
    assert [file.name for file in (tmp_path / "killed/run").iterdir() if file.suffix == ".tmp"] == []


@pytest.mark.slow
@pytest.mark.parametrize("micro_batch", [1, 2])
def test_two_processes_learn_what_one_learns(tmp_path: Path, micro_batch: int) -> None:
    """Every loss and measure of the same examples, to rounding; gradient norms have kinks, where it shows more."""
    size = ("micro_batch = 1", f"micro_batch = {micro_batch}")
    run(training_file(tmp_path / "one", size))
    path = training_file(tmp_path / "two", size)
    run(path, *TORCHRUN)
    for name in ("metrics.jsonl", "validation.jsonl"):
        one, two = records(tmp_path / "one", name), records(tmp_path / "two", name)
        assert len(one) == len(two)
        for expected, found in zip(one, two, strict=True):
            assert found.pop("gradient_norm", 0.0) == pytest.approx(expected.pop("gradient_norm", 0.0), rel=1e-2)
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-4 if "validation" in name else 1e-6)
