"""Designs of one backbone in order, equal ones together, with their measures beside the native sequence."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.residues import UNKNOWN
from protfold.design.designer import Design
from protfold.design.scored_sequence import ScoredSequence
from protfold.entities import Protein
from protfold.metrics.recovery import similarity_recovery
from protfold.runs.design.backbones import Backbone
from protfold.runs.design.refolding import Refolding
from protfold.runs.design.search import DesignSearch
from protfold.runs.relaxation import Relaxation
from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RankedDesign:
    """One sequence.

    Attributes:
        rank: by score, from 1.
        samples: numbers of the samples that gave this very sequence, from 1.
        types: of all residues of all states, 0-20.
        sequence: its designed chains, joined by `/`.
        state_sequences: those of each state; the first is `sequence`.
        chains: every chain of the first state.
        log_probabilities: natural logarithm of the probability of every type at every residue.
        score: mean of -log p over designed residues, nats; lower is better.
        global_score: the same over all residues with a backbone and a type.
        recovery: share of designed residues that are as in the native sequence, 0-1.
        similarity: share of them that are like the native ones, by BLOSUM62 above zero, 0-1.
        converged: whether the sequence agrees with itself.
        iterations: of its search.
        identity_to_next: share of designed residues that are as in the design of the next rank; None for the last.
        models: with the sequence on it, each state; B-factors are probabilities of the residue's type x 100.
        relaxed: the models relaxed, or why they are not; empty where that was not asked for.
        refolding: how it folds alone; None where that was not asked for.
        refold_rank: by scTM, from 1; None without.
    """

    rank: int
    samples: tuple[int, ...]
    types: Int[np.ndarray, " N_res"]
    sequence: str
    state_sequences: tuple[str, ...]
    chains: tuple[str, ...]
    log_probabilities: Float[np.ndarray, "N_res 20"]
    score: float
    global_score: float
    recovery: float
    similarity: float
    converged: bool
    iterations: int
    identity_to_next: float | None
    models: tuple[Protein, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()
    refolding: Refolding | None = None
    refold_rank: int | None = None

    @property
    def count(self) -> int:
        """How many samples gave it."""
        return len(self.samples)

    @property
    def protein(self) -> Protein:
        """The model of the first state, relaxed if it was."""
        if self.relaxed and self.relaxed[0].protein is not None:
            return self.relaxed[0].protein
        return self.models[0]


def rank_designs(search: DesignSearch, backbone: Backbone) -> tuple[RankedDesign, ...]:
    """Each sequence once, best score first, without models."""
    alike: dict[bytes, list[Design]] = {}
    for design in search.designs:
        alike.setdefault(design.types.tobytes(), []).append(design)
    groups = sorted(alike.values(), key=lambda group: (group[0].score, group[0].sample))
    designed, native = backbone.constraints.designed, backbone.native
    ranked = []
    for place, group in enumerate(groups):
        best = group[0]
        following = groups[place + 1][0].types if place + 1 < len(groups) else None
        counted = backbone.complete & (best.types < UNKNOWN)
        whole = ScoredSequence(types=best.types, log_probabilities=best.log_probabilities, counted=counted)
        sequences = tuple(backbone.sequence(best.types, state) for state in range(len(backbone.states)))
        ranked.append(
            RankedDesign(
                rank=place + 1,
                samples=tuple(sorted(one.sample for one in group)),
                types=best.types,
                sequence=sequences[0],
                state_sequences=sequences,
                chains=backbone.all_chains(best.types),
                log_probabilities=best.log_probabilities,
                score=best.score,
                global_score=whole.score,
                recovery=best.recovery(native),
                similarity=float(similarity_recovery(best.types, native, designed)),
                converged=best.converged,
                iterations=best.iterations,
                identity_to_next=None if following is None else float((best.types == following)[designed].mean()),
            )
        )
    return tuple(ranked)


def refold_ranks(refoldings: list[Refolding | None]) -> list[int | None]:
    """Ranks by scTM, then pLDDT, then the order given; None where nothing was folded."""
    order = sorted(
        (place for place, one in enumerate(refoldings) if one is not None and one.protein is not None),
        key=lambda place: (-refoldings[place].sc_tm, -refoldings[place].mean_plddt, place),  # type: ignore[union-attr]
    )
    ranks: list[int | None] = [None] * len(refoldings)
    for rank, place in enumerate(order, start=1):
        ranks[place] = rank
    return ranks
