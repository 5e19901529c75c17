"""Laws of `python -m workflows.fold`: the options and exit status of `protfold fold`, bad requests refused at once."""

import importlib
import inspect
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import workflows
from protfold.cli import fold as cli_fold
from protfold.errors import InputError
from protfold.runs.options import FoldOptions
from workflows import command_line, runners


def status(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Exit status of the command; no server may be started."""
    monkeypatch.setattr(sys, "argv", ["workflows.fold", *map(str, arguments)])
    monkeypatch.setattr(runners, "SubprocessASGIServer", None)
    with pytest.raises(SystemExit) as caught:
        command_line.main()
    return int(caught.value.code or 0)


def test_every_option_of_the_command_line() -> None:
    """Same names, same types and defaults; its own come on top."""
    parameters = inspect.signature(command_line.fold).parameters
    of_fold = inspect.signature(cli_fold.fold).parameters
    assert [parameters[name] for name in of_fold] == list(of_fold.values())
    assert set(parameters) - set(of_fold) == {"runner", "workers", "predictions_at_once", "retries", "time_limit"}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"weights": ["a", "b"], "max_msa": "16:32", "num_seeds": 3, "seed": 7, "dtype": "bfloat16", "recycles": 0},
        {"database": Path(__file__), "recycle_tolerance": 0.5, "threads": 2, "device": "cpu"},
    ],
)
def test_options_mean_the_same(changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """What `protfold fold` makes of its options, and what the flow makes of them, is one."""
    asked: list[FoldOptions] = []

    def record(**options: Any) -> None:
        asked.append(FoldOptions(**options))
        raise InputError("enough")

    given = {name: parameter.default for name, parameter in inspect.signature(cli_fold.fold).parameters.items()} | changed
    monkeypatch.setattr(cli_fold, "FoldOptions", record)
    with pytest.raises(InputError, match="enough"):
        inspect.unwrap(cli_fold.fold)(**given)
    assert [command_line.fold_options(given)] == asked


@pytest.mark.parametrize(
    "wrong",
    [
        ["--runner", "slurm"],
        ["--workers", "0"],
        ["--retries", "-1"],
        ["--time-limit", "0"],
        ["--predictions-at-once", "none"],
        ["--max-msa", "512"],
        ["--max-msa", "0:0"],
        ["--recycles", "-1"],
        ["--threads", "0"],
        ["--device", "gpu"],
        ["--weights", "../../etc/passwd"],
        ["--weights", ""],
        ["--database", "absent.fasta"],
        ["--search", "jackhmmer"],
        ["--msa", "absent.a3m"],
        ["--no-such-option"],
    ],
)
def test_bad_requests(
    wrong: list[str],
    monkeypatch: pytest.MonkeyPatch,
    three_targets: str,
    weights: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit status 2, a reason of a few lines, no traceback, no result."""
    default = [] if "--weights" in wrong else ["--weights", weights]
    assert status(monkeypatch, three_targets, "-o", tmp_path / "out", *default, *wrong) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert "Traceback" not in message
    assert len(message.splitlines()) <= 4
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_runner_whose_package_is_missing(
    runner: str, monkeypatch: pytest.MonkeyPatch, three_targets: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that says what to install."""
    monkeypatch.setattr(runners.importlib.util, "find_spec", lambda name: None)
    assert status(monkeypatch, three_targets, "-o", tmp_path / "out", "--runner", runner) == 2
    assert f"pip install 'protfold[{runner}]'" in capsys.readouterr().err


def test_prefect_is_kept_from_reporting(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default; what the user has set stays."""
    monkeypatch.delenv("DO_NOT_TRACK")
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "true")
    importlib.reload(workflows)
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "true"
