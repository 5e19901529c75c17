"""Settings of one run of a probe."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from protfold.train.data_config import CardText, DataChoice, HeldOutChoice, plain_settings
from protfold.train.optimizer import OptimizerConfig
from protfold.train.pretraining_config import PretrainingModelChoice, PretrainingSettings, ProbeChoice
from protfold.train.run_config import RunConfig
from protfold.train.task import StepPlan
from protfold.weights import load_pretrained


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeSettings:
    """Everything that decides a run.

    Attributes:
        model: pretrained weights, or sizes of a network with random weights, whose backbone is read.
        frozen: only the head learns; otherwise all of it, the head at a higher rate.
    """

    model: PretrainingModelChoice
    data: DataChoice
    run: RunConfig
    frozen: bool = True
    probe: ProbeChoice = field(default_factory=ProbeChoice)
    validation: HeldOutChoice = field(default_factory=HeldOutChoice)
    card: CardText = field(default_factory=CardText)

    @property
    def optimizer(self) -> OptimizerConfig:
        """How fast."""
        return self.probe.optimizer

    def plans(self) -> list[StepPlan]:
        """The one kind of step."""
        return [self.probe.plan()]

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued; where files lie does not matter."""
        return plain_settings(self)

    @property
    def may_grow(self) -> str:
        """The setting that a continued run may have raised."""
        return "probe.steps"


def probe_settings(training: PretrainingSettings, output: Path, *, weights: Path | None, frozen: bool) -> ProbeSettings:
    """A probe of what a run has pretrained, or of the same network as it was before.

    Args:
        training: of the run; data, device and so on are the same.
        output: the probe's folder.
        weights: what the run has left; None for random weights.
        frozen: see `ProbeSettings`.

    Raises:
        WeightsError: the weights that the run went on from cannot be read.
    """
    choice = training.model
    if weights is not None:
        choice = PretrainingModelChoice(weights=str(weights))
    elif choice.weights is not None:
        choice = PretrainingModelChoice(architecture=load_pretrained(choice.weights).config)
    return ProbeSettings(
        model=choice,
        data=training.data,
        run=replace(training.run, output=output),
        frozen=frozen,
        probe=training.probe,
        validation=training.validation,
    )
