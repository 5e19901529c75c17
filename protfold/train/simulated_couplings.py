"""Co-evolution scores for chains that have no alignment: drawn from what alignments of other chains say of such pairs.

Few chains with a structure have a deep alignment, and each teaches what its own scores look like. A chain with such an alignment is a
donor: its scores are sorted by how far apart the two residues are, in space and along the chain. A simulated score of a pair is drawn
from a donor's scores of such pairs, so that a map made from one donor is as good or as poor as that donor's alignment. What gets lost are
dependences between the errors of a map.
"""

from collections.abc import Iterable

import numpy as np

from protfold.features.couplings import coupling_scores
from protfold.train.chain import Chain
from protfold.typing import Float, Int

DISTANCES = (6.0, 8.0, 10.0, 12.0, 15.0, 20.0)
"""Å between pseudo-beta atoms; edges of the classes. Pairs with an unobserved atom are in the last."""
SEPARATIONS = (2, 3, 4, 5, 6, 12, 24)
"""Steps along the chain; edges of the classes."""
FEWEST = 3
"""Scores that a class of a donor must hold to be drawn from; with fewer, those of all distances at that separation are."""


class Donors:
    """Scores of pairs of residues in real alignments, by class, to draw others from.

    Args:
        maps: of each alignment the classes of its pairs, and their scores; several scores of a pair are drawn together.
        num_scores: their shape for one pair; one number when left out.
    """

    def __init__(
        self,
        maps: Iterable[tuple[Int[np.ndarray, "N_res N_res"], Float[np.ndarray, "N_res N_res *scores"]]],
        num_scores: tuple[int, ...] = (),
    ) -> None:
        self._pools = [_by_class(classes, scores) for classes, scores in maps]
        self._num_scores = num_scores

    def simulate(
        self, classes: Int[np.ndarray, "N_res N_res"], generator: np.random.Generator
    ) -> Float[np.ndarray, "N_res N_res *scores"]:
        """Symmetric scores of pairs of these classes from one donor, zero on the diagonal; all zero where there is no donor."""
        scores = np.zeros((*classes.shape, *self._num_scores), dtype=np.float32)
        if not self._pools:
            return scores
        donor = self._pools[generator.integers(len(self._pools))]
        first, second = np.triu_indices(len(classes), 1)
        wanted = classes[first, second]
        drawn = np.zeros((len(wanted), *self._num_scores), dtype=np.float32)
        for kind in np.unique(wanted):
            pool, places = donor[kind], np.flatnonzero(wanted == kind)
            if len(pool):
                drawn[places] = pool[generator.integers(len(pool), size=len(places))]
        scores[first, second] = scores[second, first] = drawn
        return scores


class SimulatedCouplings:
    """Donors of one score a pair, and the real scores of chains that have an alignment.

    Args:
        chains: those whose alignment is too shallow to give scores lend none.
    """

    def __init__(self, chains: Iterable[Chain]) -> None:
        self._real: dict[str, np.ndarray] = {}
        self._donors = Donors((pair_classes(chain), self.real(chain)) for chain in chains if self.real(chain).any())

    def real(self, chain: Chain) -> Float[np.ndarray, "N_res N_res"]:
        """Scores of a chain's own alignment."""
        if chain.id not in self._real:
            self._real[chain.id] = coupling_scores(chain.query() if chain.msa is None else chain.msa)
        return self._real[chain.id]

    def simulate(self, classes: Int[np.ndarray, "N_res N_res"], generator: np.random.Generator) -> Float[np.ndarray, "N_res N_res"]:
        """See `Donors.simulate`."""
        return self._donors.simulate(classes, generator)


def pair_classes(chain: Chain, part: slice | Int[np.ndarray, " n"] = slice(None)) -> Int[np.ndarray, "N_res N_res"]:
    """The class of each pair of residues by distance and separation, a number."""
    positions, known = (of_residues[part] for of_residues in chain.pseudo_beta())
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    near = np.digitize(np.where(known[:, None] & known[None], apart, np.inf), DISTANCES)
    index = chain.residue_index[part]
    along = np.digitize(np.abs(index[:, None] - index[None]), SEPARATIONS)
    return near * (len(SEPARATIONS) + 1) + along


def _by_class(
    classes: Int[np.ndarray, "N_res N_res"], scores: Float[np.ndarray, "N_res N_res *scores"]
) -> list[Float[np.ndarray, "N_pairs *scores"]]:
    """The scores of each class of pairs."""
    above = np.triu_indices(len(classes), 1)
    classes, scores = classes[above], scores[above]
    num_separations = len(SEPARATIONS) + 1
    pools = [scores[classes == kind] for kind in range(num_separations * (len(DISTANCES) + 1))]
    all_distances = [scores[classes % num_separations == along] for along in range(num_separations)]
    return [pool if len(pool) >= FEWEST else all_distances[kind % num_separations] for kind, pool in enumerate(pools)]
