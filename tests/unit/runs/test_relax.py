"""Structure files to relaxed ones: what is left, what is done again and what is not, one failure among successes."""

import csv
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protfold.errors import InputError, ProtfoldError, RelaxError
from protfold.io import format_pdb, read_structure, write_mmcif
from protfold.relax import RelaxConfig
from protfold.runs import relax as runs_relax
from protfold.runs import store
from protfold.runs.relax import FILES, prepare, relax_models
from protfold.runs.relax_summary import RelaxSummary
from tests.unit.relax.peptides import damaged, peptide
from tests.unit.runs.conftest import files_of
from tests.unit.runs.fake_relaxation import fake_relax

CONFIG = RelaxConfig(platform="CPU", max_iterations=20, max_rounds=1)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Two peptides, one as mmCIF, and a file that is no structure."""
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "a.pdb").write_text(format_pdb(damaged(peptide(0, 6))))
    write_mmcif(peptide(10, 16), folder / "b.cif")
    (folder / "c.pdb").write_text("HETATM    1  C1  LIG A   1       0.000   0.000   0.000  1.00  0.00           C\nEND\n")
    (folder / "notes.txt").write_text("no structure")
    return folder


def run(inputs: list[Path], output: Path, config: RelaxConfig = CONFIG, **settings: Any) -> RelaxSummary:
    return relax_models(prepare(inputs, output, config), output, **settings)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of what was relaxed, in no time."""
    names: list[str] = []
    monkeypatch.setattr(runs_relax, "relax", lambda protein, config: names.append(protein.name) or fake_relax(protein, config))
    return names


def test_by_openmm_one_at_a_time_and_two_at_once(models: Path, tmp_path: Path) -> None:
    """The same bytes, from which times are absent; two results and one reason."""
    one, two = run([models], tmp_path / "one"), run([models], tmp_path / "two", at_once=2)
    for summary in (one, two):
        assert [(row.folder, row.status) for row in summary.rows] == [("a", "done"), ("b", "done"), ("c", "failed")]
        (failed,) = summary.failed
        assert "c.pdb" in failed.reason
        assert "holds no protein residue" in failed.reason
        assert all((row.seconds or 0) > 0 for row in summary.rows[:2])
    for name in ("a", "b"):
        assert set(files_of(tmp_path / "one" / name)) == {*FILES, "DONE"}
        assert files_of(tmp_path / "one" / name) == files_of(tmp_path / "two" / name)
    assert not (tmp_path / "one" / "c").exists()
    about = json.loads((tmp_path / "one" / "a" / "relax.json").read_text())
    assert about["energy_after"] < about["energy_before"]
    assert about["violations_before"]["residues"] > 0
    assert about["settings"]["max_iterations"] == 20
    assert len(about["rounds"]) == 1
    assert "second" not in json.dumps(about)
    first, second = (read_structure(tmp_path / "one" / "a" / f"relaxed.{kind}") for kind in ("pdb", "cif"))
    np.testing.assert_allclose(first.atom37_positions, second.atom37_positions, atol=2e-3)
    assert first.residue_index.tolist() == peptide(0, 6).residue_index.tolist()
    with (tmp_path / "one" / "relax_summary.csv").open(newline="") as file:
        assert next(row["energy_after"] for row in csv.DictReader(file)) == str(about["energy_after"])


def test_the_same_request_again_relaxes_nothing(models: Path, tmp_path: Path, calls: list[str]) -> None:
    """Other settings, another file or --overwrite do."""
    first = run([models], tmp_path / "out")
    before = files_of(tmp_path / "out" / "a")
    second = run([models], tmp_path / "out", RelaxConfig(platform="auto", max_iterations=20, max_rounds=1, threads=2))
    assert len(calls) == 2
    assert [row.status for row in second.rows] == ["skipped", "skipped", "failed"]
    assert [row.seconds for row in second.rows] == [row.seconds for row in first.rows]
    assert files_of(tmp_path / "out" / "a") == before
    run([models], tmp_path / "out", RelaxConfig(platform="CPU", max_rounds=1))
    assert len(calls) == 4
    run([models], tmp_path / "out", RelaxConfig(platform="CPU", max_rounds=1), overwrite=True)
    assert len(calls) == 6
    (models / "a.pdb").write_text(format_pdb(peptide(0, 6)))
    (tmp_path / "out" / "b" / "relaxed.pdb").unlink()
    run([models], tmp_path / "out", RelaxConfig(platform="CPU", max_rounds=1))
    assert len(calls) == 8


@pytest.mark.parametrize("library", ["openmm", "pdbfixer"])
def test_another_version_of_a_library_relaxes_again(
    library: str, models: Path, tmp_path: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    version = importlib.metadata.version
    for expected in ("done", "skipped"):
        assert [row.status for row in run([models / "a.pdb"], tmp_path / "out").rows] == [expected]
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0.1" if name == library else version(name))
    assert [row.status for row in run([models / "a.pdb"], tmp_path / "out").rows] == ["done"]
    assert json.loads((tmp_path / "out" / "a" / "relax.json").read_text())[library] == "0.1"


def test_a_failure_stops_no_other_and_leaves_no_done(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Foreseen or not, it comes with the file's name."""
    errors = [RelaxError("a cannot be relaxed; CPU: Particle coordinate is NaN"), ZeroDivisionError("oh")]

    def fail(*arguments: object) -> None:
        raise errors.pop(0)

    monkeypatch.setattr(runs_relax, "relax", fail)
    rows = run([models], tmp_path / "out").rows
    assert rows[0].reason == f"{models / 'a.pdb'}: a cannot be relaxed; CPU: Particle coordinate is NaN"
    assert rows[1].reason == f"{models / 'b.cif'}: unexpected ZeroDivisionError: oh"
    assert not list((tmp_path / "out").glob("*/DONE"))


def test_a_disk_that_fills_up(models: Path, tmp_path: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No DONE, and room makes the same request work."""
    write = store.write_atomically

    def full(path: Path, content: str) -> None:
        if path.name == "relax.json":
            raise ProtfoldError(f"{path}: cannot be written: No space left on device")
        write(path, content)

    monkeypatch.setattr(store, "write_atomically", full)
    assert [row.status for row in run([models], tmp_path / "out").rows] == ["failed"] * 3
    assert not list((tmp_path / "out").glob("*/DONE"))
    monkeypatch.setattr(store, "write_atomically", write)
    assert [row.status for row in run([models], tmp_path / "out").rows] == ["done", "done", "failed"]


def test_two_files_of_one_name_get_a_folder_each(models: Path, tmp_path: Path, calls: list[str]) -> None:
    (models / "a.cif").write_text((models / "b.cif").read_text())
    rows = run([models / "a.pdb", models / "a.cif"], tmp_path / "out").rows
    assert len({row.folder for row in rows}) == 2
    assert [row.status for row in rows] == ["done", "done"]


def test_results_of_a_fold_run_are_not_touched(models: Path, tmp_path: Path, calls: list[str]) -> None:
    """A model whose folder would be that of a target."""
    (tmp_path / "out" / "a").mkdir(parents=True)
    (tmp_path / "out" / "a" / "manifest.json").write_text("{}")
    summary = run([models], tmp_path / "out")
    assert "holds results of another command" in summary.rows[0].reason
    assert [path.name for path in (tmp_path / "out" / "a").iterdir()] == ["manifest.json"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (["missing.pdb"], "no such file or folder"),
        (["models/c.pdb"], "c.pdb: holds no protein residue|c.pdb.*no protein residue"),
        (["empty"], "holds no file ending in .pdb"),
    ],
)
def test_nothing_starts(models: Path, tmp_path: Path, inputs: list[str], message: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=message):
        prepare([tmp_path / path for path in inputs], tmp_path / "out", CONFIG)
    assert not (tmp_path / "out").exists()


def test_a_platform_that_is_not_there(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs_relax, "platform_problems", lambda: {"CUDA": "libcuda.so.1 is missing"})
    with pytest.raises(InputError, match=r"no platform CUDA here: libcuda\.so\.1 is missing; leave the choice to --device auto"):
        prepare([models], tmp_path / "out", RelaxConfig(platform="CUDA"))
