"""`protfold relax`: its options are the protocol's, exit status, messages; bad inputs are one line each."""

import inspect
import json
from pathlib import Path
from typing import get_args

import pytest

from protfold.cli import relax as cli_relax
from protfold.io import format_pdb
from protfold.relax import RelaxConfig
from protfold.relax.config import FORCE_FIELDS, PLATFORMS
from protfold.runs import relax as runs_relax
from tests.unit.cli import bad_structures
from tests.unit.cli.conftest import Run
from tests.unit.relax.peptides import peptide
from tests.unit.runs.fake_relaxation import fake_relax


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch) -> list[RelaxConfig]:
    """What was asked of a relaxation in no time."""
    asked: list[RelaxConfig] = []
    monkeypatch.setattr(runs_relax, "relax", lambda protein, config: asked.append(config) or fake_relax(protein, config))
    return asked


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A peptide."""
    path = tmp_path / "model.pdb"
    path.write_text(format_pdb(peptide()))
    return path


def test_choices_and_defaults_are_the_protocols() -> None:
    """The command line spells them out so that help is quick."""
    parameters = inspect.signature(cli_relax.relax).parameters
    config = RelaxConfig()
    for name in ("force_field", "max_iterations", "max_rounds", "stiffness", "tolerance", "platform"):
        assert parameters[name].default == getattr(config, name)
    assert get_args(get_args(parameters["force_field"].annotation)[0]) == tuple(FORCE_FIELDS)
    assert get_args(get_args(parameters["platform"].annotation)[0]) == ("auto", *PLATFORMS)
    assert set(cli_relax.PLATFORM_OF_DEVICE.values()) == {"auto", *PLATFORMS}


def test_options_reach_the_protocol(model: Path, tmp_path: Path, protfold: Run, configs: list[RelaxConfig]) -> None:
    """And a second time nothing is done."""
    line = ["relax", model, "-o", tmp_path / "out", "--force-field", "amber14", "--max-iterations", 9, "--max-rounds", 2]
    line += ["--stiffness", 3.5, "--tolerance", 1.5, "--device", "cpu", "--threads", 3]
    outcome = protfold(*line)
    assert outcome.status == 0
    assert configs == [
        RelaxConfig(force_field="amber14", max_iterations=9, max_rounds=2, stiffness=3.5, tolerance=1.5, platform="CPU", threads=1)
    ]
    assert "[1/1] model: residues in violation 2 to 0, energy unknown to -12 kcal/mol, CA atoms moved 0.25 Å, CPU" in outcome.err
    assert "complete already" in protfold(*line).err
    assert len(configs) == 1
    assert (protfold(*line, "--overwrite", "--quiet").err, len(configs)) == ("", 2)


def test_one_failure_is_status_1_and_the_others_are_kept(
    model: Path, tmp_path: Path, protfold: Run, configs: list[RelaxConfig]
) -> None:
    (tmp_path / "broken.pdb").write_text("nonsense\n")
    outcome = protfold("relax", tmp_path / "broken.pdb", model, "-o", tmp_path / "out")
    assert outcome.status == 1
    assert outcome.err.count("error: ") == 1
    assert "broken.pdb" in outcome.err
    assert (tmp_path / "out" / "model" / "DONE").exists()
    rows = json.loads((tmp_path / "out" / "relax_summary.json").read_text())
    assert [row["status"] for row in rows] == ["failed", "done"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (bad_structures.LIGAND, "holds no protein residue"),
        (bad_structures.SINGLE, "a single residue has no peptide bond"),
        (bad_structures.NAN, "nan"),
        (bad_structures.ORIGIN, "all 137 atoms lie within 1 Å"),
        (bad_structures.LONG, "10001 residues are too many to relax"),
    ],
    ids=["ligand", "single", "nan", "origin", "long"],
)
def test_what_cannot_be_relaxed_is_one_line(tmp_path: Path, protfold: Run, text: str, message: str) -> None:
    path = tmp_path / "model.pdb"
    path.write_text(text)
    outcome = protfold("relax", path, "-o", tmp_path / "out")
    assert outcome.status == 2
    assert message in outcome.err
    assert "model.pdb" in outcome.err
    assert outcome.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (["--force-field", "charmm"], "'charmm'"),
        (["--max-rounds", "0"], "'--max-rounds'"),
        (["--tolerance", "0"], "tolerance = 0.0; give a positive number"),
        (["--stiffness", "nan"], "'--stiffness'"),
    ],
)
def test_settings_out_of_range(model: Path, tmp_path: Path, protfold: Run, option: list[str], message: str) -> None:
    outcome = protfold("relax", model, "-o", tmp_path / "out", *option)
    assert outcome.status == 2
    assert message in outcome.err
    assert not (tmp_path / "out").exists()
