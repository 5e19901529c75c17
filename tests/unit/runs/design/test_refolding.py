"""Designs folded again: what is measured, what is left, and what a failure leaves."""

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import protfold
from protfold.errors import PredictionError
from protfold.inference.prediction import Prediction
from protfold.io import read_structure
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.ranking import refold_ranks
from protfold.runs.design.refolding import Refolding
from protfold.runs.design.run import design_backbones
from protfold.runs.design.summary import DesignRow
from protfold.runs.design.tasks import prepare
from tests.support.designer_files import write_backbone, write_designer
from tests.support.designers import backbone
from tests.unit.runs.fake_predictor import FakeLoader, FakePredictor

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@dataclass
class Knowing(FakePredictor):
    """Predicts the backbone, turned and moved."""

    def predict(self, msas: Any, **settings: Any) -> Prediction:
        prediction = super().predict(msas, **settings)
        known = backbone(12)
        positions = (known.atom37_positions @ TURN.T + 5.0) * known.atom37_mask[..., None]
        protein = replace(prediction.protein, atom37_positions=positions.astype(np.float32), atom37_mask=known.atom37_mask)
        return replace(prediction, protein=protein)


class Failing(FakePredictor):
    """Has no memory for anything."""

    def predict(self, msas: Any, **settings: Any) -> Prediction:
        raise PredictionError("not enough memory")


def run(tmp_path: Path, weights: str, load: FakeLoader, **changed: Any) -> DesignRow:
    chosen = DesignOptions(
        weights=weights, num_sequences=2, temperature=1.0, refold=True, refold_weights="fake", device="cpu", **changed
    )
    file = tmp_path / "a.pdb" if (tmp_path / "a.pdb").exists() else write_backbone(tmp_path / "a.pdb")
    tasks = prepare([file], tmp_path / "out", chosen, predictor=load)
    return design_backbones(tasks, tmp_path / "out", predictor=load).rows[0]


def test_a_prediction_like_the_backbone(tmp_path: Path, weights: str) -> None:
    """A scTM of 1 and scRMSD of 0 wherever it lies; its file lies on the backbone. Done again, nothing is folded."""
    load = FakeLoader(make=Knowing)
    row = run(tmp_path, weights, load)
    designs = list(csv.DictReader((tmp_path / "out/a/designs.csv").read_text().splitlines()))
    assert [float(one["sc_tm"]) for one in designs] == [1.0] * len(designs)
    assert [float(one["sc_rmsd"]) for one in designs] == pytest.approx([0.0] * len(designs), abs=1e-3)
    assert [one["refold_rank"] for one in designs] == [one["rank"] for one in designs]
    assert row.best_sc_tm == 1.0
    assert [asked["chains"] for asked in load.asked] == [(one["sequence"],) for one in designs]
    assert [asked["msas"][0].depth for asked in load.asked] == [1] * len(designs)
    for one in designs:
        folded = read_structure(tmp_path / f"out/a/refold_{one['rank']}.pdb")
        np.testing.assert_allclose(folded.atom37_positions[:, 1], backbone(12).atom37_positions[:, 1], atol=2e-3)
    assert run(tmp_path, weights, load).status == "skipped"
    assert len(load.asked) == len(designs)


def test_a_failure_leaves_the_designs(tmp_path: Path, weights: str) -> None:
    row = run(tmp_path, weights, FakeLoader(make=Failing), relax="best")
    assert row.status == "done"
    assert row.reason.startswith("design 1 is not folded: not enough memory")
    folder = tmp_path / "out/a"
    assert (folder / "DONE").exists()
    assert (folder / "relaxed_1.pdb").exists()
    assert not list(folder.glob("refold_*"))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["relaxation"]["1"][0]["status"] == "relaxed"


def test_in_memory_as_in_the_run(tmp_path: Path, weights: str) -> None:
    """The same numbers, and the same files by `save`."""
    load = FakeLoader()
    run(tmp_path, weights, load, relax="all")
    settings = {"num_sequences": 2, "temperature": 1.0, "refold": True, "refold_weights": "fake", "relax": "all", "device": "cpu"}
    result = protfold.design(tmp_path / "a.pdb", weights, load=load, **settings)
    assert isinstance(result, protfold.DesignResult)
    result.save(tmp_path / "saved")
    names = {path.name for path in (tmp_path / "saved").iterdir()}
    assert {f"relaxed_{one.rank}.pdb" for one in result.designs} < names
    assert names == {path.name for path in (tmp_path / "out/a").iterdir()}
    for name in names - {"DONE"}:
        assert (tmp_path / "saved" / name).read_bytes() == (tmp_path / "out/a" / name).read_bytes()


def test_ranks() -> None:
    """By scTM, then by confidence; what was not folded has none."""
    protein = backbone(4)
    folded = [Refolding(protein=protein, sc_tm=tm, mean_plddt=plddt) for tm, plddt in ((0.5, 80.0), (0.9, 60.0), (0.5, 90.0))]
    assert refold_ranks([folded[0], None, folded[1], Refolding(reason="no memory"), folded[2]]) == [3, None, 1, None, 2]
