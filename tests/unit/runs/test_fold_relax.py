"""Relaxation within a fold run: which models, what is kept, what a failure costs, and nothing predicted twice."""

import json
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from protfold.io import read_structure
from protfold.runs import stages, store
from protfold.runs.fold import fold
from protfold.runs.options import FoldOptions
from protfold.runs.targets import collect_targets
from tests.unit.runs.conftest import files_of
from tests.unit.runs.fake_predictor import FakeLoader
from tests.unit.runs.fake_relaxation import FAILURE, STEP
from tests.unit.runs.test_fold import run, write


def scores(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "scores.json").read_text())


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Predictions that were relaxed."""
    calls: list[str] = []
    relax = stages.relax_model
    monkeypatch.setattr(stages, "relax_model", lambda protein, **settings: calls.append(protein.name) or relax(protein, **settings))
    return calls


@pytest.mark.parametrize(("choice", "relaxed"), [("none", set()), ("best", {1}), ("all", {1, 2, 3})])
def test_which_are_relaxed(
    tmp_path: Path, load: FakeLoader, monkeypatch: pytest.MonkeyPatch, choice: str, relaxed: set[int]
) -> None:
    """The relaxed model takes the prediction's place, which is kept beside it; the others are as predicted."""
    calls = counted(monkeypatch)
    row = run(write(tmp_path / "a.fasta", a="MKVLLA"), tmp_path / "out", load, num_seeds=3, relax=choice).rows[0]
    assert len(calls) == len(relaxed)
    folder = tmp_path / "out" / "a"
    assert {path.name for path in folder.glob("unrelaxed_*")} == {f"unrelaxed_{rank}.pdb" for rank in relaxed}
    predicted = fold("MKVLLA", num_seeds=3, relax="none", load=load).predictions
    for rank, prediction in enumerate(predicted, start=1):
        step = np.array([STEP if rank in relaxed else 0.0, 0.0, 0.0])
        mask = prediction.protein.atom37_mask > 0
        expected = (prediction.protein.atom37_positions + step)[mask]
        for file in (f"ranked_{rank}.pdb", f"ranked_{rank}.cif"):
            assert read_structure(folder / file).atom37_positions[mask] == pytest.approx(expected, abs=1e-3)
        if rank in relaxed:
            kept = read_structure(folder / f"unrelaxed_{rank}.pdb").atom37_positions[mask]
            assert kept == pytest.approx(prediction.protein.atom37_positions[mask], abs=1e-3)
        software = set(gemmi.cif.read(str(folder / f"ranked_{rank}.cif")).sole_block().find_values("_software.name"))
        assert software == ({"protfold", "OpenMM"} if rank in relaxed else {"protfold"})
    about = scores(folder)
    assert [line["rank"] for line in about["ranking"] if line["relaxation"] is not None] == sorted(relaxed)
    assert about["relaxation"] == about["ranking"][0]["relaxation"]
    if relaxed:
        assert about["relaxation"]["violations_before"] == {"residues": 2, "broken": 2, "clashing": 0, "distorted": 0}
        assert about["relaxation"]["violations_after"]["residues"] == 0
        assert (about["relaxation"]["energy_before"], about["relaxation"]["energy_after"]) == (None, -12.5)
    assert (row.relax_seconds is None) == (not relaxed)
    assert row.reason == ""


def test_a_failure_keeps_the_prediction_and_is_told(tmp_path: Path, load: FakeLoader) -> None:
    """Also when the target is skipped the next time, since what was asked for is still not there."""
    path = write(tmp_path / "two.fasta", a="HHHHLA", b="MKVLLA")
    for status in ("done", "skipped"):
        summary = run(path, tmp_path / "out", load, relax="all", num_seeds=2)
        assert [row.status for row in summary.rows] == [status, status]
        assert summary.failed == ()
        assert [row.target for row in summary.unrelaxed] == ["a"]
        assert summary.rows[0].reason == f"ranked_1 is not relaxed: {FAILURE}; ranked_2 is not relaxed: {FAILURE}"
    about = scores(tmp_path / "out" / "a")
    assert about["relaxation"] == {"status": "failed", "reason": FAILURE}
    predicted = fold("HHHHLA", relax="none", seed=1, load=load).protein
    found = read_structure(tmp_path / "out" / "a" / "ranked_1.pdb")
    mask = predicted.atom37_mask > 0
    assert found.atom37_positions[mask] == pytest.approx(predicted.atom37_positions[mask], abs=1e-3)
    assert not list((tmp_path / "out" / "a").glob("unrelaxed_*"))


def test_a_single_residue_is_complete_without(tmp_path: Path, load: FakeLoader) -> None:
    """No failure, and scores.json says why."""
    summary = run(write(tmp_path / "a.fasta", a="M"), tmp_path / "out", load)
    assert (summary.failed, summary.unrelaxed) == ((), ())
    assert scores(tmp_path / "out" / "a")["relaxation"]["status"] == "nothing to relax"
    assert scores(tmp_path / "out" / "a")["relaxation"]["reason"]


def test_nothing_finished_is_done_again(tmp_path: Path, load: FakeLoader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ended among its relaxations predicts none again and relaxes the rest."""
    calls = counted(monkeypatch)
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    options, output = FoldOptions(num_seeds=3, relax="all"), str(tmp_path / "out")
    (target,) = collect_targets([path]).targets
    stages.align(target, options, output)
    for seed in options.seeds:
        stages.predict(target, options, output, weights="mini", seed=seed, load=load)
    to_relax = stages.to_relax(target, options, output, load=load)
    assert len(to_relax) == 3
    stages.relax(*to_relax[0], options)
    assert stages.relax(*to_relax[0], options).seconds is None
    stages.give_up_relaxing(to_relax[1][1], "too long")
    row = run(path, tmp_path / "out", load, num_seeds=3, relax="all").rows[0]
    assert len(load.asked) == 3
    assert len(calls) == 2
    assert row.predict_seconds is None
    assert "too long" in row.reason
    assert run(path, tmp_path / "out", load, num_seeds=3, relax="all").rows[0].status == "skipped"
    assert len(calls) == 2


def test_what_another_choice_left_is_no_part_of_the_result(tmp_path: Path, load: FakeLoader) -> None:
    """A run with `all` that was stopped, gone on with as `best`, gives the bytes of a run with `best`; and so the other way."""
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    (target,) = collect_targets([path]).targets
    for stopped, wanted in (("all", "best"), ("best", "all"), ("all", "none")):
        output, options = tmp_path / f"{stopped}-{wanted}", FoldOptions(num_seeds=2, relax=stopped)
        stages.align(target, options, str(output))
        for seed in options.seeds:
            stages.predict(target, options, str(output), weights="mini", seed=seed, load=load)
        for files in stages.to_relax(target, options, str(output), load=load):
            stages.relax(*files, options)
        run(path, output, load, num_seeds=2, relax=wanted)
        run(path, tmp_path / wanted, load, num_seeds=2, relax=wanted)
        assert files_of(output / "a") == files_of(tmp_path / wanted / "a")
        assert not (output / "a" / store.STAGES).exists()


@pytest.mark.parametrize("choice", ["none", "best", "all"])
def test_in_memory_equals_the_run(tmp_path: Path, load: FakeLoader, choice: str) -> None:
    """The Python function relaxes what the command does."""
    run(write(tmp_path / "a.fasta", a="MKVLLA"), tmp_path / "out", load, num_seeds=2, relax=choice)
    result = fold("MKVLLA", name="a", num_seeds=2, relax=choice, load=load)
    result.save(tmp_path / "saved")
    saved, ran = files_of(tmp_path / "saved"), files_of(tmp_path / "out" / "a")
    del saved["DONE"], ran["DONE"]
    assert saved == ran
    assert (result.protein is result.predictions[0].protein) == (choice == "none")
    assert result.protein is result.proteins[0]


def test_relaxed_models_of_an_earlier_request_go(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    run(path, tmp_path / "out", load)
    assert run(path, tmp_path / "out", load, relax="none").rows[0].status == "done"
    assert not (tmp_path / "out" / "a" / "unrelaxed_1.pdb").exists()
