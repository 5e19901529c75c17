"""Parameters of the networks: found, downloaded, read, written.

DeepMind's `.npz` (`load_alphafold2`, `save_alphafold2`), OpenFold's `.pt` (`load_openfold`), protfold's own `.safetensors`
(`load_checkpoint`, `save_checkpoint`); `load_weights` takes any of them by name or path. What is inside a file is told by its
arrays, and no file can run code.
"""

from protfold.weights.alphafold2 import load_alphafold2, save_alphafold2
from protfold.weights.checkpoint import Checkpoint, ModelCard, load_checkpoint, save_checkpoint
from protfold.weights.load import (
    LoadedDesigner,
    LoadedWeights,
    WeightsSummary,
    inspect_weights,
    load_designer,
    load_pair_encoder,
    load_pretrained,
    load_weights,
)
from protfold.weights.openfold import load_openfold
from protfold.weights.registry import expand_weights, find_weights

__all__ = [
    "Checkpoint",
    "LoadedDesigner",
    "LoadedWeights",
    "ModelCard",
    "WeightsSummary",
    "expand_weights",
    "find_weights",
    "inspect_weights",
    "load_alphafold2",
    "load_checkpoint",
    "load_designer",
    "load_openfold",
    "load_pair_encoder",
    "load_pretrained",
    "load_weights",
    "save_alphafold2",
    "save_checkpoint",
]
