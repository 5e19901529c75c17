"""Structures laid over the query, and their features. Lengths in Å.

The rules for what may be a template follow the published pipeline (Jumper et al. (2021) Suppl. 1.2.3 "Template search"). Its rule
against templates that are the query itself is left to the search: whoever hands over a structure means it.
"""

import math
from collections.abc import Sequence as Listing

import numpy as np
import torch
from Bio.Align import PairwiseAligner, substitution_matrices

from protfold.constants.atoms import ATOM37_INDEX, NUM_ATOM37
from protfold.constants.residues import GAP, RESIDUE_CODE, decode, encode
from protfold.entities import Protein, Sequence, Template
from protfold.errors import InputError
from protfold.features.fold_features import TemplateFeatures
from protfold.geometry.atom_frames import pseudo_beta
from protfold.typing import Int

MAX_CA_CA_DISTANCE = 150.0
"""Å between neighbouring CA atoms beyond which a structure counts as damaged."""
MIN_ATOMS = 5
MIN_ALIGNED_RESIDUES = 10
MIN_ALIGNED_FRACTION = 0.1
MAX_EXPECTED_BY_CHANCE = 1e-3
"""Alignments this good that two unrelated sequences of these lengths would show; more is no evidence of kinship."""


def template_features(templates: Listing[Template], max_templates: int, num_residues: int) -> TemplateFeatures | None:
    """The best `max_templates` by `sum_probs` (ties as given), without padding; None if that leaves none.

    Raises:
        InputError: a template is laid over another number of residues than the query has.
    """
    for template in templates:
        if len(template.aatype) != num_residues:
            raise InputError(
                f"the template covers {len(template.aatype)} residues, the query has {num_residues}; lay it over this query",
                record=template.name,
            )
    chosen = sorted(templates, key=lambda template: -template.sum_probs)[:max_templates]
    if not chosen:
        return None
    aatype = torch.from_numpy(np.stack([template.aatype for template in chosen]).astype(np.int64))
    positions = torch.from_numpy(np.stack([template.atom37_positions for template in chosen]).astype(np.float32))
    mask = torch.from_numpy(np.stack([template.atom37_mask for template in chosen]).astype(np.float32))
    return TemplateFeatures(
        aatype=aatype,
        atom37_positions=positions,
        atom37_mask=mask,
        pseudo_beta=pseudo_beta(aatype, positions),
        pseudo_beta_mask=pseudo_beta(aatype, mask[..., None])[..., 0],
        mask=torch.ones(len(chosen)),
    )


def template_from_structure(protein: Protein, query: Sequence, *, chain: str | None = None) -> Template:
    """A user's structure as a template: one of its chains aligned to the query chain it fits best.

    Local alignment of the residues that have coordinates (BLOSUM62, 11 + 1 a residue for a gap, as in BLAST).

    Args:
        protein: the structure.
        query: the target; of a complex one chain is covered, the others stay empty.
        chain: author name of the chain to use; None takes the one that aligns best.

    Raises:
        InputError: no such chain, or the structure is no usable template; the message gives the reason.
    """
    if chain is not None and chain not in protein.chain_ids:
        raise InputError(f"no chain {chain!r}; there are {', '.join(protein.chain_ids)}", record=protein.name)
    candidates = _alignments(protein, protein.chain_ids if chain is None else (chain,), query)
    if not candidates:
        raise InputError("the structure has no residues", record=protein.name)
    score, chain_id, pairs = max(candidates, key=lambda candidate: candidate[0])
    expected = _expected_by_chance(score, len(query), len(protein))
    if expected > MAX_EXPECTED_BY_CHANCE:
        raise InputError(
            f"its sequence does not resemble the query's ({len(pairs)} residues align, E-value {expected:.2g});"
            " give another structure, or your own alignment to template_from_alignment",
            record=f"{protein.name}_{chain_id}",
        )
    return template_from_alignment(protein, pairs, len(query), name=f"{protein.name}_{chain_id}")


def template_from_alignment(
    protein: Protein, pairs: Int[np.ndarray, "N_aligned 2"], num_residues: int, *, name: str, sum_probs: float = 0.0
) -> Template:
    """A structure laid over the query by a given alignment, e.g. that of a search hit.

    Args:
        protein: the structure.
        pairs: query residue and residue of `protein`, both from 0, in each row; one chain of `protein`.
        num_residues: of the query.
        name: of the template.
        sum_probs: the search engine's score.

    Raises:
        InputError: too little is aligned, too few atoms, or neighbouring CA atoms further apart than `MAX_CA_CA_DISTANCE`.
    """
    if len(pairs) < MIN_ALIGNED_RESIDUES or len(pairs) <= MIN_ALIGNED_FRACTION * num_residues:
        raise InputError(
            f"only {len(pairs)} of {num_residues} query residues are aligned; a template needs {MIN_ALIGNED_RESIDUES}"
            f" and more than {MIN_ALIGNED_FRACTION:.0%}",
            record=name,
        )
    query_residues, template_residues = pairs.T
    _check_distances(protein, int(protein.chain_index[template_residues[0]]), name)
    aligned = protein.select(template_residues)
    if aligned.atom37_mask.sum() < MIN_ATOMS:
        raise InputError(f"fewer than {MIN_ATOMS} aligned atoms; give a structure with coordinates there", record=name)

    aatype = np.full(num_residues, GAP, dtype=np.int8)
    positions = np.zeros((num_residues, NUM_ATOM37, 3), dtype=np.float32)
    mask = np.zeros((num_residues, NUM_ATOM37), dtype=np.float32)
    aatype[query_residues] = aligned.aatype
    positions[query_residues], mask[query_residues] = _with_arginines_named_by_distance(aligned)
    return Template(name=name, aatype=aatype, atom37_positions=positions, atom37_mask=mask, sum_probs=sum_probs)


def _alignments(protein: Protein, chain_ids: Listing[str], query: Sequence) -> list[tuple[float, str, np.ndarray]]:
    """Score, chain and aligned pairs of each chain of the structure with each chain of the query."""
    candidates = []
    offsets = np.cumsum([0, *map(len, query.chains)])
    for chain_id in chain_ids:
        residues = np.flatnonzero(protein.chain_index == protein.chain_ids.index(chain_id))
        for query_chain, offset in zip(query.chains, offsets, strict=False):
            if len(residues):
                score, pairs = _align(decode(encode(query_chain)), decode(protein.aatype[residues]))
                candidates.append((score, chain_id, np.stack([pairs[:, 0] + offset, residues[pairs[:, 1]]], axis=1)))
    return candidates


def _align(query: str, template: str) -> tuple[float, Int[np.ndarray, "N_aligned 2"]]:
    """Score and aligned positions of the best local alignment."""
    aligner = PairwiseAligner(mode="local", open_gap_score=-12.0, extend_gap_score=-1.0)
    aligner.substitution_matrix = substitution_matrices.load("BLOSUM62")
    alignments = aligner.align(query, template)
    if alignments.score <= 0:
        return 0.0, np.zeros((0, 2), dtype=np.int64)
    blocks = zip(*alignments[0].aligned, strict=True)
    pairs = [np.stack([np.arange(*in_query), np.arange(*in_template)], axis=1) for in_query, in_template in blocks]
    return float(alignments.score), np.concatenate(pairs)


def _expected_by_chance(score: float, query_length: int, template_length: int) -> float:
    """E-value of a local alignment: Altschul and Gish (1996), BLOSUM62 with gaps 11 + 1 a residue."""
    return 0.041 * query_length * template_length * math.exp(-0.267 * score)


def _check_distances(protein: Protein, chain: int, name: str) -> None:
    """Neighbours are residues whose numbers differ by at most one; unseen loops may be as long as they like."""
    members = np.flatnonzero((protein.chain_index == chain) & (protein.atom37_mask[:, ATOM37_INDEX["CA"]] > 0))
    positions, numbers = protein.atom37_positions[members, ATOM37_INDEX["CA"]], protein.residue_index[members]
    distances = np.linalg.norm(np.diff(positions, axis=0), axis=-1)
    broken = np.flatnonzero((distances > MAX_CA_CA_DISTANCE) & (np.diff(numbers) <= 1))
    if len(broken):
        first = broken[0]
        raise InputError(
            f"CA atoms of residues {numbers[first]} and {numbers[first + 1]} are {distances[first]:.0f} Å apart"
            f" (at most {MAX_CA_CA_DISTANCE:.0f}); the coordinates look damaged",
            record=name,
        )


def _with_arginines_named_by_distance(protein: Protein) -> tuple[np.ndarray, np.ndarray]:
    """Positions and mask in which NH1 of arginine is the nitrogen closer to CD, as the standard names have it."""
    positions, mask = protein.atom37_positions.copy(), protein.atom37_mask
    slots = [ATOM37_INDEX[name] for name in ("CD", "NH1", "NH2")]
    complete = (protein.aatype == RESIDUE_CODE["R"]) & (mask[:, slots].min(axis=-1) > 0)
    delta, first, second = (positions[:, slot] for slot in slots)
    swapped = complete & (np.linalg.norm(first - delta, axis=-1) > np.linalg.norm(second - delta, axis=-1))
    positions[np.ix_(swapped, slots[1:])] = positions[np.ix_(swapped, slots[:0:-1])]
    return positions, mask
