"""Settings of a pretraining run on pair maps: what stands in the file of `protfold train pretrain`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from protfold.errors import InputError
from protfold.train.data_config import CardText, DataChoice, HeldOutChoice, check_start, plain_settings, training_below
from protfold.train.one_stage import OneStage
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from protfold.train.task import StepPlan
from protfold.vision.pretraining.masking import Pattern, check_ratio
from protfold.vision.pretraining.network import PairPretrainingConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainingModelChoice:
    """The network to train: exactly one of two.

    Attributes:
        weights: of an earlier run to go on from; a name, or a path.
        architecture: sizes of a network with random weights.

    Raises:
        InputError: none of the two is given, or both.
    """

    weights: str | None = None
    architecture: PairPretrainingConfig | None = None

    def __post_init__(self) -> None:
        check_start(self.weights, self.architecture)


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainingExampleConfig:
    """How examples are drawn, and what is removed from them.

    Attributes:
        batch_size: chains in a step.
        crop_size: residues of the longest piece of a chain; on longer chains a network meets positions that it has not learned.
        pattern, ratio: what is removed, and how much; see `protfold.vision.pretraining.masking`.
        num_windows, window_size: of the local kind, which removes single patches of windows whatever the pattern is.
        least_variance: floor of the variance by which target patches are normalised; left out, they are not.

    Raises:
        InputError: a value out of range.
    """

    batch_size: int = 16
    crop_size: int = 128
    pattern: Pattern = "random"
    ratio: float = 0.75
    num_windows: int = 4
    window_size: int = 7
    least_variance: float | None = None

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        for name in ("batch_size", "crop_size", "num_windows", "window_size"):
            if getattr(self, name) < 1:
                raise InputError(f"examples.{name} = {getattr(self, name)}; give 1 or more")
        if self.least_variance is not None and self.least_variance < 0.0:
            raise InputError(f"examples.least_variance = {self.least_variance}; give 0 or more, or leave it out")


@dataclass(frozen=True, kw_only=True, slots=True)
class ProbeChoice:
    """How a backbone is probed and fine-tuned; see `protfold.train.probe_task`.

    Attributes:
        steps: of each run.
        batch_size: chains in a step.
        micro_batch: chains that are computed together, and whose common gradient is clipped.
        crop_size: residues of the longest piece of a chain.
        layer_decay, head_factor: of rates; see `protfold.vision.pretraining.transfer.rate_factors`.
        optimizer: whose rates are those of the backbone's last layer.

    Raises:
        InputError: a value out of range.
    """

    steps: int = 300
    batch_size: int = 8
    micro_batch: int = 4
    crop_size: int = 128
    layer_decay: float = 0.75
    head_factor: float = 10.0
    optimizer: OptimizerConfig = field(
        default_factory=lambda: OptimizerConfig(peak_rate=1e-3, warmup_steps=20, clip_norm=1.0, average_decay=0.95)
    )

    def __post_init__(self) -> None:
        if self.steps < 1 or self.crop_size < 1:
            raise InputError(f"probe.steps = {self.steps}, crop_size = {self.crop_size}; give 1 or more")
        self.plan()

    def plan(self) -> StepPlan:
        """What each step takes."""
        return StepPlan(batch_size=self.batch_size, micro_batch=self.micro_batch)


@dataclass(frozen=True, kw_only=True, slots=True)
class PretrainingSettings(OneStage):
    """Everything that decides a run.

    Attributes:
        steps: of the run.
        micro_batch: chains that are computed together, and whose common gradient is clipped.
        examples: how they are drawn.
        probe: how `python -m workflows.pretrain_pair_encoder` measures what was learned; nothing of the run depends on it.

    Raises:
        InputError: a value out of range.
    """

    model: PretrainingModelChoice
    data: DataChoice
    run: RunConfig
    steps: int
    micro_batch: int = 8
    examples: PretrainingExampleConfig = field(default_factory=PretrainingExampleConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    validation: HeldOutChoice = field(default_factory=HeldOutChoice)
    probe: ProbeChoice = field(default_factory=ProbeChoice)
    card: CardText = field(default_factory=CardText)

    def __post_init__(self) -> None:
        self.check_steps()

    def relative_to(self, folder: Path) -> "PretrainingSettings":
        """The same with the paths taken from a folder; names of weights stay."""
        return training_below(folder, self)

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued; where files lie does not matter."""
        settings = plain_settings(self)
        del settings["probe"]
        return settings
