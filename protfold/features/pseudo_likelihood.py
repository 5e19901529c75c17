"""Couplings of alignment columns by pseudo-likelihood.

Ekeberg et al. (2013), doi 10.1103/PhysRevE.87.012707; Kamisetty et al. (2013), doi 10.1073/pnas.1314045110. Made least by L-BFGS: Liu and
Nocedal (1989), doi 10.1007/BF01589116.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.features.couplings import NUM_TYPES
from protfold.typing import Float, Int

FIELD_PENALTY = 10.0
"""Of the squares of what the fields differ from those of independent columns: Seemayer et al. (2014), doi 10.1093/bioinformatics/btu500."""
COUPLING_PENALTY = 0.2
"""For each further column, of the sum of squares of the couplings of all pairs."""
NUM_ITERATIONS = 25
NUM_REMEMBERED = 4
"""Steps from which the curvature is known."""
LEAST_GAIN = 1e-6
"""Of the value, by an iteration; less ends them."""
MOST_HALVINGS = 12
ROWS_AT_ONCE = 1024


def pseudo_likelihood_couplings(
    residues: Int[np.ndarray, "N_rows N_res"],
    weights: Float[np.ndarray, " N_rows"],
    *,
    num_iterations: int = NUM_ITERATIONS,
    least_gain: float = LEAST_GAIN,
    dtype: torch.dtype = torch.float32,
) -> Float[Tensor, "N_res 21 N_res 21"]:
    """Symmetric couplings J: column i has type a, given all others, with probability ~ exp(h_i(a) + sum over j of J_ij(a, x_j)).

    The weighted sum over rows and columns of -log of these probabilities is made least, with `FIELD_PENALTY` and `COUPLING_PENALTY`, from
    independent columns. An iteration takes about 4 (21 N_res)² N_rows operations.

    Args:
        residues: codes of the alignment; 20 and above are one type.
        weights: of rows.
        num_iterations: the most to be made.
        least_gain: share of the value by which it must fall in each.
        dtype: to compute in.
    """
    problem = _Problem.of_rows(residues, weights, dtype)
    parameters = F.pad(problem.fields[None], (0, 0, len(problem.fields), 0))
    value, gradient = problem.value_and_gradient(parameters)
    steps: deque[_Step] = deque(maxlen=NUM_REMEMBERED)
    for _ in range(num_iterations):
        direction = _direction(gradient, steps, problem.inverse_curvature)
        slope, length = _dot(gradient, direction), 1.0
        for _ in range(MOST_HALVINGS):
            moved = torch.add(parameters, direction, alpha=length)
            moved_value, moved_gradient = problem.value_and_gradient(moved)
            if moved_value <= value + 1e-4 * length * slope:
                break
            length *= 0.5
        else:
            break
        move, change = direction.mul_(length), moved_gradient - gradient
        steps.append(_Step(move=move, change=change, curvature=_dot(move, change)))
        gain, parameters, value, gradient = value - moved_value, moved, moved_value, moved_gradient
        if gain < least_gain * abs(value):
            break
    num_residues = residues.shape[1]
    return parameters[:-1].view(num_residues, NUM_TYPES, num_residues, NUM_TYPES)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Step:
    """What an iteration moved, how the gradient changed, and the product of both."""

    move: Float[Tensor, "terms size"]
    change: Float[Tensor, "terms size"]
    curvature: float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Problem:
    """What is to be made least, a function of couplings with the fields as their last row.

    Attributes:
        types: the types of each row's columns, and a last one.
        weights: of rows.
        fields: of independent columns, by their frequencies with one further row of each type.
        inverse_curvature: one over the second derivatives by each parameter alone, about.
    """

    types: Float[Tensor, "N_rows terms"]
    weights: Float[Tensor, " N_rows"]
    fields: Float[Tensor, " size"]
    inverse_curvature: Float[Tensor, "terms size"]

    @classmethod
    def of_rows(
        cls, residues: Int[np.ndarray, "N_rows N_res"], weights: Float[np.ndarray, " N_rows"], dtype: torch.dtype
    ) -> "_Problem":
        """Of an alignment."""
        codes = torch.from_numpy(residues.astype(np.int64)).clamp(max=NUM_TYPES - 1)
        types = F.pad(F.one_hot(codes, NUM_TYPES).to(dtype).flatten(1), (0, 1), value=1.0)
        share = torch.from_numpy(weights).to(dtype)
        counts = share @ types
        curvature = torch.outer(counts, (counts * (1.0 - counts / share.sum()))[:-1] / share.sum())
        couplings = curvature[:-1]
        couplings.add_(couplings.T.clone()).mul_(0.5).add_(_coupling_penalty(residues.shape[1]))
        curvature[-1] += 2.0 * FIELD_PENALTY
        fields = (counts[:-1] + 1.0).log() - (share.sum() + NUM_TYPES).log()
        return cls(types=types, weights=share, fields=fields, inverse_curvature=curvature.reciprocal_())

    def value_and_gradient(self, parameters: Float[Tensor, "terms size"]) -> tuple[float, Float[Tensor, "terms size"]]:
        """The value, and its gradient, in which couplings are symmetric and a column has none with itself."""
        gradient = torch.zeros_like(parameters)
        departure = parameters[-1] - self.fields
        blocks = (-1, parameters.shape[1] // NUM_TYPES, NUM_TYPES)
        penalty = _coupling_penalty(blocks[1])
        value = FIELD_PENALTY * _dot(departure, departure) + 0.5 * penalty * float(torch.linalg.vector_norm(parameters[:-1])) ** 2
        for types, weights in zip(self.types.split(ROWS_AT_ONCE), self.weights.split(ROWS_AT_ONCE), strict=True):
            own = types[:, :-1].view(blocks)
            logits = (types @ parameters).view(blocks).log_softmax(-1)
            value -= float(((logits * own).sum((1, 2)) * weights).sum(dtype=torch.float64))
            excess = logits.exp_().sub_(own).mul_(weights[:, None, None])
            gradient.addmm_(types.T, excess.flatten(1))
        couplings = gradient[:-1]
        couplings.add_(couplings.T.clone()).mul_(0.5)
        couplings.view(*blocks[1:], *blocks[1:]).diagonal(dim1=0, dim2=2).zero_()
        couplings.add_(parameters[:-1], alpha=penalty)
        gradient[-1].add_(departure, alpha=2.0 * FIELD_PENALTY)
        return value, gradient


def _coupling_penalty(num_residues: int) -> float:
    return COUPLING_PENALTY * (num_residues - 1)


def _direction(
    gradient: Float[Tensor, "terms size"], steps: deque[_Step], guess: Float[Tensor, "terms size"]
) -> Float[Tensor, "terms size"]:
    """Downhill, by the curvature that the last steps have shown, and a guess of its inverse."""
    direction, shares = -gradient, []
    for step in reversed(steps):
        shares.append(_dot(step.move, direction) / step.curvature)
        direction.sub_(step.change, alpha=shares[-1])
    direction.mul_(guess)
    if steps:
        direction.mul_(steps[-1].curvature / _dot(steps[-1].change, guess * steps[-1].change))
    for step, share in zip(steps, reversed(shares), strict=True):
        direction.add_(step.move, alpha=share - _dot(step.change, direction) / step.curvature)
    return direction


def _dot(first: Float[Tensor, "*shape"], second: Float[Tensor, "*shape"]) -> float:
    return float(torch.dot(first.flatten(), second.flatten()))
