"""Global distance test: shares of residues that come within given distances in the best superposition for each. Å; 0-1."""

from dataclasses import dataclass

import torch
from torch import Tensor

from protfold.metrics.superposition_search import best_over_superpositions
from protfold.metrics.tm_score import search_cutoff
from protfold.typing import Float

THRESHOLDS = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Å; the total score takes the last four, the high-accuracy one the first four."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gdt:
    """Global distance test.

    Attributes:
        total: GDT-TS, mean share within 1, 2, 4 and 8 Å.
        high_accuracy: GDT-HA, mean share within 0.5, 1, 2 and 4 Å.
    """

    total: float
    high_accuracy: float


def gdt(points: Float[Tensor, "N 3"], target: Float[Tensor, "N 3"], *, normalization_length: int | None = None) -> Gdt:
    """GDT-TS and GDT-HA over the superpositions that the search of the TM-score program visits.

    Zemla (2003), doi 10.1093/nar/gkg571, whose own program searches superpositions of other fragments; the two agree closely. Each
    threshold has its own best superposition.

    Args:
        points, target: CA atoms of the same residues, at least 3.
        normalization_length: residues of the whole native where `target` holds only a part; those of `target` when None.
    """
    length = len(target) if normalization_length is None else normalization_length
    return gdt_of_counts(best_over_superpositions(points, target, gdt_counts, cutoff=search_cutoff(length)), length)


def gdt_counts(distances: Float[Tensor, "S N"]) -> Float[Tensor, "S 5"]:
    """How many residues of each superposition lie within the thresholds."""
    return torch.stack([(distances <= threshold).sum(-1, dtype=distances.dtype) for threshold in THRESHOLDS], dim=-1)


def gdt_of_counts(counts: Float[Tensor, " 5"], length: int) -> Gdt:
    """From the largest count at each threshold and the number of residues of the native."""
    return Gdt(total=float(counts[1:].mean() / length), high_accuracy=float(counts[:4].mean() / length))
