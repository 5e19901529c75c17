"""`protfold report`: pages again, exit status, one line for what cannot be."""

from pathlib import Path

import pytest

from protfold.runs.fold import fold_targets
from protfold.runs.options import FoldOptions
from protfold.runs.targets import Target
from tests.unit.cli.conftest import Run
from tests.unit.runs.fake_predictor import FakeLoader


@pytest.fixture
def folder(tmp_path: Path, loader: FakeLoader) -> Path:
    """A run of one target."""
    target = Target(id="one", folder="one", chains=("MKVLLAAG",), source="")
    fold_targets([target], FoldOptions(relax="none"), tmp_path / "run", load=loader)
    return tmp_path / "run"


def test_pages_are_written_again(protfold: Run, folder: Path) -> None:
    before = (folder / "one" / "report.html").read_bytes()
    (folder / "one" / "report.html").unlink()
    ended = protfold("report", folder)
    assert ended.status == 0
    assert (folder / "one" / "report.html").read_bytes() == before
    assert str(folder / "report.html") in ended.err.replace("\n", "")


def test_what_cannot_be_is_one_line_and_status_2(protfold: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for arguments, told in (
        ([tmp_path / "empty"], "holds no results"),
        ([tmp_path / "absent"], "is no folder"),
        ([folder / "summary.json"], "is no folder"),
        ([folder, "--reference", tmp_path / "absent.pdb"], "no such file"),
        ([folder, "--reference", folder / "summary.json"], "summary.json"),
    ):
        ended = protfold("report", *arguments)
        assert ended.status == 2, arguments
        assert told in ended.err
        assert ended.err.count("error:") == 1
        assert len(ended.err.strip().splitlines()) <= 2


def test_a_damaged_target_is_status_1(protfold: Run, folder: Path) -> None:
    (folder / "one" / "manifest.json").write_text("{}")
    ended = protfold("report", folder)
    assert ended.status == 1
    assert "damaged" in ended.err
    assert (folder / "report.html").is_file()
