"""Bridges between strands and the ladders they make, by the rules of DSSP."""

from dataclasses import dataclass

import numpy as np

from protfold.typing import Int, Shaped

SHORT_GAP, LONG_GAP = 3, 6
"""Two ladders are one with a bulge where one strand steps less than 3 residues between them and the other less than 6."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ladder:
    """Bridges of one kind in a row.

    Attributes:
        parallel: whether both strands run the same way.
        first, last: residues of the strand that comes first in the sequence.
        lowest, highest: residues of the other.
        num_bridges: of the ladder.
    """

    parallel: bool
    first: int
    last: int
    lowest: int
    highest: int
    num_bridges: int


def strand_states(bonds: Int[np.ndarray, "bonds 2"], segment: Int[np.ndarray, " N"]) -> Shaped[np.ndarray, " N"]:
    """E for residues of ladders of two bridges or more, with the residues of bulges, B for lone bridges, - for the rest.

    Kabsch and Sander (1983), doi 10.1002/bip.360221211

    Args:
        bonds: residues whose N-H is bonded, and whose C=O it is bonded to.
        segment: number of the unbroken stretch that each residue is of.
    """
    states = np.full(len(segment), "-")
    for ladder in _with_bulges(_ladders(_bridges(bonds, segment)), segment):
        for start, end in ((ladder.first, ladder.last), (ladder.lowest, ladder.highest)):
            stretch = states[start : end + 1]
            stretch[stretch != "E"] = "E" if ladder.num_bridges > 1 else "B"
    return states


def _bridges(bonds: Int[np.ndarray, "bonds 2"], segment: Int[np.ndarray, " N"]) -> dict[tuple[int, int], bool]:
    """Pairs of residues three or more apart that are bridged, in the order of the sequence, and whether in parallel."""
    bonded = set(map(tuple, bonds.tolist()))
    antiparallel = {(min(pair), max(pair)) for pair in bonded if pair[::-1] in bonded}
    antiparallel |= {_ordered(donor - 1, acceptor + 1) for donor, acceptor in bonded if (acceptor + 2, donor - 2) in bonded}
    parallel = {_ordered(donor - 1, acceptor) for donor, acceptor in bonded if (acceptor, donor - 2) in bonded}

    def is_inside(residue: int) -> bool:
        return 0 < residue < len(segment) - 1 and bool(segment[residue - 1] == segment[residue + 1])

    return {
        pair: pair in parallel
        for pair in sorted(parallel | antiparallel)
        if pair[1] - pair[0] >= 3 and is_inside(pair[0]) and is_inside(pair[1])
    }


def _ordered(first: int, second: int) -> tuple[int, int]:
    return min(first, second), max(first, second)


def _ladders(bridges: dict[tuple[int, int], bool]) -> list[Ladder]:
    """Bridges of one kind put together where both strands step on by one."""
    ladders: dict[tuple[int, int, bool], Ladder] = {}
    for (first, second), parallel in bridges.items():
        one = ladders.pop((first - 1, second - 1 if parallel else second + 1, parallel), None)
        lone = Ladder(parallel=parallel, first=first, last=first, lowest=second, highest=second, num_bridges=1)
        ladders[first, second, parallel] = lone if one is None else _joined(one, lone)
    return sorted(ladders.values(), key=lambda ladder: ladder.first)


def _with_bulges(ladders: list[Ladder], segment: Int[np.ndarray, " N"]) -> list[Ladder]:
    """Ladders put together across bulges."""
    ladders = list(ladders)
    index = 0
    while index < len(ladders):
        later = index + 1
        while later < len(ladders) and ladders[later].first - ladders[index].last < LONG_GAP:
            if _is_bulge(ladders[index], ladders[later], segment):
                ladders[index] = _joined(ladders[index], ladders.pop(later))
            else:
                later += 1
        index += 1
    return ladders


def _is_bulge(one: Ladder, other: Ladder, segment: Int[np.ndarray, " N"]) -> bool:
    gap = other.first - one.last
    partner_gap = other.lowest - one.highest if one.parallel else one.lowest - other.highest
    return bool(
        one.parallel == other.parallel
        and gap > 0
        and partner_gap >= 0
        and (partner_gap < SHORT_GAP or (partner_gap < LONG_GAP and gap < SHORT_GAP))
        and segment[one.first] == segment[other.last]
        and segment[min(one.lowest, other.lowest)] == segment[max(one.highest, other.highest)]
    )


def _joined(one: Ladder, other: Ladder) -> Ladder:
    return Ladder(
        parallel=one.parallel,
        first=one.first,
        last=other.last,
        lowest=min(one.lowest, other.lowest),
        highest=max(one.highest, other.highest),
        num_bridges=one.num_bridges + other.num_bridges,
    )
