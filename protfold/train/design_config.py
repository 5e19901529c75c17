"""Settings of a training run of the designer: what stands in the file of `protfold train design`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protfold.errors import InputError
from protfold.losses.environment import EnvironmentLossConfig
from protfold.model import EnvironmentTransformerConfig
from protfold.train.data_config import CardText, DataChoice, HeldOutChoice, check_start, plain_settings, training_below
from protfold.train.design_examples import DesignExampleConfig
from protfold.train.one_stage import OneStage
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignModelChoice:
    """The network to train: exactly one of two.

    Attributes:
        weights: parameters of a designer to go on from; a name, or a path.
        architecture: sizes of a network with random weights.

    Raises:
        InputError: none of the two is given, or both.
    """

    weights: str | None = None
    architecture: EnvironmentTransformerConfig | None = None

    def __post_init__(self) -> None:
        check_start(self.weights, self.architecture)


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignTraining(OneStage):
    """Everything that decides a run.

    Attributes:
        steps: of the run.
        micro_batch: chains that are computed together, and whose common gradient is clipped.
        examples: how they are drawn.
        loss: weights of the terms.

    Raises:
        InputError: a value out of range.
    """

    model: DesignModelChoice
    data: DataChoice
    run: RunConfig
    steps: int
    micro_batch: int = 4
    examples: DesignExampleConfig = field(default_factory=DesignExampleConfig)
    loss: EnvironmentLossConfig = field(default_factory=EnvironmentLossConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    validation: HeldOutChoice = field(default_factory=HeldOutChoice)
    card: CardText = field(default_factory=CardText)

    def __post_init__(self) -> None:
        if self.loss.chi and self.model.architecture is not None and self.model.architecture.graph is None:
            raise InputError("a local network tells no side-chain torsions of a given type; give loss.chi = 0.0")
        self.check_steps()

    def relative_to(self, folder: Path) -> "DesignTraining":
        """The same with the paths taken from a folder; names of weights stay."""
        return training_below(folder, self)

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued; where files lie does not matter."""
        return plain_settings(self)
