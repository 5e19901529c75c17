"""Several backbones of one sequence as one set of residues with ties between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protfold.design.ties import Ties, join_ties, tie_copies
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.typing import Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class JoinedStates:
    """Backbones one after another.

    Attributes:
        protein: all residues. The coordinates are those of each state, so that residues of different states may lie in one place:
            environments are to be built state by state. Chains of the first state keep their names, others become `A_2`, `A_3`, ...
        state_index: which backbone each residue is of.
        ties: residues of equal author number in different states.
    """

    protein: Protein
    state_index: Int[np.ndarray, " N_res"]
    ties: Ties

    def rows(self, state: int) -> Int[np.ndarray, " N_state"]:
        """The residues of one backbone, in its own order."""
        return np.flatnonzero(self.state_index == state)


def join_states(proteins: Sequence[Protein], weights: Sequence[float] | None = None) -> JoinedStates:
    """Join backbones whose residues of equal chain, number and insertion code get one type; chain names count where one has several chains.

    Args:
        proteins: the states.
        weights: of each state's log-probabilities, 1 by default; a negative one speaks against a state.

    Raises:
        InputError: there is no state, a weight is no number, none is positive, or their number is another; or a state shares no residue
            number with those before it.
    """
    if not proteins:
        raise InputError("there is no backbone; give one or more")
    given = [1.0] * len(proteins) if weights is None else [float(weight) for weight in weights]
    if len(given) != len(proteins):
        raise InputError(f"{len(given)} weights for {len(proteins)} states; give one for each")
    if not np.isfinite(given).all() or max(given) <= 0:
        raise InputError(
            f"the weights of the states are {', '.join(f'{weight:g}' for weight in given)}; give numbers, one of them positive"
        )
    sizes = [len(protein) for protein in proteins]
    state_index = np.repeat(np.arange(len(proteins)), sizes)
    joined = _concatenate(proteins)
    copies = {f"state {state + 1}": np.flatnonzero(state_index == state) for state in range(len(proteins))}
    parts = [
        tie_copies(copies, proteins, joined, match="number"),
        Ties(pairs=np.zeros((0, 2), dtype=np.int64), weights=np.repeat(given, sizes)),
    ]
    return JoinedStates(protein=joined, state_index=state_index, ties=join_ties(parts, len(joined)))


def _concatenate(proteins: Sequence[Protein]) -> Protein:
    chain_ids: list[str] = []
    chain_index = []
    for state, protein in enumerate(proteins, start=1):
        chain_index.append(protein.chain_index + len(chain_ids))
        for name in protein.chain_ids:
            chain_ids.append(name if state == 1 else _free_name(f"{name}_{state}", chain_ids))
    arrays = ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "b_factors")
    return Protein(
        **{name: np.concatenate([getattr(protein, name) for protein in proteins]) for name in arrays},
        chain_index=np.concatenate(chain_index),
        chain_ids=tuple(chain_ids),
        name=proteins[0].name,
    )


def _free_name(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name
