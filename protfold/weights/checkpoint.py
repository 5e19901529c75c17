"""protfold's own checkpoints: safetensors whose header holds the architecture and the model card."""

import dataclasses
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from protfold.errors import ProtfoldError, WeightsError
from protfold.features.config import FeatureConfig
from protfold.io.atomic import write_atomically
from protfold.model import AlphaFold, AlphaFoldConfig, EnvironmentTransformerConfig
from protfold.vision.coevolution_term import CoevolutionTerm
from protfold.vision.distance_network import DistanceNetworkConfig
from protfold.vision.pretraining.network import PairPretrainingConfig
from protfold.weights.architecture import Network, NetworkConfig, with_values, without_values
from protfold.weights.messages import misfit
from protfold.weights.plain_data import from_plain

VERSION = 1
HEADER_KEY = "protfold"  # one key: safetensors does not promise an order of several

FOLDING, DESIGN, DISTANCES, PRETRAINING = "AlphaFold", "EnvironmentTransformer", "DistanceNetwork", "PairPretraining"
CONFIGS: Mapping[str, type[NetworkConfig]] = {
    FOLDING: AlphaFoldConfig,
    DESIGN: EnvironmentTransformerConfig,
    DISTANCES: DistanceNetworkConfig,
    PRETRAINING: PairPretrainingConfig,
}
"""By the name of the network; files that name none hold a folding network."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """What a person must know about parameters before using them.

    Attributes:
        name: short name, as given to `--weights`.
        description: one sentence.
        licence: of the parameters.
        training_data: what they were trained on.
        training_steps: optimiser steps.
        feature_config: the features that a folding network's were made for; the default of inference.
        measures: accuracy on data not trained on, by the name of the measure.
    """

    name: str
    description: str
    licence: str
    training_data: str
    training_steps: int
    feature_config: FeatureConfig | None = field(default_factory=FeatureConfig)
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckpointHeader:
    """All of a checkpoint but the values.

    Attributes:
        config: architecture.
        pair_encoder: of the encoder in a folding network's `CoevolutionTerm`; None without.
        card: what to know about the parameters.
        shapes: by parameter name.
        storage: type the values are stored in, such as `F32` or `F16`.
    """

    config: NetworkConfig
    pair_encoder: DistanceNetworkConfig | None
    card: ModelCard
    shapes: Mapping[str, tuple[int, ...]]
    storage: str


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Checkpoint:
    """A network and its card."""

    model: Network
    card: ModelCard


def save_checkpoint(
    model: Network, path: str | os.PathLike[str], card: ModelCard, *, storage_dtype: torch.dtype = torch.float32
) -> None:
    """Writes parameters, architecture and card; the same ones give the same bytes.

    Args:
        model: may be on any device.
        path: `.safetensors`; appears whole or not at all.
        card: stored in the header.
        storage_dtype: float32 is exact. float16 halves the file and rounds to 11 significant bits (relative error at most 2^-11;
            below 6e-5 an absolute error of at most 3e-8), bfloat16 to 8 bits (2^-8). Loading gives float32 in every case.

    Raises:
        WeightsError: the network has a pair encoder other than `CoevolutionTerm`, or a value overflows float16.
    """
    encoder = model.pair_encoder if isinstance(model, AlphaFold) else None
    if encoder is not None and not isinstance(encoder, CoevolutionTerm):
        raise WeightsError(f"{path}: not written, a checkpoint cannot describe the network's pair encoder")
    tensors = {}
    for name, value in model.state_dict().items():
        tensors[name] = value.detach().cpu().to(storage_dtype).contiguous()
        if not bool(tensors[name].isfinite().all()) and bool(value.isfinite().all()):
            raise WeightsError(f"{path}: not written, {name} has a value too large for {storage_dtype}")
    header = {
        "version": VERSION,
        "network": type(model).__name__,
        "config": dataclasses.asdict(model.config),
        **({} if encoder is None else {"pair_encoder": dataclasses.asdict(encoder.config)}),
        "card": dataclasses.asdict(card),
    }
    write_atomically(os.fspath(path), safetensors_bytes(tensors, {HEADER_KEY: json.dumps(header)}))


def load_checkpoint(path: str | os.PathLike[str]) -> Checkpoint:
    """The network in evaluation mode and float32, and its card.

    Raises:
        WeightsError: the file is missing, damaged, not one of protfold's, of a newer version, or does not fit its own architecture.
    """
    header, tensors = _read(path, with_tensors=True)
    network = without_values(header.config, header.pair_encoder)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    if expected != header.shapes:
        missing, unexpected = set(expected) - set(header.shapes), set(header.shapes) - set(expected)
        wrong = [
            f"{name}: {list(header.shapes[name])}, expected {list(shape)}"
            for name, shape in expected.items()
            if name in header.shapes and header.shapes[name] != shape
        ]
        problem = "parameters do not fit the architecture in the header"
        raise WeightsError(misfit(path, problem, missing=missing, unexpected=unexpected, shapes=wrong))
    return Checkpoint(model=with_values(network, tensors), card=header.card)


def read_checkpoint_header(path: str | os.PathLike[str]) -> CheckpointHeader:
    """Architecture, card and shapes, without reading values.

    Raises:
        WeightsError: as `load_checkpoint`, the fit aside.
    """
    return _read(path, with_tensors=False)[0]


def _read(path: str | os.PathLike[str], *, with_tensors: bool) -> tuple[CheckpointHeader, dict[str, Tensor]]:
    try:
        with safe_open(os.fspath(path), framework="pt") as file:
            config, encoder, card = _described(path, file.metadata())
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 - a reader, not a dict
            header = CheckpointHeader(
                config=config,
                pair_encoder=encoder,
                card=card,
                shapes={name: tuple(part.get_shape()) for name, part in slices.items()},
                storage=", ".join(sorted({part.get_dtype() for part in slices.values()})),
            )
            tensors = {name: file.get_tensor(name).to(torch.float32, copy=True) for name in slices} if with_tensors else {}
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such file") from error
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path}: damaged, or not a safetensors file ({error})") from error
    return header, tensors


def _described(
    path: str | os.PathLike[str], metadata: Mapping[str, str] | None
) -> tuple[NetworkConfig, DistanceNetworkConfig | None, ModelCard]:
    text = (metadata or {}).get(HEADER_KEY)
    if text is None:
        raise WeightsError(f"{path}: a safetensors file, but not written by protfold: its header tells no architecture")
    try:
        header: Any = json.loads(text)
        if header["version"] != VERSION:
            raise WeightsError(
                f"{path}: checkpoint version {header['version']}, this protfold reads version {VERSION}; update protfold"
            )
        kind = header.get("network", FOLDING)
        if kind not in CONFIGS:
            raise WeightsError(f"{path}: holds a network named {kind}, which this protfold does not know; update protfold")
        encoder = header.get("pair_encoder")
        return (
            from_plain(CONFIGS[kind], header["config"], "config"),
            None if encoder is None else from_plain(DistanceNetworkConfig, encoder, "pair_encoder"),
            from_plain(ModelCard, header["card"], "card"),
        )
    except WeightsError:
        raise
    except (ValueError, KeyError, TypeError, ProtfoldError) as error:
        raise WeightsError(f"{path}: its header cannot be read: {error}") from error
