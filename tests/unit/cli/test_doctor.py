"""`protfold doctor`: facts about this installation, and a status that says whether `fold` can start."""

import os
import re
from importlib.metadata import version
from pathlib import Path

import pytest
import torch

from protfold.features import FeatureConfig
from protfold.inference.memory import estimate_memory_gib
from protfold.weights.checkpoint import ModelCard, save_checkpoint
from tests.support.networks import tiny_config, tiny_network
from tests.unit.cli.conftest import Run


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network of its own architecture."""
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    config = FeatureConfig(max_msa_clusters=16, max_extra_msa=8, max_templates=0)
    card = ModelCard(name="tiny", description="-", licence="-", training_data="-", training_steps=0, feature_config=config)
    save_checkpoint(tiny_network(), path, card)
    return path


def facts(out: str) -> str:
    return " ".join(out.replace("│", " ").split())


def test_facts(protfold: Run, weights: Path) -> None:
    outcome = protfold("doctor", "--weights", weights, "--device", "cpu", "--threads", 1, "--length", 1000)
    assert outcome.status == 0
    found = facts(outcome.out)
    assert f"torch {torch.__version__}" in found
    assert f"{os.cpu_count()} cores, 1 threads" in found
    assert "device cpu" in found
    assert f"openmm {version('openmm')}" in found
    assert re.search(r"relaxation OpenMM on (CUDA, )?(OpenCL, )?CPU(; no CUDA: .+)?(; no OpenCL: .+)? ", found)
    assert "weights tiny" in found
    needed = estimate_memory_gib(tiny_config(), 1000, 16, 8)
    assert f"at least {needed:.2f} GiB" in found


def test_refused_connections_are_a_fact(protfold: Run, weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ("doctor", "--weights", weights, "--device", "cpu")
    monkeypatch.delenv("PROTFOLD_OFFLINE", raising=False)
    assert "network" not in protfold(*line).out
    monkeypatch.setenv("PROTFOLD_OFFLINE", "1")
    assert "network refused: PROTFOLD_OFFLINE is set" in facts(protfold(*line).out)


def test_missing_weights_are_status_2_after_the_facts(protfold: Run) -> None:
    outcome = protfold("doctor", "--weights", "nowhere.npz")
    assert outcome.status == 2
    assert "torch" in outcome.out
    assert "nowhere.npz" in outcome.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_missing_device_is_status_2(protfold: Run, weights: Path) -> None:
    outcome = protfold("doctor", "--weights", weights, "--device", "cuda")
    assert outcome.status == 2
    assert "cuda" in outcome.err
