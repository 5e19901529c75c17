"""Loaded parameter sets, kept for the next target of the same process."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol, runtime_checkable

from protfold.entities import Msa, Template
from protfold.features import FeatureConfig
from protfold.inference.prediction import Prediction
from protfold.inference.predictor import Predictor
from protfold.model.runtime import RuntimeOptions
from protfold.runs.options import Device, Dtype, FoldOptions
from protfold.weights.load import load_weights
from protfold.weights.registry import expand_weights


@runtime_checkable
class NamedWeights(Protocol):
    """What keys and manifests say of a parameter set."""

    @property
    def name(self) -> str:
        """Short name."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of its file."""
        ...


@runtime_checkable
class FoldingPredictor(Protocol):
    """What the stages need of `protfold.inference.predictor.Predictor`."""

    @property
    def weights(self) -> NamedWeights:
        """The parameter set at work."""
        ...

    @property
    def feature_config(self) -> FeatureConfig:
        """Features the parameters were made for."""
        ...

    @property
    def max_templates(self) -> int:
        """Templates the parameters read of one target; 0 where they read none."""
        ...

    def predict(
        self,
        msas: Sequence[Msa],
        *,
        chains: tuple[str, ...],
        templates: Sequence[Template] | None,
        feature_config: FeatureConfig | None,
        num_recycles: int | None,
        recycle_tolerance: float,
        seed: int,
        target: str,
        progress: Callable[[str, int, int], None] | None,
    ) -> Prediction:
        """One prediction of one target."""
        ...


LoadPredictor = Callable[[str, FoldOptions], FoldingPredictor]


def load_predictor(weights: str, options: FoldOptions) -> FoldingPredictor:
    """The predictor of a parameter set, loaded once in a process for the same device, precision and threads.

    Raises:
        WeightsError: the parameter set is missing or damaged.
    """
    return _load(weights, options.device, options.dtype, options.threads)


def parameter_sets(options: FoldOptions) -> tuple[str, ...]:
    """The parameter sets to use, each once, with collections such as `alphafold2` spelled out."""
    return tuple(dict.fromkeys(name for given in options.weights for name in expand_weights(given)))


@lru_cache(maxsize=8)
def _load(weights: str, device: Device, dtype: Dtype, threads: int | None) -> FoldingPredictor:
    return Predictor(load_weights(weights), RuntimeOptions(device=device, dtype=dtype, threads=threads))
