"""How the relaxation of one model ends, and its numbers."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protfold import relax as relax_package
from protfold.entities import Protein
from protfold.runs import relaxation
from protfold.runs.relaxation import Relaxation, relax_model
from protfold.runs.relaxation_file import read_relaxation, write_relaxation
from tests.unit.relax.peptides import damaged, peptide
from tests.unit.runs.fake_predictor import helix
from tests.unit.runs.fake_relaxation import FAILURE


@pytest.fixture
def _openmm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Relaxation as it is."""
    monkeypatch.setattr(relaxation, "relax", relax_package.relax)


def model(sequence: str) -> Protein:
    """A helix of each chain."""
    return helix(sequence.replace(":", ""), tuple(sequence.split(":")), weights="", seed=0).protein


@pytest.mark.usefixtures("_openmm")
def test_by_openmm() -> None:
    """Less energy, no violations, pLDDT kept, JSON without times."""
    found = relax_model(replace(damaged(peptide(0, 8)), b_factors=peptide(0, 8).atom37_mask * 55.0), device="cpu")
    assert found.status == "relaxed"
    assert found.protein is not None
    assert (found.protein.b_factors[found.protein.atom37_mask > 0] == 55.0).all()
    about = found.as_json()
    assert about["energy_after"] < about["energy_before"]
    assert about["violations_before"]["residues"] > 0 == about["violations_after"]["residues"]
    assert about["platform"] == "CPU"
    assert "seconds" not in json.dumps(about, allow_nan=False)


def test_no_finite_number_is_null() -> None:
    """JSON has no infinity."""
    assert relax_model(model("MKV"), device="auto").as_json()["energy_before"] is None


@pytest.mark.parametrize("sequence", ["M", "M:K:V"])
def test_residues_alone_have_nothing_to_relax(sequence: str) -> None:
    """Which is no failure."""
    found = relax_model(model(sequence), device="auto")
    assert (found.status, found.protein, found.numbers) == ("nothing to relax", None, {})
    assert "no chain has two residues" in found.as_json()["reason"]


def test_a_failure_is_told_in_openmms_words() -> None:
    found = relax_model(model("HHHH"), device="auto")
    assert (found.status, found.protein, found.reason) == ("failed", None, FAILURE)


def test_an_unforeseen_failure_is_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaxation, "relax", lambda *arguments: 1 / 0)
    assert relax_model(model("MKV"), device="auto").reason == "unexpected ZeroDivisionError: division by zero"


@pytest.mark.parametrize(("device", "platform"), [("cpu", "CPU"), ("cuda", "auto"), ("auto", "auto")])
def test_cpu_means_the_cpu(monkeypatch: pytest.MonkeyPatch, device: str, platform: str) -> None:
    """Other devices may fall back."""
    asked = []
    monkeypatch.setattr(relaxation, "relax", lambda protein, config: asked.append((config.platform, config.threads)) or 1 / 0)
    relax_model(model("MKV"), device=device)
    assert asked == [(platform, 1)]


@pytest.mark.parametrize("sequence", ["MKV:LL", "HHHH", "M"])
def test_written_and_read_back(tmp_path: Path, sequence: str) -> None:
    """Every bit."""
    left = relax_model(model(sequence), device="auto")
    write_relaxation(tmp_path / "x.npz", left)
    found = read_relaxation(tmp_path / "x.npz")
    assert isinstance(found, Relaxation)
    assert found.as_json() == left.as_json()
    if left.protein is None:
        assert found.protein is None
    else:
        assert found.protein is not None
        np.testing.assert_array_equal(found.protein.atom37_positions, left.protein.atom37_positions)
        assert found.protein.chain_ids == left.protein.chain_ids
