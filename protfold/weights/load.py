"""Parameters by name or path, whatever their format."""

import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protfold.errors import WeightsError
from protfold.features import config as features
from protfold.features.config import FeatureConfig
from protfold.model import AlphaFold, EnvironmentTransformer
from protfold.vision.distance_network import DistanceNetwork
from protfold.vision.pretraining.network import PairPretraining
from protfold.weights.alphafold2 import load_alphafold2, read_alphafold2_shapes
from protfold.weights.architecture import NetworkConfig
from protfold.weights.checkpoint import Checkpoint, load_checkpoint, read_checkpoint_header
from protfold.weights.checksum import verified_sha256
from protfold.weights.openfold import load_openfold
from protfold.weights.registry import ALPHAFOLD2, find_weights, weights_name

Format = Literal["alphafold2", "openfold", "protfold"]
UNKNOWN_LICENCE = "not stated in the file"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LoadedWeights:
    """A network with its values, and where they come from.

    Attributes:
        name: short name.
        path: the file.
        sha256: of the file.
        format: what kind of file it is.
        model: in evaluation mode, float32, on the CPU.
        licence, description: for a person.
        feature_config: the features the parameters were made for.
    """

    name: str
    path: Path
    sha256: str
    format: Format
    model: AlphaFold
    licence: str
    description: str
    feature_config: FeatureConfig


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LoadedDesigner:
    """A designer's network with its values, and where they come from; attributes as of `LoadedWeights`."""

    name: str
    path: Path
    sha256: str
    model: EnvironmentTransformer
    licence: str
    description: str


@dataclass(frozen=True, kw_only=True, slots=True)
class WeightsSummary:
    """What is inside a parameter file.

    Attributes:
        shapes: of each array, by the name it has in the file; by protfold's names for OpenFold checkpoints.
        card: what the file says of itself, by topic; empty where it says nothing.
    """

    name: str
    path: Path
    sha256: str
    format: Format
    config: NetworkConfig
    shapes: Mapping[str, tuple[int, ...]]
    card: Mapping[str, object]


def load_weights(name_or_path: str | os.PathLike[str]) -> LoadedWeights:
    """Loads a parameter set, such as `mini`, `model_1_ptm` or a path to a `.npz`, `.pt` or `.safetensors` file.

    The format is told by the file's content. Nothing in a file is ever executed.

    Raises:
        WeightsError: not found, damaged, other than recorded when it was installed, or of another network.
    """
    path = find_weights(name_or_path)
    sha256, name, kind = verified_sha256(path), weights_name(path), file_format(path)
    licence, description = described(path)
    if kind == "protfold":
        checkpoint = load_checkpoint(path)
        if not isinstance(checkpoint.model, AlphaFold):
            owner = "a designer" if isinstance(checkpoint.model, EnvironmentTransformer) else "a network for pair maps"
            raise WeightsError(
                f"{path}: parameters of {owner}, not of a folding network; `protfold weights list` shows what there is"
            )
        model, feature_config = checkpoint.model, checkpoint.card.feature_config or FeatureConfig()
    elif kind == "alphafold2" and name in ALPHAFOLD2:
        model, feature_config = load_alphafold2(path), ALPHAFOLD2[name].feature_config
    else:
        model = load_alphafold2(path) if kind == "alphafold2" else load_openfold(path)
        feature_config = features.model_3() if model.config.template is None else features.model_1()
    return LoadedWeights(
        name=name,
        path=path,
        sha256=sha256,
        format=kind,
        model=model,
        licence=licence,
        description=description,
        feature_config=feature_config,
    )


def load_designer(name_or_path: str | os.PathLike[str]) -> LoadedDesigner:
    """Loads the parameters of a designer, such as `designer` or a path to a `.safetensors` file.

    Raises:
        WeightsError: not found, damaged, other than recorded when it was installed, or of no designer.
    """
    path, sha256, checkpoint = _own_checkpoint(name_or_path)
    if checkpoint is None or not isinstance(checkpoint.model, EnvironmentTransformer):
        raise WeightsError(f"{path}: not the parameters of a designer; `protfold weights list` shows what there is")
    card = checkpoint.card
    return LoadedDesigner(
        name=weights_name(path),
        path=path,
        sha256=sha256,
        model=checkpoint.model,
        licence=card.licence,
        description=card.description,
    )


def load_pair_encoder(name_or_path: str | os.PathLike[str]) -> DistanceNetwork:
    """Loads a network that reads distances from co-evolution, such as `pair_encoder`, or what `protfold train pair-encoder` has left.

    Raises:
        WeightsError: not found, damaged, other than recorded when it was installed, or of another network.
    """
    path, _, checkpoint = _own_checkpoint(name_or_path)
    if checkpoint is None or not isinstance(checkpoint.model, DistanceNetwork):
        raise WeightsError(f"{path}: not the parameters of an encoder of pair maps; `protfold weights list` shows what there is")
    return checkpoint.model


def load_pretrained(name_or_path: str | os.PathLike[str]) -> PairPretraining:
    """Loads what `protfold train pretrain` has left.

    Raises:
        WeightsError: not found, damaged, other than recorded when it was installed, or of another network.
    """
    path, _, checkpoint = _own_checkpoint(name_or_path)
    if checkpoint is None or not isinstance(checkpoint.model, PairPretraining):
        raise WeightsError(
            f"{path}: not the parameters of a network pretrained on pair maps; make some with `protfold train pretrain`"
        )
    return checkpoint.model


def check_weights(path: Path) -> str:
    """SHA-256 of a parameter file of any network that loads without fault.

    Raises:
        WeightsError: damaged, other than recorded when it was installed, or of no network that protfold has.
    """
    if file_format(path) != "protfold":
        return load_weights(path).sha256
    sha256 = verified_sha256(path)
    load_checkpoint(path)
    return sha256


def _own_checkpoint(name_or_path: str | os.PathLike[str]) -> tuple[Path, str, Checkpoint | None]:
    """The file, its SHA-256, and what is in it; None where another program wrote it."""
    path = find_weights(name_or_path)
    sha256 = verified_sha256(path)
    return path, sha256, load_checkpoint(path) if file_format(path) == "protfold" else None


def file_format(path: Path) -> Format:
    """Told by the content, not by the ending.

    Raises:
        WeightsError: none of the formats that protfold reads.
    """
    if path.is_dir():
        return "openfold"
    try:
        with path.open("rb") as file:
            head = file.read(9)
        if head.startswith(b"PK"):
            with zipfile.ZipFile(path) as archive:
                return "alphafold2" if all(name.endswith(".npy") for name in archive.namelist()) else "openfold"
    except (OSError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path}: cannot be read ({error})") from error
    if head[8:] == b"{":
        return "protfold"
    raise WeightsError(f"{path}: neither a NumPy archive, nor a PyTorch checkpoint, nor safetensors")


def inspect_weights(name_or_path: str | os.PathLike[str]) -> WeightsSummary:
    """Architecture, names and shapes; values are read only from OpenFold checkpoints.

    Raises:
        WeightsError: as `load_weights`.
    """
    path = find_weights(name_or_path)
    kind, card = file_format(path), dict[str, object]()
    config: NetworkConfig
    shapes: Mapping[str, tuple[int, ...]]
    if kind == "protfold":
        header = read_checkpoint_header(path)
        config, shapes = header.config, header.shapes
        card = {
            "description": header.card.description,
            "licence": header.card.licence,
            "training data": header.card.training_data,
            "training steps": header.card.training_steps,
            **header.card.measures,
            "stored as": header.storage,
        }
    elif kind == "alphafold2":
        config, shapes = read_alphafold2_shapes(path)
    else:
        model = load_openfold(path)
        config, shapes = model.config, {name: tuple(value.shape) for name, value in model.state_dict().items()}
    return WeightsSummary(
        name=weights_name(path), path=path, sha256=verified_sha256(path), format=kind, config=config, shapes=shapes, card=card
    )


def described(path: Path) -> tuple[str, str]:
    """Licence and description of a parameter file, from its header or its name; a file that cannot be read says so."""
    known = ALPHAFOLD2.get(weights_name(path))
    try:
        kind = file_format(path)
        if kind == "protfold":
            card = read_checkpoint_header(path).card
            return card.licence, card.description
    except WeightsError:
        return "", "damaged, or not a parameter file"
    if kind == "alphafold2" and known is not None:
        return known.licence, known.description
    return UNKNOWN_LICENCE, f"{kind} parameters"
