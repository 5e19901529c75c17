"""Sequence in, structure out, through the real network at a tiny size: the installed command and the Python API."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import gemmi
import numpy as np
import pytest

import protfold
from protfold.features import FeatureConfig
from protfold.weights.checkpoint import ModelCard, save_checkpoint
from tests.support.networks import tiny_network
from tests.unit.runs.conftest import files_of

SEQUENCE = "MKVLLAAGIVGIVEQCCTSI"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that has learnt nothing."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = FeatureConfig(max_msa_clusters=16, max_extra_msa=16, num_recycles=1, max_templates=0)
    card = ModelCard(name="tiny", description="-", licence="-", training_data="-", training_steps=0, feature_config=config)
    save_checkpoint(tiny_network(), path, card)
    return path


def command(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PROTFOLD_CACHE_DIR": str(cwd / "cache")}
    program = [sys.executable, "-c", "from protfold.cli.main import main; main()"]
    return subprocess.run([*program, *map(str, arguments)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_three_targets_one_broken_then_again(tmp_path: Path, weights: Path) -> None:
    """Two results, one reason, status 1; the second time nothing is computed; the manifest's command gives the same model."""
    (tmp_path / "three.fasta").write_text(f">good\n{SEQUENCE}\n>broken\nMK1\n>pair\nGIVEQCCTSI:FVNQHLCGSH\n")
    line = ("fold", "three.fasta", "-o", "out", "--weights", weights, "--relax", "none", "--threads", 1, "--device", "cpu")
    first = command(*line, cwd=tmp_path)
    assert first.returncode == 1, first.stderr
    assert "three.fasta:4 (record 'broken')" in first.stderr
    before = files_of(tmp_path / "out" / "good")
    second = command(*line, cwd=tmp_path)
    assert second.returncode == 1
    assert second.stderr.count("complete already") == 2
    assert files_of(tmp_path / "out" / "good") == before
    model = gemmi.read_structure(str(tmp_path / "out" / "good" / "ranked_1.pdb"))[0]
    assert gemmi.one_letter_code([residue.name for residue in model[0]]) == SEQUENCE

    again = shlex.split(json.loads(before["manifest.json"])["command"])
    third = command(*again[1:], cwd=tmp_path / "out" / "good")
    assert third.returncode == 0, third.stderr
    repeated = files_of(tmp_path / "out" / "good" / "again" / "msa")
    assert repeated["ranked_1.pdb"].split(b"ATOM", 1)[1] == before["ranked_1.pdb"].split(b"ATOM", 1)[1]
    for name in ("scores.json", "pae.json", "msa.a3m", "plddt.png", "pae.png", "contacts.png"):
        assert repeated[name] == before[name]


def test_python_api_with_an_alignment(tmp_path: Path, weights: Path) -> None:
    (tmp_path / "x.a3m").write_text(f">q\n{SEQUENCE}\n>h\n{SEQUENCE[:10]}aaa{'-' * 10}\n")
    result = protfold.fold(
        SEQUENCE, msa=tmp_path / "x.a3m", weights=str(weights), relax="none", device="cpu", threads=1, num_seeds=2
    )
    assert result.msa.depth == 2
    assert result.plddt.shape == (20,)
    assert result.pae is not None
    assert result.pae.shape == (20, 20)
    assert result.distogram_probabilities.sum(-1) == pytest.approx(np.ones((20, 20)), abs=1e-4)
    assert {prediction.seed for prediction in result.predictions} == {0, 1}
    folder = result.save(tmp_path / "out")
    assert len(protfold.read_structure(folder / "ranked_1.cif")) == 20
    assert protfold.read_msa(folder / "msa.a3m").depth == 2
    assert result.plot_pae().axes
    assert result.plot_plddt().axes
