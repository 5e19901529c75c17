"""How much of a sequence changes in one iteration."""

from dataclasses import dataclass

from protfold.errors import InputError

RELUCTANCE = 0.02
"""Nats an iteration."""
LEAST_PATIENCE = 50
"""Iterations before it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Annealing:
    """Many changes and much disturbance at first, single residues at last.

    The scheme of ABACUS-R's published settings, which anneal over 250 iterations: 80 % of the proposals are taken, then, to the 1.6-fold of
    the iterations, an exponentially falling share, then one after another; 30 % of the residues are disturbed at first, none at the end.

    Attributes:
        iterations: of full acceptance.
        acceptance: share of the proposals that are taken meanwhile.
        disturbance: share of residues set to random types in the first iteration, falling to none.
        max_iterations: when to give up a sequence that does not agree with itself.

    Raises:
        InputError: a value out of range.
    """

    iterations: int = 40
    acceptance: float = 0.8
    disturbance: float = 0.3
    max_iterations: int = 2000

    def __post_init__(self) -> None:
        if not (
            self.iterations >= 0 and 0.0 < self.acceptance <= 1.0 and 0.0 <= self.disturbance < 1.0 and self.max_iterations >= 1
        ):
            raise InputError(
                f"annealing {self}; give iterations from 0, acceptance in (0, 1], disturbance in [0, 1), max_iterations from 1"
            )

    def one_by_one(self, iteration: int) -> bool:
        """Whether from now on no two changes are made that feel each other."""
        return iteration >= 1.6 * self.iterations

    def num_accepted(self, iteration: int, *, proposed: int, sites: int) -> int:
        """How many of the proposed changes are taken before that; one at least."""
        decay = (iteration - self.iterations) / (0.6 * self.iterations) if iteration >= self.iterations > 0 else 0.0
        share = self.acceptance * (1.0 / (self.acceptance * sites)) ** decay
        return min(proposed, max(1, round(share * proposed)))

    def least_gain(self, iteration: int) -> float:
        """What a change must bring at least, in nats: nothing, until a search has taken so long that it may be going round in circles."""
        return RELUCTANCE * max(0.0, iteration - max(2.5 * self.iterations, LEAST_PATIENCE))

    def num_disturbed(self, iteration: int, *, sites: int) -> int:
        """How many sites get a random type afterwards."""
        left = max(0.0, 1.0 - iteration / self.iterations) if self.iterations else 0.0
        return int(self.disturbance * left * sites)
