"""The redesign flow: the files of a run without Prefect, what is done stays done, a failure stops no other; its command."""

import importlib
import inspect
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from protfold.cli import design as cli_design
from protfold.design.constraint_options import ConstraintOptions
from protfold.runs.design import stages as design_stages
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.run import design_backbones
from protfold.runs.design.tasks import prepare
from tests.support.designer_files import two_chains, write_backbone, write_designer
from tests.unit.runs.conftest import files_of
from tests.workflows.test_kill import start_module
from workflows import redesign_command
from workflows.fold import TaskSettings
from workflows.redesign import BackbonesFailedError, redesign

SETTINGS = TaskSettings(retries=0)


@pytest.fixture(scope="session")
def designer(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a tiny designer."""
    return write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def backbones(tmp_path: Path) -> Path:
    """Two, and a file that is none."""
    folder = tmp_path / "backbones"
    folder.mkdir()
    write_backbone(folder / "a.pdb")
    (folder / "b.pdb").write_text("nonsense\n")
    write_backbone(folder / "c.pdb", two_chains(8))
    return folder


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_leaves_what_the_command_leaves(
    backbones: Path, designer: str, weights: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes; run again, nothing is computed."""
    options = DesignOptions(
        weights=designer,
        num_sequences=2,
        constraints=ConstraintOptions(chains="A", design="A3-6"),
        refold=True,
        refold_weights=weights,
        device="cpu",
    )
    with pytest.raises(BackbonesFailedError, match=r"1 of 3 backbones have a problem; the first: .*b\.pdb") as caught:
        redesign([str(backbones)], str(tmp_path / "flow"), options, settings=SETTINGS)
    assert [row.status for row in caught.value.summary.rows] == ["done", "failed", "done"]
    design_backbones(prepare([backbones], tmp_path / "plain", options), tmp_path / "plain")
    found = {output: files_of(tmp_path / output) for output in ("flow", "plain")}
    for name in ("a", "c"):
        of_one = [{path: text for path, text in files.items() if path.startswith(f"{name}/")} for files in found.values()]
        assert of_one[0] == of_one[1]
        assert f"{name}/refold_1.pdb" in of_one[0]
    for stage in ("search_designs", "fold_design", "save_design"):
        monkeypatch.setattr(design_stages, stage, None)
    with pytest.raises(BackbonesFailedError) as caught:
        redesign([str(backbones)], str(tmp_path / "flow"), options, settings=SETTINGS)
    assert [row.status for row in caught.value.summary.rows] == ["skipped", "failed", "skipped"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_and_run_again(designer: str, weights: str, tmp_path: Path) -> None:
    """Killed once a backbone is complete: the end is that of a run that nothing stopped, and what was finished is not touched."""
    folder = tmp_path / "backbones"
    folder.mkdir()
    for name in "abcd":
        write_backbone(folder / f"{name}.pdb")
    options = [
        "--num-sequences",
        "2",
        "--refold",
        "--refold-weights",
        weights,
        "--device",
        "cpu",
        "--threads",
        "1",
        "--workers",
        "2",
    ]

    def begin(output: Path) -> Any:
        return start_module("workflows.redesign", folder, output, designer, tmp_path / "home", *options)

    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    run = begin(stopped)
    while not list(stopped.glob("*/DONE")):
        assert run.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    finished = {
        path: path.stat().st_mtime_ns for done in stopped.glob("*/DONE") for path in done.parent.iterdir() if path.is_file()
    }
    begun = {path: path.stat().st_mtime_ns for path in stopped.glob("*/.stages/*.npz")}
    shutil.rmtree(tmp_path / "home")
    again, seen = begin(stopped), dict[Path, int]()
    while again.poll() is None:
        seen |= {path: path.stat().st_mtime_ns for path in begun if path.exists()}
        time.sleep(0.01)
    assert again.returncode == 0, (tmp_path / "log").read_text()
    assert begin(whole).wait() == 0, (tmp_path / "log").read_text()
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert seen == {path: begun[path] for path in seen}
    results = [{name: text for name, text in files_of(output).items() if "/" in name} for output in (stopped, whole)]
    assert results[0] == results[1]


def test_every_option_of_the_command_line() -> None:
    """Same names, same types and defaults; its own come on top."""
    parameters = inspect.signature(redesign_command.redesign).parameters
    of_design = inspect.signature(cli_design.design).parameters
    assert [parameters[name] for name in of_design] == list(of_design.values())
    assert set(parameters) - set(of_design) == {"runner", "workers", "predictions_at_once", "retries", "time_limit"}


@pytest.mark.parametrize(
    "wrong",
    [
        ["--fix", "A99"],
        ["--retries", "-1"],
        ["--weights", "absent"],
        ["--runner", "slurm"],
        ["--refold-weights", "absent", "--refold"],
    ],
)
def test_bad_requests(
    wrong: list[str],
    backbones: Path,
    designer: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit status 2, a reason of a few lines, no server, no result."""
    given = [] if "--weights" in wrong else ["--weights", designer]
    monkeypatch.setattr(sys, "argv", ["workflows.redesign", str(backbones), "-o", str(tmp_path / "out"), *given, *wrong])
    monkeypatch.setattr(importlib.import_module("workflows.runners"), "SubprocessASGIServer", None)
    with pytest.raises(SystemExit) as caught:
        redesign_command.main()
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert len(message.splitlines()) <= 4
    assert not (tmp_path / "out").exists()
