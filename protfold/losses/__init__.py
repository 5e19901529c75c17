"""Training losses of the folding network, one term a file."""

from protfold.losses.target import FoldTarget
from protfold.losses.total import FINE_TUNING, INITIAL_TRAINING, FoldLoss, FoldLossConfig

__all__ = ["FINE_TUNING", "INITIAL_TRAINING", "FoldLoss", "FoldLossConfig", "FoldTarget"]
