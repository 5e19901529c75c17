"""Chains of a model paired with chains of a reference by their sequences."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
import torch
from Bio.Align import PairwiseAligner, substitution_matrices
from scipy.optimize import linear_sum_assignment

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import decode
from protfold.entities.protein import Protein
from protfold.metrics.rmsd import rmsd
from protfold.typing import Float, Int

MIN_IDENTITY = 0.25
"""Share of aligned residues of equal type from which two chains may be paired."""
MIN_RESIDUES = 3
NEAR_BEST = 0.9
"""Share of the residues of equal type with its best partner from which a chain may also be paired with another."""
MAX_PAIRINGS = 720
CA = ATOM37_INDEX["CA"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ChainPair:
    """Two chains and their aligned residues.

    Attributes:
        model_chain, reference_chain: chain indices.
        model_rows, reference_rows: residues of both structures that the alignment puts together.
        num_identical: of these, pairs of equal type.
    """

    model_chain: int
    reference_chain: int
    model_rows: Int[np.ndarray, " N"]
    reference_rows: Int[np.ndarray, " N"]
    num_identical: int


def pair_chains(model: Protein, reference: Protein) -> list[ChainPair]:
    """Each chain with at most one of the other structure, so that most residues of equal type come together.

    Sequences are those of the residues in the structures, aligned globally without a cost for gaps at the ends. Where chains
    have several partners that are nearly as good, as copies of one chain have, the CA atoms decide: of the first 720 ways to pair them all
    the one whose superposition has the least deviation is taken.
    """
    candidates = _candidates(model, reference)
    if not candidates:
        return []
    identical = np.zeros((len(model.chain_ids), len(reference.chain_ids)))
    for (own, true), pair in candidates.items():
        identical[own, true] = pair.num_identical
    chosen = _assignment(identical)
    alike = np.where(identical >= NEAR_BEST * identical.max(1, keepdims=True), identical, 0.0)
    options = [chosen]
    if len(_assignment(alike)) == len(chosen):
        partners = [(own, np.flatnonzero(row).tolist()) for own, row in enumerate(alike) if row.any()]
        options += islice(_pairings(partners, len(chosen), frozenset()), MAX_PAIRINGS)
    if len(options) > 2:
        chosen = min(options, key=lambda pairs: _deviation(model, reference, [candidates[pair] for pair in pairs]))
    return [candidates[pair] for pair in chosen]


def _assignment(values: Float[np.ndarray, "N_model N_reference"]) -> list[tuple[int, int]]:
    """Pairs of chains, each in one pair at most, with the largest sum of values; pairs of no value are left out."""
    pairs = zip(*linear_sum_assignment(-values), strict=True)
    return [(int(own), int(true)) for own, true in pairs if values[own, true] > 0]


def _pairings(partners: list[tuple[int, list[int]]], size: int, used: frozenset[int]) -> Iterator[list[tuple[int, int]]]:
    """All ways to pair `size` chains with a partner each, none twice."""
    if size == 0:
        yield []
    elif len(partners) >= size:
        (own, possible), rest = partners[0], partners[1:]
        for true in possible:
            if true not in used:
                for others in _pairings(rest, size - 1, used | {true}):
                    yield [(own, true), *others]
        yield from _pairings(rest, size, used)


def align_sequences(first: str, second: str) -> Int[np.ndarray, "N 2"]:
    """Positions that the best global alignment puts together; BLOSUM62, gaps 11 + 1 a residue, free at the ends.

    Needleman and Wunsch (1970), doi 10.1016/0022-2836(70)90057-4, with affine gaps as Gotoh (1982), doi 10.1016/0022-2836(82)90398-9.
    """
    aligner = PairwiseAligner(mode="global", open_gap_score=-12.0, extend_gap_score=-1.0)
    aligner.end_gap_score = 0.0
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    blocks = zip(*aligner.align(first, second)[0].aligned, strict=True)
    pairs = [np.stack([np.arange(*own), np.arange(*other)], axis=1) for own, other in blocks]
    return np.concatenate([np.zeros((0, 2), dtype=np.int64), *pairs])


def _candidates(model: Protein, reference: Protein) -> dict[tuple[int, int], ChainPair]:
    """All pairs of chains that are alike enough; equal sequences are aligned once."""
    rows, true_rows = _rows_of_chains(model), _rows_of_chains(reference)
    known: dict[tuple[str, str], np.ndarray] = {}
    pairs = {}
    for (own, own_rows), (true, other_rows) in product(rows.items(), true_rows.items()):
        sequences = decode(model.aatype[own_rows]), decode(reference.aatype[other_rows])
        if sequences not in known:
            known[sequences] = align_sequences(*sequences)
        first, second = own_rows[known[sequences][:, 0]], other_rows[known[sequences][:, 1]]
        num_identical = int((model.aatype[first] == reference.aatype[second]).sum())
        if num_identical >= max(MIN_RESIDUES, MIN_IDENTITY * len(first)):
            pairs[own, true] = ChainPair(
                model_chain=own, reference_chain=true, model_rows=first, reference_rows=second, num_identical=num_identical
            )
    return pairs


def _rows_of_chains(protein: Protein) -> dict[int, Int[np.ndarray, " N"]]:
    return {int(chain): np.flatnonzero(protein.chain_index == chain) for chain in np.unique(protein.chain_index)}


def _deviation(model: Protein, reference: Protein, pairs: list[ChainPair]) -> float:
    """CA deviation (Å) of all pairs of chains together."""
    own, true = (np.concatenate([getattr(pair, rows) for pair in pairs]) for rows in ("model_rows", "reference_rows"))
    known = (model.atom37_mask[own, CA] > 0) & (reference.atom37_mask[true, CA] > 0)
    if not known.any():
        return float("inf")
    points, target = (
        torch.from_numpy(one.astype(np.float64))
        for one in (model.atom37_positions[own[known], CA], reference.atom37_positions[true[known], CA])
    )
    return float(rmsd(points, target))
