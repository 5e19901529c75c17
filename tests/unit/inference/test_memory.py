"""The memory estimate against what it estimates."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from protfold.features import build_features
from protfold.inference import estimate_memory_gib
from protfold.inference.memory import (
    SMALLEST_CHUNK,
    InputSize,
    chunk_elements_that_fit,
    feature_bytes,
    network_bytes,
    parameter_bytes,
)
from protfold.model import AlphaFold, AlphaFoldConfig
from tests.support.networks import tiny_config
from tests.unit.inference.networks import FEATURES, random_msa

MEASURE = """
import sys
from pathlib import Path
import torch
from protfold.inference.memory import GIB, InputSize, network_bytes
from protfold.model import AlphaFold, AlphaFoldConfig, AttentionStackConfig
from protfold.model.execution import execution
from tests.support.networks import random_features

def memory(field):
    return 1024 * int(Path("/proc/self/status").read_text().split(field + ":")[1].split()[0])

torch.set_num_threads(1)
one_block = AttentionStackConfig(num_blocks=1)
network = AlphaFold(AlphaFoldConfig(evoformer=one_block, extra_msa=AttentionStackConfig(num_blocks=1, c_msa_head=8), template=None)).eval()
features = random_features(num_residues=160, num_rows=128, num_extra=256, templates=0)
with torch.no_grad(), execution(chunk_elements=2**20):
    network(random_features(num_residues=16, num_rows=4, num_extra=4, templates=0))
    Path("/proc/self/clear_refs").write_text("5")
    before = memory("VmRSS")
    network(features)
size = InputSize(num_residues=160, num_clusters=128, num_extra=256, num_passes=2)
print(network_bytes(network.config, size, dtype=torch.float32, chunk_elements=2**20) / (memory("VmHWM") - before))
"""
SIZE = InputSize(num_residues=300, num_clusters=512, num_extra=1024)


def test_parameters_are_counted_exactly() -> None:
    """As many bytes as the built network holds, with templates, in both types."""
    for dtype in (torch.float32, torch.bfloat16):
        network = AlphaFold(tiny_config(templates=True))
        network.set_trunk_dtype(dtype)
        assert parameter_bytes(tiny_config(templates=True), dtype) == sum(p.nbytes for p in network.parameters())


def test_features_are_counted() -> None:
    """To a percent or two of the arrays that `build_features` gives: what does not grow with the alignment is left out."""
    features, held = (
        build_features([random_msa("ACDEF" * 20, depth=40)], config=replace(FEATURES, max_msa_clusters=16, max_extra_msa=24)),
        [],
    )
    features.map(lambda tensor: held.append(tensor.nbytes) or tensor)
    size = InputSize(num_residues=100, num_clusters=16, num_extra=24, num_passes=3)
    assert feature_bytes(size) == pytest.approx(sum(held), rel=0.03)


@pytest.mark.parametrize("axis", ["num_residues", "num_clusters", "num_extra"])
def test_more_input_needs_more_memory(axis: str) -> None:
    """Along each axis; bfloat16 needs less."""
    config = AlphaFoldConfig()
    sizes = {"num_residues": 500, "num_clusters": 512, "num_extra": 5120}
    larger = sizes | {axis: 4 * sizes[axis]}
    assert estimate_memory_gib(config, **larger) > estimate_memory_gib(config, **sizes)
    assert estimate_memory_gib(config, **sizes, dtype="bfloat16") < 0.8 * estimate_memory_gib(config, **sizes)


def test_chunks_that_fit() -> None:
    """As large as preferred where memory is plenty, the largest that fits where it is not, None where nothing does."""
    settings = {"config": AlphaFoldConfig(), "size": SIZE, "dtype": torch.float32}
    preferred = 2**26
    assert chunk_elements_that_fit(**settings, available=float("inf"), preferred=preferred) == preferred
    assert chunk_elements_that_fit(**settings, available=1e6, preferred=preferred) is None
    tight = network_bytes(**settings, chunk_elements=2**24)
    assert chunk_elements_that_fit(**settings, available=float(tight), preferred=preferred) == 2**24
    least = network_bytes(**settings, chunk_elements=SMALLEST_CHUNK)
    assert chunk_elements_that_fit(**settings, available=float(least), preferred=preferred) is not None
    assert chunk_elements_that_fit(**settings, available=float(least - 1), preferred=preferred) is None


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak of a process is read from Linux's /proc")
def test_estimate_against_a_measured_peak() -> None:
    """At the published widths, one block a stack, two passes, 160 residues: within a quarter."""
    run = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True)
    assert 0.8 < float(run.stdout) < 1.25
