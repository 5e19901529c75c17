"""Settings of a training run of the folding network: what stands in the file of `protfold train fold`."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from protfold.errors import InputError
from protfold.features import FeatureConfig
from protfold.losses import FoldLossConfig
from protfold.model import AlphaFoldConfig
from protfold.train.examples import ExampleConfig
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from protfold.train.task import StepPlan


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelChoice:
    """The network to train: exactly one of three.

    Attributes:
        preset: a network of protfold's with random weights.
        weights: parameters to go on from, in any format that protfold reads; a name, or a path.
        architecture: sizes of a network with random weights.
        dropout: whether the network's dropout acts.

    Raises:
        InputError: none of the three is given, or more than one.
    """

    preset: Literal["mini"] | None = None
    weights: str | None = None
    architecture: AlphaFoldConfig | None = None
    dropout: bool = True

    def __post_init__(self) -> None:
        given = [name for name in ("preset", "weights", "architecture") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(f"model has {' and '.join(given) or 'no network'}; give one of preset, weights, architecture")


@dataclass(frozen=True, kw_only=True, slots=True)
class DataChoice:
    """The chains to learn from.

    Attributes:
        stores: folders written by `protfold train prepare`; the split `train` of each is learned from, `valid` measured.
        shares: chance that an example comes from each store; left out, each store counts by its number of clusters.

    Raises:
        InputError: no store, or other than one share a store.
    """

    stores: tuple[Path, ...]
    shares: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not self.stores:
            raise InputError("data.stores is empty; give at least one folder written by `protfold train prepare`")
        if self.shares and (len(self.shares) != len(self.stores) or min(self.shares) < 0.0 or sum(self.shares) <= 0.0):
            raise InputError(
                f"data.shares = {list(self.shares)}; give one number for each of the {len(self.stores)} stores, 0 or more"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One part of a run.

    Attributes:
        steps: its length.
        micro_batch: examples that are computed together, and whose common gradient is clipped; published: 1.
        examples: how examples are drawn.
        loss: weights of the terms.

    Raises:
        InputError: a value out of range.
    """

    steps: int
    micro_batch: int = 1
    examples: ExampleConfig = field(default_factory=ExampleConfig)
    loss: FoldLossConfig = field(default_factory=FoldLossConfig)

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError(f"stage.steps = {self.steps}; give 1 or more")
        self.plan()

    def plan(self, facts: Mapping[str, int] | None = None) -> StepPlan:
        """What a step of the stage takes, with what else to write into its line of metrics."""
        return StepPlan(batch_size=self.examples.batch_size, micro_batch=self.micro_batch, facts=facts or {})


@dataclass(frozen=True, kw_only=True, slots=True)
class ValidationChoice:
    """Which chains of the split `valid` are measured: evenly spread over those that are short enough.

    Attributes:
        max_chains: how many at most; 0 measures none.
        max_length: residues of the longest.
        use_msa: give the network the alignment of a chain that has one.

    Raises:
        InputError: a value out of range.
    """

    max_chains: int = 50
    max_length: int = 256
    use_msa: bool = True

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


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldTraining:
    """Everything that decides a run. Stages follow one another.

    Attributes:
        features: of validation, and the default of inference with the exported weights; left out, those of the parameters trained from,
            or of the last stage.

    Raises:
        InputError: there is no stage.
    """

    model: ModelChoice
    data: DataChoice
    stage: tuple[Stage, ...]
    run: RunConfig
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    validation: ValidationChoice = field(default_factory=ValidationChoice)
    features: FeatureConfig | None = None
    card: CardText = field(default_factory=CardText)

    def __post_init__(self) -> None:
        if not self.stage:
            raise InputError("there is no [[stage]]; give at least one")

    @property
    def num_steps(self) -> int:
        """Of all stages."""
        return sum(stage.steps for stage in self.stage)

    def stage_number(self, step: int) -> int:
        """The stage that a step, numbered from 0, belongs to; stages are numbered from 1."""
        for number, stage in enumerate(self.stage, start=1):
            step -= stage.steps
            if step < 0:
                return number
        return len(self.stage)

    def relative_to(self, folder: Path) -> "FoldTraining":
        """The same with the paths taken from a folder; names of weights stay."""
        weights = self.model.weights
        if weights is not None and (Path(weights).suffix or "/" in weights):
            weights = str(_below(folder, weights))
        return replace(
            self,
            model=replace(self.model, weights=weights),
            data=replace(self.data, stores=tuple(_below(folder, store) for store in self.data.stores)),
            run=replace(self.run, output=_below(folder, self.run.output)),
        )

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued; where files lie does not matter."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        del plain["run"]["output"], plain["data"]["stores"]
        if self.model.weights is not None:
            plain["model"]["weights"] = Path(self.model.weights).name
        return plain

    @property
    def may_grow(self) -> str:
        """The setting that a continued run may have raised: the length of the last stage."""
        return f"stage[{len(self.stage)}].steps"


def _below(folder: Path, path: Path | str) -> Path:
    return Path(os.path.normpath(folder / path))
