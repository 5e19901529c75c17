"""Small parameter files with a value of its own in every element."""

import functools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from protfold.features import FeatureConfig
from protfold.model import AlphaFold
from protfold.weights import ModelCard, save_alphafold2
from protfold.weights.architecture import without_values
from tests.parity.parameters import Layout, layout
from tests.support.networks import tiny_config

Arrays = dict[str, np.ndarray]

CARD = ModelCard(
    name="tiny",
    description="a test",
    licence="CC0-1.0",
    training_data="none",
    training_steps=7,
    feature_config=FeatureConfig(max_extra_msa=9),
    measures={"lddt": 0.25},
)


def number_elements(shapes: Layout) -> Arrays:
    """float32 arrays in which no value occurs twice, so that any two elements that change places are noticed."""
    arrays, first = {}, 1
    for name, shape in shapes.items():
        count = int(np.prod(shape))
        arrays[name] = np.arange(first, first + count, dtype=np.float32).reshape(shape)
        first += count
    assert first < 2**24  # beyond, float32 skips integers
    return arrays


def alphafold2_arrays(variant: str) -> Arrays:
    """Arrays of DeepMind's layout in true widths, with few blocks and numbered elements."""
    return number_elements(layout(variant, evoformer_blocks=2, extra_blocks=1))


def tiny_alphafold2_network(*, templates: bool = True, ptm: bool = True) -> AlphaFold:
    """The smallest network that DeepMind's layout can hold, with numbered elements."""
    config = tiny_config(templates=templates, ptm=ptm)
    config = replace(config, structure=replace(config.structure, num_layers=8, num_torsion_blocks=2))
    network = without_values(config)
    numbered = number_elements({name: tuple(value.shape) for name, value in network.state_dict().items()})
    network.load_state_dict({name: torch.from_numpy(value) for name, value in numbered.items()}, assign=True)
    return network.eval()


def write_tiny_alphafold2(path: Path, *, templates: bool = True, ptm: bool = True) -> Path:
    """A DeepMind-style `.npz` of `tiny_alphafold2_network`."""
    path.write_bytes(_tiny_alphafold2_bytes(templates, ptm))
    return path


@functools.cache
def _tiny_alphafold2_bytes(templates: bool, ptm: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tiny.npz")
        save_alphafold2(tiny_alphafold2_network(templates=templates, ptm=ptm), path)
        return path.read_bytes()


def assert_same_parameters(one: AlphaFold, other: AlphaFold) -> None:
    """Same architecture, same parameter names, same bits."""
    assert one.config == other.config
    first, second = one.state_dict(), other.state_dict()
    assert first.keys() == second.keys()
    different = [name for name in first if first[name].dtype != second[name].dtype or not torch.equal(first[name], second[name])]
    assert different == []
