"""A run killed in the middle goes on, with Prefect's own records lost, and no finished target is touched again."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from protfold.constants.residues import decode
from protfold.runs.store import STAGES
from tests.support.fold_training import TINY_TOML, write_store
from tests.workflows import relaxing_flow

ROOT = Path(__file__).resolve().parents[2]
IDS = [f"target{index}" for index in range(5)]


def start(inputs: Path, output: Path, weights: str, prefect_home: Path, *further: str) -> "subprocess.Popen[bytes]":
    """The fold flow in a process group of its own."""
    options = ["--relax", "none", "--threads", "1", "--device", "cpu", "--workers", "2", *further]
    return start_module("workflows.fold", inputs, output, weights, prefect_home, *options)


def start_module(
    module: str, inputs: Path, output: Path, weights: str, prefect_home: Path, *further: str
) -> "subprocess.Popen[bytes]":
    """A flow's command in a process group of its own; its messages go to a file beside the output."""
    command = [sys.executable, "-m", module, str(inputs), "-o", str(output), "--weights", weights, *further]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment["PREFECT_HOME"] = str(prefect_home)
    with (output.parent / "log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("runner", ["threads", "processes"])
def test_killed_and_run_again(tmp_path: Path, weights: str, runner: str) -> None:
    """Killed with its whole process group as soon as one target is complete, perhaps before its stage files were taken away."""
    inputs, output = tmp_path / "targets.fasta", tmp_path / "out"
    inputs.write_text("".join(f">{id}\nMKTAYIAKQR{'QISFVK'[:index]}\n" for index, id in enumerate(IDS)))
    run = start(inputs, output, weights, tmp_path / "home", "--runner", runner)
    while not list(output.glob("*/DONE")):
        assert run.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    finished = [done.parent for done in output.glob("*/DONE")]
    assert 0 < len(finished) < len(IDS)
    results = [path for folder in finished for path in folder.rglob("*") if STAGES not in path.relative_to(folder).parts]
    before = {path: path.stat().st_mtime_ns for path in results}
    begun = {path: path.stat().st_mtime_ns for path in output.glob(f"*/{STAGES}/*.npz")}

    shutil.rmtree(tmp_path / "home")
    again = start(inputs, output, weights, tmp_path / "home", "--runner", runner)
    seen: dict[Path, int] = {}
    while again.poll() is None:
        seen |= {path: path.stat().st_mtime_ns for path in begun if path.exists()}
        time.sleep(0.01)
    assert again.returncode == 0, (tmp_path / "log").read_text()
    assert sorted(done.parent.name for done in output.glob("*/DONE")) == IDS
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert seen == {path: begun[path] for path in seen}
    assert (output / "summary.csv").read_text().count(",skipped,") == len(finished)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_while_it_relaxes(tmp_path: Path, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run again, it predicts nothing and leaves the bytes of a run that nothing stopped."""
    inputs = tmp_path / "one.fasta"
    inputs.write_text(f">a\n{decode(relaxing_flow.OBSERVED.aatype)}\n")

    def begin(output: Path) -> "subprocess.Popen[bytes]":
        monkeypatch.setenv(relaxing_flow.DIARY, str(tmp_path / f"{output.name} diary"))
        options = ["--relax", "best", "--threads", "1", "--device", "cpu"]
        return start_module("tests.workflows.relaxing_flow", inputs, output, weights, tmp_path / "home", *options)

    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    diary = tmp_path / "stopped diary"
    run = begin(stopped)
    while not (diary.exists() and "relax" in diary.read_text()):
        assert run.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.01)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not list(stopped.glob(f"*/{STAGES}/relax-*"))
    (predicted,) = stopped.glob(f"*/{STAGES}/predict-*.npz")
    assert not (stopped / "a" / "DONE").exists()
    for output in (stopped, whole):
        assert begin(output).wait() == 0, (tmp_path / "log").read_text()
    assert diary.read_text().split() == ["predict", "relax", "relax"]
    assert not predicted.exists()
    files = [{path.name: path.read_bytes() for path in (output / "a").iterdir()} for output in (stopped, whole)]
    assert files[0] == files[1]
    assert {"ranked_1.cif", "unrelaxed_1.pdb", "DONE"} <= files[0].keys()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_self_distillation_gives_the_same_student(tmp_path: Path, weights: str) -> None:
    """Killed once while it predicts and once while the student learns, its weights are those of a run that nothing stopped."""
    inputs = tmp_path / "sequences.fasta"
    inputs.write_text("".join(f">{id}\nMKTAYIAKQRQISFVKSHFSRQLEER{'LGLIEV'[:index]}\n" for index, id in enumerate(IDS)))
    settings = (
        TINY_TOML.replace('[data]\nstores = ["store"]\n', "").replace('output = "run"\n', "").replace("steps = 4", "steps = 60")
    )
    (tmp_path / "train.toml").write_text(settings)
    given = ["--store", str(write_store(tmp_path / "store")), "--config", str(tmp_path / "train.toml")]
    given += ["--min-plddt", "0", "--min-mean-plddt", "0"]

    def begin(output: Path) -> "subprocess.Popen[bytes]":
        return start_module("workflows.self_distill", inputs, output, weights, tmp_path / "home", *given)

    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    for sign in ("predicted/*/DONE", "student/checkpoint.pt"):
        run = begin(stopped)
        while not list(stopped.glob(sign)):
            assert run.poll() is None, (tmp_path / "log").read_text()
            time.sleep(0.02)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
    assert not (stopped / "student" / "final.safetensors").exists()
    for output in (stopped, whole):
        assert begin(output).wait() == 0, (tmp_path / "log").read_text()
    weights_of = [(output / "student" / "final.safetensors").read_bytes() for output in (stopped, whole)]
    assert weights_of[0] == weights_of[1]
    steps = [len((output / "student" / "metrics.jsonl").read_text().splitlines()) for output in (stopped, whole)]
    assert steps == [60, 60]
