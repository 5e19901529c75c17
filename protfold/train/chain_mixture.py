"""Which chain an example comes from."""

from collections.abc import Iterator, Sequence

import numpy as np

from protfold.errors import InputError
from protfold.train.chain import Chain
from protfold.train.chain_store import ChainStore
from protfold.train.chain_table import ChainTable
from protfold.typing import Float

Chains = Sequence[Chain]


class ChainMixture:
    """One set of chains or several, to draw from.

    Args:
        mixture: the chains; or sets of chains, each with the chance that an example comes from it, as for self-distillation
            (Jumper et al. 2021, Suppl. 1.3).

    Attributes:
        sets: those with a chance.

    Raises:
        InputError: there is no chain to draw, or a share is negative.
    """

    def __init__(self, mixture: Chains | Sequence[tuple[Chains, float]]) -> None:
        self.sets = [ChainSet(chains, share) for chains, share in _as_mixture(mixture) if share > 0]

    def aligned(self) -> Iterator[Chain]:
        """All chains with an alignment."""
        return (one.chains[int(row)] for one in self.sets for row in np.flatnonzero(one.table.depth))

    def draw(self, generator: np.random.Generator, *, aligned: bool = False, weigh_lengths: bool = False) -> Chain:
        """A chain.

        Args:
            generator: two numbers are taken.
            aligned: of those with an alignment, and so of the sets that hold some.
            weigh_lengths: see `chain_weights`.
        """
        usable = [one for one in self.sets if not aligned or one.table.depth.any()]
        chosen = usable[_draw(_cumulative_chances(np.array([one.share for one in usable])), generator)]
        return chosen.chains[_draw(chosen.cumulative(aligned=aligned, weigh_lengths=weigh_lengths), generator)]


class ChainSet:
    """Chains with the chances of each under every way of drawing them."""

    def __init__(self, chains: Chains, share: float) -> None:
        self.chains, self.share = chains, share
        self.table = chains.table if isinstance(chains, ChainStore) else ChainTable.of(chains)
        self._cumulative: dict[tuple[bool, bool], np.ndarray] = {}

    def cumulative(self, *, aligned: bool, weigh_lengths: bool) -> Float[np.ndarray, " N_chains"]:
        """The chance of each chain, added up."""
        key = aligned, weigh_lengths
        if key not in self._cumulative:
            drawn = self.table.depth > 0 if aligned else np.ones(len(self.table), dtype=bool)
            weights = np.zeros(len(self.table))
            weights[drawn] = chain_weights(self.table.take(drawn), weigh_lengths=weigh_lengths)
            self._cumulative[key] = _cumulative_chances(weights)
        return self._cumulative[key]


def chain_weights(table: ChainTable, *, weigh_lengths: bool = False) -> Float[np.ndarray, " N_chains"]:
    """How much more often one chain is drawn than another: each cluster alike, and each chain within one.

    With `weigh_lengths` a chain is then taken with the probability max(min(N_res, 512), 256) / 512: Jumper et al. (2021) Suppl.
    1.2.5 "Filtering".
    """
    _, cluster, size = np.unique(table.cluster, return_inverse=True, return_counts=True)
    weights = 1.0 / size[cluster]
    return weights * table.length.clip(256, 512) / 512.0 if weigh_lengths else weights


def _cumulative_chances(weights: Float[np.ndarray, " N"]) -> Float[np.ndarray, " N"]:
    cumulative = np.cumsum(weights)
    return cumulative / cumulative[-1]


def _draw(cumulative: Float[np.ndarray, " N"], generator: np.random.Generator) -> int:
    """An index, each with the chance by which the cumulative chances grow there."""
    return int(np.searchsorted(cumulative, generator.random(), side="right"))


def _as_mixture(mixture: Chains | Sequence[tuple[Chains, float]]) -> list[tuple[Chains, float]]:
    alone = isinstance(mixture, ChainStore) or (len(mixture) > 0 and isinstance(mixture[0], Chain))
    sets: list[tuple[Chains, float]] = [(mixture, 1.0)] if alone else list(mixture)  # type: ignore[list-item, arg-type]
    shares = [share for chains, share in sets if len(chains) > 0]
    if len(shares) < len(sets) or not shares or min(shares) < 0.0 or sum(shares) <= 0.0:
        raise InputError("there is nothing to draw examples from; give chains, each set with a share of 0 or more")
    return sets
