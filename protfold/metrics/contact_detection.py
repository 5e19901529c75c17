"""Average precision and recall of contacts: COCO's rule with CASP's ranges for sizes of boxes, and cutoffs of distance for those of IoU.

Monastyrskyy et al. (2016), doi 10.1002/prot.24943, for ranges and tops; Lin et al. (2014), arXiv 1405.0312, for the rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protfold.metrics.contacts import CONTACT_DISTANCE, RANGES, SHORT_RANGE, ranked_pairs
from protfold.metrics.detection import average_precision
from protfold.typing import Bool, Float, Int

SEPARATIONS = {"all": (SHORT_RANGE, None), **RANGES}
"""Least and largest steps along the sequence of each range."""
CUTOFFS = (6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0)
"""Å below which two residues are in contact; in the place of thresholds of IoU."""
TOPS = {"L/10": (1, 10), "L/5": (1, 5), "L/2": (1, 2), "L": (1, 1), "2L": (2, 1)}
"""Shares of the chain's length that are read from the top of the ranking, one pair at least; in the place of detections a picture."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScoredContacts:
    """Contacts predicted for one chain of known structure.

    Attributes:
        scores: higher for a likelier contact; the mean of both triangles is read.
        points: observed pseudo-beta atoms, Å.
        known: residues whose atom was observed.
        residue_index: numbers that tell how far apart two residues are in the sequence; None counts residues.
    """

    scores: Float[np.ndarray, "N_res N_res"]
    points: Float[np.ndarray, "N_res 3"]
    known: Bool[np.ndarray, " N_res"]
    residue_index: Int[np.ndarray, " N_res"] | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ContactScores:
    """Of one range, at each of `CUTOFFS`; NaN where there is no such contact.

    Attributes:
        average_precision: COCO's, over all pairs of the range.
        precision, recall: of the pairs in each of `TOPS`.
    """

    average_precision: Float[np.ndarray, " cutoffs"]
    precision: Float[np.ndarray, "cutoffs tops"]
    recall: Float[np.ndarray, "cutoffs tops"]

    @property
    def ap(self) -> float:
        """Mean over the cutoffs that have contacts."""
        return float(_mean(self.average_precision))

    @property
    def ap8(self) -> float:
        """At 8 Å, as AP50 of boxes."""
        return float(self.average_precision[CUTOFFS.index(CONTACT_DISTANCE)])

    def precision_at(self, top: str) -> float:
        """Of the pairs in one of `TOPS` at 8 Å, CASP's measure."""
        return float(self.precision[CUTOFFS.index(CONTACT_DISTANCE), list(TOPS).index(top)])

    def ar_at(self, top: str) -> float:
        """Recall of the pairs in one of `TOPS`, mean over the cutoffs that have contacts."""
        return float(_mean(self.recall)[list(TOPS).index(top)])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Ranked:
    """Pairs of one range in one chain, the highest score first."""

    scores: Float[np.ndarray, " pairs"]
    distances: Float[np.ndarray, " pairs"]
    length: int


def contact_scores(chains: Sequence[ScoredContacts], *, pooled: bool = False) -> dict[str, ContactScores]:
    """For each of `SEPARATIONS`, how well contacts were found in a set of chains.

    Args:
        chains: with their predictions.
        pooled: rank the pairs of all chains together, each chain giving its own top; else the mean over the chains that have contacts.
    """
    table = {}
    for name, limits in SEPARATIONS.items():
        ranked = [_ranked(chain, limits) for chain in chains]
        groups = [ranked] if pooled else [[one] for one in ranked]
        each = [_scores(group) for group in groups]
        table[name] = ContactScores(
            average_precision=_mean(np.stack([one.average_precision for one in each])),
            precision=_mean(np.stack([one.precision for one in each])),
            recall=_mean(np.stack([one.recall for one in each])),
        )
    return table


def _ranked(chain: ScoredContacts, limits: tuple[int, int | None]) -> _Ranked:
    scores = 0.5 * (chain.scores + chain.scores.T)
    first, second = ranked_pairs(scores, chain.known, chain.residue_index, *limits)
    distances = np.linalg.norm(chain.points[first] - chain.points[second], axis=-1)
    return _Ranked(scores=scores[first, second], distances=distances, length=len(chain.known))


def _scores(group: Sequence[_Ranked]) -> ContactScores:
    distances = np.concatenate([one.distances for one in group])
    distances = distances[np.argsort(-np.concatenate([one.scores for one in group]), kind="stable")]
    right = distances < np.array(CUTOFFS)[:, None]
    num_true = right.sum(1)
    tops = [
        np.concatenate([one.distances[: max(1, one.length * share // of)] for one in group]) < np.array(CUTOFFS)[:, None]
        for share, of in TOPS.values()
    ]
    found, read = np.stack([top.sum(1) for top in tops], axis=1), np.array([top.shape[1] for top in tops])
    none = np.where(num_true > 0, 0.0, np.nan)[:, None]
    return ContactScores(
        average_precision=np.array([average_precision(row, int(count)) for row, count in zip(right, num_true, strict=True)]),
        precision=found / read.clip(min=1) + none,
        recall=found / num_true[:, None].clip(min=1) + none,
    )


def _mean(values: Float[np.ndarray, "several *rest"]) -> Float[np.ndarray, "*rest"]:
    """Over the first axis, of what is a number; NaN where nothing is."""
    there = ~np.isnan(values)
    return np.asarray(np.where(there, values, 0.0).sum(0) / np.where(there.any(0), there.sum(0), np.nan))
