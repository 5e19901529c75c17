"""Settings of a training run of the folding network: what stands in the file of `protfold train fold`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from protfold.errors import InputError
from protfold.features import FeatureConfig
from protfold.losses import FoldLossConfig
from protfold.model import AlphaFoldConfig
from protfold.train.data_config import CardText, DataChoice, HeldOutChoice, plain_settings, training_below
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
        pair_encoder: weights of `protfold train pair-encoder`, a name or a path, whose reading of co-evolution is added to the pair
            representation; not with `weights`, which have theirs if any.
        dropout: whether the network's dropout acts.

    Raises:
        InputError: none of the three is given, or more than one; or an encoder for weights.
    """

    preset: Literal["mini"] | None = None
    weights: str | None = None
    architecture: AlphaFoldConfig | None = None
    pair_encoder: str | None = None
    dropout: bool = True

    def __post_init__(self) -> None:
        given = [name for name in ("preset", "weights", "architecture") if getattr(self, name) is not None]
        if len(given) != 1:
            raise InputError(f"model has {' and '.join(given) or 'no network'}; give one of preset, weights, architecture")
        if self.weights is not None and self.pair_encoder is not None:
            raise InputError("model has weights and pair_encoder; an encoder is added to a network with random weights only")


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
class ValidationChoice(HeldOutChoice):
    """What is measured, and how.

    Attributes:
        use_msa: give the network the alignment of a chain that has one.
    """

    use_msa: bool = True


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
        return training_below(folder, self)

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued; where files lie does not matter."""
        return plain_settings(self)

    def plans(self) -> list[StepPlan]:
        """Of each stage."""
        return [stage.plan() for stage in self.stage]

    @property
    def may_grow(self) -> str:
        """The setting that a continued run may have raised: the length of the last stage."""
        return f"stage[{len(self.stage)}].steps"
