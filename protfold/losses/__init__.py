"""Training losses of the folding network, one term a file."""

from protfold.losses.target import FoldTarget
from protfold.losses.total import FoldLoss, FoldLossConfig

__all__ = ["FoldLoss", "FoldLossConfig", "FoldTarget"]
