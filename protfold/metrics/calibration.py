"""Whether a confidence means what it says: predicted against observed values, both 0-100."""

from dataclasses import dataclass

import torch
from torch import Tensor

from protfold.typing import Float

NUM_BINS = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationBin:
    """What was observed where the prediction lay between two values.

    Attributes:
        lower, upper: the predicted values of the bin; the upper end of the last one belongs to it.
        count: values in it.
        predicted, observed: their means; NaN in an empty bin.
    """

    lower: float
    upper: float
    count: int
    predicted: float
    observed: float


def calibration_table(
    predicted: Float[Tensor, " N"], observed: Float[Tensor, " N"], *, num_bins: int = NUM_BINS
) -> list[CalibrationBin]:
    """Means of predicted and observed values over equal bins of the predicted ones."""
    width = 100.0 / num_bins
    number = (predicted / width).long().clamp(0, num_bins - 1)
    return [
        CalibrationBin(
            lower=index * width,
            upper=(index + 1) * width,
            count=int((number == index).sum()),
            predicted=float(predicted[number == index].mean()),
            observed=float(observed[number == index].mean()),
        )
        for index in range(num_bins)
    ]


def correlation(predicted: Float[Tensor, " N"], observed: Float[Tensor, " N"]) -> float:
    """Pearson's coefficient; NaN where one of the two does not vary."""
    return float(torch.corrcoef(torch.stack([predicted, observed]))[0, 1])
