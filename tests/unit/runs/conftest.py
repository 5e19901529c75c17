"""No test of runs touches the user's cache, and a loader of fake predictors is at hand."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure

from protfold import report
from protfold.report import design_figures, design_page
from protfold.runs import relaxation, result_files
from tests.unit.runs.fake_predictor import FakeLoader
from tests.unit.runs.fake_relaxation import fake_relax


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROTFOLD_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def load() -> FakeLoader:
    """A loader that records what was asked."""
    return FakeLoader()


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder, by relative path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(autouse=True)
def _quick_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have their own tests; drawing them takes longer than all else here."""
    if "real_pictures" not in request.fixturenames:
        monkeypatch.setattr(result_files, "figure_to_png", lambda figure: b"picture")
        for name in ("plot_plddt", "plot_pae", "plot_msa_coverage", "plot_contacts"):
            monkeypatch.setattr(report, name, lambda *arguments, **settings: Figure())
        monkeypatch.setattr(design_page, "figure_to_png", lambda figure: b"picture")
        for name in ("logo", "scores", "composition", "identity", "substitutions", "recovery_by_burial", "refolding"):
            monkeypatch.setattr(design_figures, f"plot_{name}", lambda *arguments, **settings: Figure())


@pytest.fixture(autouse=True)
def _quick_relaxation(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenMM has its own tests."""
    monkeypatch.setattr(relaxation, "relax", fake_relax)


@pytest.fixture
def real_pictures() -> None:
    """Asks for pictures as they are."""
