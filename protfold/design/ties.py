"""Residues that get one type: ties as a user writes them, and copies of one sequence matched residue by residue."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from protfold.design.residue_selection import format_rows, residue_names, rows_by_chain, select_chains, select_range
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.metrics.correspondence import match_residues
from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ties:
    """Pairs of residues that get one type, and hence groups.

    Attributes:
        pairs: rows; A with B and B with C ties all three.
        weights: of every residue in its group, not normalised.
        notes: what could not be tied, and how copies were matched.
    """

    pairs: Int[np.ndarray, "N_pairs 2"]
    weights: Float[np.ndarray, " N_res"]
    notes: tuple[str, ...] = ()

    @property
    def groups(self) -> Int[np.ndarray, " N_res"]:
        """Number of the group of each residue, from 0 in the order of their first residues."""
        size = len(self.weights)
        graph = coo_array((np.ones(len(self.pairs)), tuple(self.pairs.T)), shape=(size, size))
        return number_groups(connected_components(graph, directed=False)[1])


def number_groups(labels: Int[np.ndarray, " N_res"]) -> Int[np.ndarray, " N_res"]:
    """Any labels as numbers from 0 in the order of their first places."""
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[group]


def join_ties(parts: Sequence[Ties], num_residues: int) -> Ties:
    """All ties together; weights multiply."""
    return Ties(
        pairs=np.concatenate([np.zeros((0, 2), dtype=np.int64), *(part.pairs for part in parts)]),
        weights=np.prod([np.ones(num_residues), *(part.weights for part in parts)], axis=0),
        notes=tuple(note for part in parts for note in part.notes),
    )


def parse_ties(text: str, protein: Protein) -> Ties:
    """Ties such as `A1-10=B1-10=C1-10`, several joined by commas, a weight after a star: `A1-10*2=B1-10`.

    The members of a tie are residues, ranges or chains of one length, tied first to first, second to second. The weight is that of a
    member's log-probabilities; without one it is 1, a negative one speaks against what the member favors.

    Raises:
        InputError: a member cannot be read, members differ in length, miss different residues or overlap, or a weight is no number or
            another one is given, too.
    """
    pairs, weights = [np.zeros((0, 2), dtype=np.int64)], np.full(len(protein), np.nan)
    for entry in filter(str.strip, re.split("[,;]", text)):
        members = [re.fullmatch(r"([^*]*)(?:\*(.*))?", member.strip()) for member in entry.split("=")]
        if len(members) < 2 or not all(members):
            raise InputError(
                f"{entry.strip()!r} is no tie; write A1-10=B1-10, with weights A1-10*2=B1-10", record=protein.name or None
            )
        rows = [select_range(member[1], protein) for member in members if member]
        _check_members(entry.strip(), rows, protein)
        pairs += [np.stack([rows[0], other], axis=1) for other in rows[1:]]
        for member, own in zip(members, rows, strict=True):
            if member and member[2] is not None:
                _set_weight(weights, own, member[2], protein)
    return Ties(pairs=np.concatenate(pairs), weights=np.where(np.isnan(weights), 1.0, weights))


def parse_homo_oligomer(text: str, protein: Protein) -> Ties:
    """Chains that get one sequence, `A,B,C`; several such groups are joined by semicolons.

    Raises:
        InputError: a chain is not there or alone in its group, or is like no other of its group.
    """
    parts, chains = [], rows_by_chain(protein)
    for group in filter(str.strip, text.split(";")):
        names = select_chains(group, protein)
        if len(names) < 2:
            raise InputError(f"{group.strip()!r} is one chain; name the copies too, as in A,B", record=protein.name or None)
        copies = {f"chain {name}": np.sort(chains[name]) for name in names}
        parts.append(tie_copies(copies, [protein.select(rows) for rows in copies.values()], protein, match="auto"))
    return join_ties(parts, len(protein))


def tie_copies(
    copies: dict[str, Int[np.ndarray, " N_copy"]], structures: Sequence[Protein], protein: Protein, *, match: str
) -> Ties:
    """Each residue of a copy tied to its partner in the first of the earlier copies that has one.

    Args:
        copies: rows of each by what to call it.
        structures: each copy by itself.
        protein: the structure that holds them all.
        match: as of `protfold.metrics.correspondence.match_residues`; author numbers come first in each case.

    Raises:
        InputError: nothing of a copy has a partner.
    """
    group = np.arange(len(protein))
    pairs: list[tuple[int, int]] = []
    notes = []
    for index, (name, rows) in enumerate(copies.items()):
        open_rows, taken = set(rows.tolist()), set()
        for number, (earlier, others) in enumerate(list(copies.items())[:index]):
            if not open_rows:
                break
            try:
                found = match_residues(structures[index], structures[number], match=match)
            except InputError:
                continue
            before = len(pairs)
            for own, other in zip(rows[found.model_rows].tolist(), others[found.reference_rows].tolist(), strict=True):
                if own in open_rows and group[other] not in taken:
                    open_rows.remove(own)
                    taken.add(group[other])
                    group[own] = group[other]
                    pairs.append((other, own))
            if found.matched_by == "sequence" and len(pairs) > before:
                notes.append(f"{name} is matched with {earlier} by sequence, because the numbers do not agree")
        if index and len(open_rows) == len(rows):
            raise InputError(
                f"no residue of {name} matches one of {', '.join(list(copies)[:index])} by number"
                f"{'' if match == 'number' else ' or sequence, tie them one by one, as in A1-10=B5-14'}",
                record=protein.name or None,
            )
    whole = np.concatenate(list(copies.values()))
    if len(alone := whole[np.bincount(group)[group[whole]] == 1]):
        notes.append(f"without a partner and hence not tied: {format_rows(alone, protein)}")
    return Ties(pairs=np.array(pairs, dtype=np.int64).reshape(-1, 2), weights=np.ones(len(protein)), notes=tuple(notes))


def _check_members(entry: str, rows: list[np.ndarray], protein: Protein) -> None:
    names = entry.split("=")
    record = protein.name or None
    if len(np.unique(np.concatenate(rows))) < sum(map(len, rows)):
        raise InputError(f"{entry!r}: the members overlap; a residue cannot be its own partner", record=record)
    offsets = [protein.residue_index[own] - protein.residue_index[own[0]] for own in rows]
    for name, own, offset in zip(names[1:], rows[1:], offsets[1:], strict=True):
        if len(own) != len(rows[0]):
            raise InputError(
                f"{entry!r}: {names[0].strip()} has {len(rows[0])} residues, {name.strip()} has {len(own)}; tie the parts that match,"
                " or name the chains as homo-oligomer, which ties what it can",
                record=record,
            )
        if offset[-1] == offsets[0][-1] and (differs := offset != offsets[0]).any():
            place, labels = int(np.argmax(differs)), residue_names(protein)
            raise InputError(
                f"{entry!r}: the members miss different residues, so that {labels[rows[0][place]]} would be tied to {labels[own[place]]};"
                " tie the parts that match",
                record=record,
            )


def _set_weight(weights: np.ndarray, rows: np.ndarray, text: str, protein: Protein) -> None:
    try:
        weight = float(text)
    except ValueError:
        weight = np.nan
    if not np.isfinite(weight):
        raise InputError(f"the weight {text.strip()!r} is no number; write A1-10*2=B1-10", record=protein.name or None)
    other = rows[~np.isnan(weights[rows]) & (weights[rows] != weight)]
    if len(other):
        raise InputError(
            f"{format_rows(other[:1], protein)} has the weights {weights[other[0]]:g} and {weight:g}; give it one",
            record=protein.name or None,
        )
    weights[rows] = weight
