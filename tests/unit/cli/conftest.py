"""The command line in this process, with fake predictors."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from protfold import report
from protfold.cli.main import main
from protfold.runs import predictors, relaxation, result_files
from tests.unit.runs.fake_predictor import FakeLoader
from tests.unit.runs.fake_relaxation import fake_relax


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeLoader:
    """Predictors that ask for no weights; quick relaxation and pictures; a cache of the test's own."""
    fake = FakeLoader()
    monkeypatch.setattr(predictors, "_load", lambda weights, *runtime: fake(weights, None))
    monkeypatch.setattr(relaxation, "relax", fake_relax)
    monkeypatch.setattr(result_files, "figure_to_png", lambda figure: b"picture")
    for name in ("plot_plddt", "plot_pae", "plot_msa_coverage", "plot_contacts"):
        monkeypatch.setattr(report, name, lambda *arguments, **settings: Figure())
    monkeypatch.setenv("PROTFOLD_CACHE_DIR", str(tmp_path / "cache"))
    return fake


@pytest.fixture
def protfold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `protfold ARGUMENTS...`."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["protfold", *map(str, arguments)])
        with pytest.raises(SystemExit) as ending:
            main()
        captured = capsys.readouterr()
        return Outcome(int(ending.value.code or 0), captured.out, captured.err)

    return run
