"""From features and weights to ranked predictions: device, precision, memory, progress, confidence."""

from protfold.inference.memory import estimate_memory_gib
from protfold.inference.prediction import Prediction
from protfold.inference.predictor import Predictor
from protfold.inference.progress import Progress, StageTimes
from protfold.inference.ranking import rank, ranking_score
from protfold.model.runtime import RuntimeOptions

__all__ = [
    "Prediction",
    "Predictor",
    "Progress",
    "RuntimeOptions",
    "StageTimes",
    "estimate_memory_gib",
    "rank",
    "ranking_score",
]
