"""Settings to `Constraints`: what is designed, which residues go together, and what they may become.

Where settings contradict each other the answer is an error, and whatever they could not do is a note, never silence:

- residues in `design` and in `fix`, or in `design` but of a chain that is not to be designed: error;
- a residue of unknown type or without N, CA, C and O keeps its type: an error if it is named itself (or as the end of a range) in
  `design`, a note if a range or chain holds it. Tied to residues that are designed it follows them, without a say of its own;
- a residue tied to a designed one is designed too. If one of them is in `fix`, all keep their types where these agree; else it is an error;
- `exclude` speaks of designed residues only; `exclude_at` a residue that keeps such a type is an error, and so is excluding everything;
- types excluded at one residue of a tie are excluded for all of it, and a bias given at one counts for all; different ones are an error.
"""

import numpy as np

from protfold.constants.atoms import ATOM37_NAMES, BACKBONE
from protfold.constants.residues import RESIDUES, UNKNOWN
from protfold.design.constraint_options import ConstraintOptions, ReadOptions, read_options
from protfold.design.constraints import NUM_TYPES, Constraints
from protfold.design.residue_selection import format_rows, residue_names
from protfold.design.ties import Ties, join_ties, number_groups
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.typing import Bool, Float, Int


def resolve_constraints(options: ConstraintOptions, protein: Protein, *, ties: Ties | None = None) -> Constraints:
    """Constraints of a structure.

    Args:
        options: of the user; of a command line and a file together, `ConstraintOptions.union`.
        protein: the structure, or `JoinedStates.protein`.
        ties: further ones, `JoinedStates.ties`.

    Raises:
        InputError: a setting cannot be read, settings contradict each other, or nothing is left to design.
    """
    read = read_options(options, protein)
    all_ties = join_ties([read.ties, *([ties] if ties else [])], len(protein))
    notes = list(all_ties.notes)
    able = (protein.atom37_mask[:, BACKBONE] > 0).all(1) & (protein.aatype < UNKNOWN)
    designed = _chosen(read, able, protein, notes)
    designed, groups = _settle_ties(all_ties, designed, able, read.fix, protein, notes)
    if not designed.any():
        raise InputError("nothing is left to design; see what is fixed and tied", record=protein.name or None)
    allowed = _allowed(read, designed, groups, protein, notes)
    bias = _bias(read, designed, groups, protein, notes)
    return Constraints(
        designed=designed,
        types=protein.aatype.astype(np.int64),
        allowed=allowed,
        bias=bias,
        groups=groups,
        weights=_shares(np.where(able | ~designed, all_ties.weights, 0.0), groups, protein),
        names=residue_names(protein),
        notes=tuple(notes),
    )


def _chosen(read: ReadOptions, able: np.ndarray, protein: Protein, notes: list[str]) -> Bool[np.ndarray, " N_res"]:
    """Residues to design, before ties."""
    chosen = read.region.copy()
    chosen[read.fix] = False
    if read.design is not None:
        rows = read.design.rows
        if len(both := np.intersect1d(rows, read.fix)):
            _refuse(f"{format_rows(both, protein)} is to be designed and to be fixed; take it out of one of the two", protein)
        if len(outside := rows[~read.region[rows]]):
            _refuse(
                f"{format_rows(outside, protein)} is to be designed, but its chain is not among the chains to design; add it",
                protein,
            )
        if len(unable := read.design.named[~able[read.design.named]]):
            _refuse(f"{format_rows(unable, protein)} cannot be designed: {_reason(int(unable[0]), protein)}; leave it out", protein)
        chosen = np.isin(np.arange(len(protein)), rows)
    if (left := chosen & ~able).any():
        notes.append(f"not designed, for want of N, CA, C, O or a known type: {format_rows(np.flatnonzero(left), protein)}")
    return chosen & able


def _settle_ties(
    ties: Ties, designed: np.ndarray, able: np.ndarray, fix: np.ndarray, protein: Protein, notes: list[str]
) -> tuple[Bool[np.ndarray, " N_res"], Int[np.ndarray, " N_res"]]:
    """What is designed in the end, and the groups of residues that are."""
    designed, labels = designed.copy(), ties.groups
    fixed = np.isin(np.arange(len(protein)), fix)
    kept: list[int] = []
    joined: list[int] = []
    followers: list[int] = []
    unequal: list[int] = []
    order = np.argsort(labels, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        if len(rows) < 2:
            continue
        if not designed[rows].any():
            if len(set(protein.aatype[rows].tolist())) > 1:
                unequal += rows.tolist()
        elif fixed[rows].any():
            _check_agreement(rows[able[rows] | fixed[rows]], fixed, protein)
            kept += rows[designed[rows]].tolist()
            designed[rows] = False
        else:
            joined += rows[able[rows] & ~designed[rows]].tolist()
            followers += rows[~able[rows]].tolist()
            designed[rows] = True
    for found, text in (
        (kept, "not designed, because tied to fixed residues"),
        (joined, "designed, too, because tied to residues that are"),
        (followers, "without a complete backbone or known type, and given the type of residues they are tied to"),
        (unequal, "tied and not designed, but of different types, which they keep"),
    ):
        if found:
            notes.append(f"{text}: {format_rows(found, protein)}")
    return designed, number_groups(np.where(designed, labels, len(protein) + np.arange(len(protein))))


def _check_agreement(rows: np.ndarray, fixed: np.ndarray, protein: Protein) -> None:
    first = rows[fixed[rows]][0]
    for row in rows[protein.aatype[rows] != protein.aatype[first]]:
        letters, names = RESIDUES + "X", residue_names(protein)
        _refuse(
            f"{names[first]} is fixed as {letters[protein.aatype[first]]}, but {names[row]}, tied to it, is {letters[protein.aatype[row]]};"
            " design both, untie them, or make their types equal",
            protein,
        )


def _allowed(
    read: ReadOptions, designed: np.ndarray, groups: np.ndarray, protein: Protein, notes: list[str]
) -> Bool[np.ndarray, "N_res 20"]:
    letters, kept = RESIDUES + "X", np.flatnonzero(~designed & (protein.aatype < UNKNOWN))
    for row in kept[read.exclude_at[kept, protein.aatype[kept]]][:1]:
        name, letter = residue_names(protein)[row], letters[protein.aatype[row]]
        _refuse(
            f"exclude_at: {name} is {letter} and is not designed, so that {letter} cannot be excluded there; design it", protein
        )
    of_designed_chains = np.isin(protein.chain_index, np.unique(protein.chain_index[designed]))
    if (with_excluded := kept[np.isin(protein.aatype[kept], read.exclude) & of_designed_chains[kept]]).size:
        notes.append(f"of an excluded type, kept because not designed: {format_rows(with_excluded, protein)}")
    allowed = ~read.exclude_at
    allowed[:, read.exclude] = False
    of_group = np.ones((groups.max() + 1, NUM_TYPES), dtype=bool)
    np.logical_and.at(of_group, groups, allowed | ~designed[:, None])
    if len(stuck := np.flatnonzero(~of_group[groups].any(1))):
        _refuse(f"every type is excluded at {format_rows(stuck, protein)}; leave one", protein)
    return of_group[groups]


def _bias(
    read: ReadOptions, designed: np.ndarray, groups: np.ndarray, protein: Protein, notes: list[str]
) -> Float[np.ndarray, "N_res 20"]:
    given = ~np.isnan(read.bias_at)
    if (idle := np.flatnonzero(given.any(1) & ~designed)).size:
        notes.append(f"a bias without effect, at residues that are not designed: {format_rows(idle, protein)}")
    low, high = (np.full((groups.max() + 1, NUM_TYPES), np.nan) for _ in range(2))
    np.fmin.at(low, groups, read.bias_at)
    np.fmax.at(high, groups, read.bias_at)
    for row, code in np.argwhere((low < high)[groups])[:1]:
        _refuse(
            f"bias_at: {format_rows(np.flatnonzero(groups == groups[row]), protein)} are tied, but the bias of {RESIDUES[code]} is"
            f" {low[groups[row], code]:g} and {high[groups[row], code]:g}; give one",
            protein,
        )
    return np.where(designed[:, None], read.bias + np.nan_to_num(low)[groups], 0.0)


def _shares(weights: np.ndarray, groups: np.ndarray, protein: Protein) -> Float[np.ndarray, " N_res"]:
    """Weights whose absolute values add up to 1 in each group; a residue alone has 1."""
    alone = np.bincount(groups)[groups] == 1
    weights = np.where(alone, 1.0, weights)
    best = np.full(groups.max() + 1, -np.inf)
    np.maximum.at(best, groups, weights)
    if len(without := np.flatnonzero(best[groups] <= 0)):
        _refuse(
            f"{format_rows(without, protein)}: of tied residues one at least needs a positive weight and a complete backbone",
            protein,
        )
    return weights / np.bincount(groups, np.abs(weights))[groups]


def _reason(row: int, protein: Protein) -> str:
    missing = [ATOM37_NAMES[slot] for slot in BACKBONE if protein.atom37_mask[row, slot] == 0]
    return f"it has no {', '.join(missing)}" if missing else "its type is unknown"


def _refuse(problem: str, protein: Protein) -> None:
    raise InputError(problem, record=protein.name or None)
