"""Settings of a training run about data and its product, the same for every network."""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from protfold.errors import InputError

Training = TypeVar("Training")
WEIGHTS = ("weights", "pair_encoder")
"""Settings of a model that are a name or a path."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataChoice:
    """The chains to learn from.

    Attributes:
        stores: folders written by `protfold train prepare`; the split `train` of each is learned from, `valid` measured.
        shares: chance that an example comes from each store; left out, each store counts by its number of clusters.
        excluded: text file of ids, one a line, of chains that are neither learned from nor measured.

    Raises:
        InputError: no store, or other than one share a store.
    """

    stores: tuple[Path, ...]
    shares: tuple[float, ...] = ()
    excluded: Path | None = None

    def __post_init__(self) -> None:
        if not self.stores:
            raise InputError("data.stores is empty; give at least one folder written by `protfold train prepare`")
        if self.shares and (len(self.shares) != len(self.stores) or min(self.shares) < 0.0 or sum(self.shares) <= 0.0):
            raise InputError(
                f"data.shares = {list(self.shares)}; give one number for each of the {len(self.stores)} stores, 0 or more"
            )

    def relative_to(self, folder: Path) -> "DataChoice":
        """The same with the paths taken from a folder."""
        excluded = None if self.excluded is None else path_below(folder, self.excluded)
        return replace(self, stores=tuple(path_below(folder, store) for store in self.stores), excluded=excluded)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOutChoice:
    """Which chains of the split `valid` are measured: evenly spread over those that are short enough.

    Attributes:
        max_chains: how many at most; 0 measures none.
        max_length: residues of the longest.

    Raises:
        InputError: a value out of range.
    """

    max_chains: int = 50
    max_length: int = 256

    def __post_init__(self) -> None:
        if self.max_chains < 0 or self.max_length < 1:
            raise InputError(
                f"validation.max_chains = {self.max_chains}, max_length = {self.max_length}; give numbers from 0 and from 1"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class CardText:
    """What the exported weights say of themselves; see `protfold.weights.ModelCard`.

    Attributes:
        name, description: of the weights.
        licence: left out, that of the parameters trained from, if any.
        training_data: left out, the stores and their numbers of chains.
    """

    name: str = "trained"
    description: str = "trained with protfold"
    licence: str | None = None
    training_data: str | None = None


def path_below(folder: Path, path: Path | str) -> Path:
    """A path that is relative to a folder, without `..`."""
    return Path(os.path.normpath(folder / path))


def weights_below(folder: Path, weights: str | None) -> str | None:
    """Weights by a path relative to a folder; names stay."""
    if weights is not None and (Path(weights).suffix or "/" in weights):
        return str(path_below(folder, weights))
    return weights


def training_below(folder: Path, training: Training) -> Training:
    """Settings of a whole run with their paths taken from a folder; names of weights stay. Of the dataclasses of `plain_settings`."""
    given: Any = training
    paths = {name: weights_below(folder, getattr(given.model, name)) for name in WEIGHTS if hasattr(given.model, name)}
    return replace(
        given,
        model=replace(given.model, **paths),
        data=given.data.relative_to(folder),
        run=given.run.relative_to(folder),
    )


def check_start(weights: str | None, architecture: object) -> None:
    """A run goes on from parameters or begins with random ones.

    Raises:
        InputError: neither is given, or both.
    """
    if (weights is None) == (architecture is None):
        raise InputError("model has no network, or two; give one of weights, architecture")


def plain_settings(training: Any) -> dict[str, Any]:
    """Settings of a whole run as plain data, without the places of files: its dataclass has `model.weights`, `data` and `run`."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(training), default=str))
    del plain["run"]["output"], plain["data"]["stores"], plain["data"]["excluded"]
    for name in WEIGHTS:
        if plain["model"].get(name) is not None:
            plain["model"][name] = Path(plain["model"][name]).name
    return plain
