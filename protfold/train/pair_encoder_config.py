"""Settings of a training run of a pair-map encoder: what stands in the file of `protfold train pair-encoder`."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from protfold.errors import InputError
from protfold.train.coevolution_maps import MAPS
from protfold.train.data_config import CardText, DataChoice, HeldOutChoice, check_start, path_below, plain_settings, training_below
from protfold.train.one_stage import OneStage
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from protfold.vision.distance_network import DistanceNetworkConfig


@dataclass(frozen=True, kw_only=True, slots=True)
class PairEncoderModelChoice:
    """The network to train: exactly one of two.

    Attributes:
        weights: parameters to go on from; a name, or a path.
        architecture: a network with random weights.

    Raises:
        InputError: none of the two is given, or both.
    """

    weights: str | None = None
    architecture: DistanceNetworkConfig | None = None

    def __post_init__(self) -> None:
        check_start(self.weights, self.architecture)


@dataclass(frozen=True, kw_only=True, slots=True)
class PairEncoderExampleConfig:
    """How examples are drawn.

    Attributes:
        batch_size: chains in a step.
        crop_size: residues of the longest piece of a chain.
        split_share: chance that a piece is two of half the size, whose pairs are farther apart in the chain.
        aligned_share: chance that an example has an alignment.
        simulated_share: chance that another example has simulated scores; the rest are sequences alone.
        num_versions: of each alignment: all rows, and random parts of them.

    Raises:
        InputError: a value out of range.
    """

    batch_size: int = 4
    crop_size: int = 96
    split_share: float = 0.5
    aligned_share: float = 0.5
    simulated_share: float = 0.75
    num_versions: int = 3

    def __post_init__(self) -> None:
        for name in ("batch_size", "crop_size", "num_versions"):
            if getattr(self, name) < 1:
                raise InputError(f"examples.{name} = {getattr(self, name)}; give 1 or more")
        for name in ("split_share", "aligned_share", "simulated_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InputError(f"examples.{name} = {getattr(self, name)}; give a number from 0 to 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class PairEncoderTraining(OneStage):
    """Everything that decides a run.

    Attributes:
        steps: of the run.
        micro_batch: chains that are computed together, and whose common gradient is clipped.
        examples: how they are drawn.
        maps: folder where co-evolution is kept between runs, which takes longer to compute than to read; left out, that of the run.

    Raises:
        InputError: a value out of range.
    """

    model: PairEncoderModelChoice
    data: DataChoice
    run: RunConfig
    steps: int
    micro_batch: int = 4
    examples: PairEncoderExampleConfig = field(default_factory=PairEncoderExampleConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    validation: HeldOutChoice = field(default_factory=HeldOutChoice)
    maps: Path | None = None
    card: CardText = field(default_factory=CardText)

    def __post_init__(self) -> None:
        self.check_steps()

    def relative_to(self, folder: Path) -> "PairEncoderTraining":
        """The same with the paths taken from a folder; names of weights stay."""
        below = training_below(folder, self)
        return below if self.maps is None else replace(below, maps=path_below(folder, self.maps))

    def settings(self) -> dict[str, Any]:
        """Plain data of all that must be the same in a run that is continued; where files lie does not matter."""
        settings = plain_settings(self)
        del settings["maps"]
        return settings

    @property
    def maps_folder(self) -> Path:
        """Where co-evolution is kept."""
        return self.run.output / MAPS if self.maps is None else self.maps
