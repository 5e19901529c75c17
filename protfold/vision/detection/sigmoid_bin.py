"""`SigmoidBin`: a number by the bin it lies in and what it differs from the bin's centre.

Wang et al. (2022) "YOLOv7", arXiv 2207.02696, as released; there for sides of boxes, here for distances too.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.metrics.contacts import FIRST_BREAK, LAST_BREAK
from protfold.typing import Float, Int
from protfold.vision.pair_mask import pair_mask
from protfold.vision.symmetry import symmetric


class SigmoidBin(nn.Module):
    """Numbers from `num_bins + 1` logits: first that of the difference, then one for each bin.

    Args:
        least, largest: between which numbers lie.
        num_bins: of equal width.
        smoothing: what the other bins are to have in the loss, and the true one to lack.

    Raises:
        InputError: there is nothing between the limits.
    """

    centres: Tensor

    def __init__(self, *, least: float, largest: float, num_bins: int, smoothing: float = 0.0) -> None:
        super().__init__()
        if largest <= least or num_bins < 1:
            raise InputError(f"{num_bins} bins from {least} to {largest}; give at least one, and limits in ascending order")
        self.least, self.largest, self.smoothing = least, largest, smoothing
        self.step = (largest - least) / num_bins
        self.register_buffer("centres", least + self.step * (torch.arange(num_bins) + 0.5), persistent=False)

    @property
    def num_logits(self) -> int:
        """Channels that it takes."""
        return len(self.centres) + 1

    def forward(self, logits: Float[Tensor, "*any logits"]) -> Float[Tensor, "*any"]:
        """The numbers: the centre of the likeliest bin and the difference, which reaches to the centres beside it."""
        value = self.centres[logits[..., 1:].argmax(-1)] + self._difference(logits)
        return value.clamp(self.least, self.largest)

    def bins(self, values: Float[Tensor, "*any"]) -> Int[Tensor, "*any"]:
        """Those whose centres are nearest."""
        return ((values - self.least) / self.step).floor().long().clamp(0, len(self.centres) - 1)

    def errors(self, logits: Float[Tensor, "*any logits"], target: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """To be made small: cross-entropy of each bin by itself, their mean, and the square of what is left with the true bin.

        Args:
            logits: of the numbers.
            target: the numbers; beyond the limits, these.
        """
        target = target.clamp(self.least, self.largest)
        true = self.bins(target)
        shares = F.one_hot(true, len(self.centres)).to(logits.dtype) * (1.0 - 2.0 * self.smoothing) + self.smoothing
        classes = F.binary_cross_entropy_with_logits(logits[..., 1:], shares, reduction="none").mean(-1)
        return classes + (self.centres[true] + self._difference(logits) - target).square()

    def _difference(self, logits: Float[Tensor, "*any logits"]) -> Float[Tensor, "*any"]:
        return (2.0 * logits[..., 0].sigmoid() - 1.0) * self.step


class SigmoidBinDistances(nn.Module):
    """Distances of all pairs from a pair representation; a continuous number where a distogram has bins alone.

    Args:
        c_z: channels of the pair representation.
        num_bins: of distances.
        least, largest: Å; farther pairs are as far as the largest.
    """

    def __init__(self, *, c_z: int, num_bins: int = 32, least: float = FIRST_BREAK, largest: float = LAST_BREAK) -> None:
        super().__init__()
        self.binned = SigmoidBin(least=least, largest=largest, num_bins=num_bins)
        self.logits = nn.Linear(c_z, self.binned.num_logits)

    def forward(self, pair: Float[Tensor, "B N N c_z"]) -> Float[Tensor, "B N N logits"]:
        """Logits, the same for (i, j) and (j, i)."""
        return symmetric(self.logits(pair).movedim(-1, 1)).movedim(1, -1)

    def distances(self, logits: Float[Tensor, "B N N logits"]) -> Float[Tensor, "B N N"]:
        """Å."""
        distances: Tensor = self.binned(logits)
        return distances

    def loss(
        self, logits: Float[Tensor, "B N N logits"], distances: Float[Tensor, "B N N"], mask: Float[Tensor, "B N"]
    ) -> Float[Tensor, ""]:
        """Mean error over pairs of different residues that are there; zero without any.

        Args:
            logits: of `forward`.
            distances: true ones, Å; NaN is not felt where there is no pair.
            mask: 1 for residues whose place is known.
        """
        counted = (pair_mask(mask)[:, 0] > 0) & ~torch.eye(mask.shape[1], dtype=torch.bool, device=mask.device)
        errors = self.binned.errors(logits[counted], distances[counted])
        return errors.sum() / max(len(errors), 1)
