"""Residues named as people name them, in author numbers: the one addressing of every constraint.

=================  ==========================================================================================================
`A10`              residue 10 of chain A; `A-3` has a negative number
`A52A`             with an insertion code; `A52` is the residue without one
`A10-20`           every residue of chain A that exists from 10 to 20; also `A10-A20`, `A-3-5`, `A10A-12`. Both ends must exist
`A`                the whole chain
`AB:10-20`         a chain name of several characters, or one that ends in a digit; the colon is allowed for every name
`AB:`              such a chain as a whole, should `AB` alone be readable in two ways
`10-20`            where the structure has one chain and no item of the list names it
=================  ==========================================================================================================

A list is joined by commas, semicolons or blanks. Within a chain residues are in the order of their numbers, those of equal number (with
different insertion codes) in the order of the file. What can be read in two ways is an error, never a guess.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.typing import Int

_DASHES = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212", "------")  # what a text processor makes of a hyphen
_PLACE = "(-?[0-9]+)([A-Za-z]?)"
_LARGEST = 1e9
_Chains = Mapping[str, Int[np.ndarray, " N_chain"]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ResidueSelection:
    """Some residues of a structure.

    Attributes:
        rows: the residues, ascending, each once.
        named: those of them that stand in the text themselves, alone or as the end of a range.
    """

    rows: Int[np.ndarray, " N_selected"]
    named: Int[np.ndarray, " N_named"]


def select_residues(text: str, protein: Protein) -> ResidueSelection:
    """The residues of a list.

    Raises:
        InputError: an item cannot be read, can be read in two ways, names a chain or residue that is not there, or a range is reversed;
            or the list is empty.
    """
    items = split_items(text)
    if not items:
        raise InputError("no residue is named; write A10, A10-20 or a whole chain A", record=protein.name or None)
    chains = rows_by_chain(protein)
    bare = [_is_bare(item, chains) for item in items]
    if any(bare) and not all(bare):
        raise InputError(f"{items[bare.index(True)]!r} names no chain, others of the list do; name it everywhere, as in A10-20")
    found = [_select_item(item, protein, chains) for item in items]
    rows, named = (np.unique(np.concatenate([part[which] for part in found])) for which in (0, 1))
    return ResidueSelection(rows=rows, named=named)


def select_range(text: str, protein: Protein) -> Int[np.ndarray, " N_selected"]:
    """The residues of one item, residue, range or chain, in the order of their numbers; errors as `select_residues`."""
    items = split_items(text)
    if len(items) != 1:
        raise InputError(f"{text.strip()!r} is not one residue, range or chain", record=protein.name or None)
    return _select_item(items[0], protein, rows_by_chain(protein))[0]


def select_chains(text: str, protein: Protein) -> tuple[str, ...]:
    """Chain names of a list, each once.

    Raises:
        InputError: a chain is not there, or the list is empty.
    """
    names = tuple(dict.fromkeys(split_items(text)))
    present = rows_by_chain(protein)
    if unknown := [name for name in names if name not in present]:
        raise InputError(f"there is no chain {unknown[0]} ({_described(protein, present)})", record=protein.name or None)
    if not names:
        raise InputError(f"no chain is named ({_described(protein, present)})", record=protein.name or None)
    return names


def split_items(text: str) -> list[str]:
    """The items of a list."""
    joined = re.sub(r"\s+-\s+", "-", text.translate(_DASHES))
    return [item for item in re.split(r"[,;\s]+", joined) if item]


def rows_by_chain(protein: Protein) -> dict[str, Int[np.ndarray, " N_chain"]]:
    """Residues of each chain by name, in the order of their numbers, those of equal number as in the file."""
    found: dict[str, np.ndarray] = {}
    for chain in dict.fromkeys(protein.chain_index.tolist()):
        own = np.flatnonzero(protein.chain_index == chain)
        found[protein.chain_ids[chain]] = np.concatenate([found.get(protein.chain_ids[chain], own[:0]), own])
    return {name: rows[np.argsort(protein.residue_index[rows], kind="stable")] for name, rows in found.items()}


def format_rows(rows: Iterable[int] | np.ndarray, protein: Protein) -> str:
    """The shortest list that names exactly these residues, chain by chain; what `select_residues` reads."""
    wanted = np.zeros(len(protein), dtype=bool)
    wanted[np.asarray(list(rows), dtype=np.int64)] = True
    items = []
    chains = rows_by_chain(protein)
    for chain, members in chains.items():
        chosen = wanted[members]
        if chosen.all():
            items.append(_spelled(chain, "", chains))
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
        for first, end in edges.reshape(-1, 2).tolist():
            ends = [_place(members[place], protein) for place in dict.fromkeys((first, end - 1))]
            items.append(_spelled(chain, "-".join(ends), chains))
    return ",".join(items)


def residue_names(protein: Protein) -> tuple[str, ...]:
    """Every residue as a user writes it, such as `A52A`."""
    chains = rows_by_chain(protein)
    owners = [protein.chain_ids[chain] for chain in protein.chain_index]
    return tuple(_spelled(chain, _place(row, protein), chains) for row, chain in enumerate(owners))


def _select_item(item: str, protein: Protein, chains: _Chains) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of numbers, and those that are named."""
    chain, rest = _read_item(item, protein, chains)
    members = chains[chain]
    if not rest:
        return members, members[:0]
    places = _pattern(chain).fullmatch(rest)
    assert places is not None
    number, code, last_number, last_code = places.groups()
    found = _positions(chain, number, code, protein, chains)
    if last_number is None:
        return members[found], members[found]
    first, last = found[0], _positions(chain, last_number, last_code, protein, chains)[-1]
    if last < first:
        ends = _place(members[first], protein), _place(members[last], protein)
        raise InputError(f"{item!r} is reversed: {ends[0]} comes after {ends[1]}", record=protein.name or None)
    return members[first : last + 1], members[[first, last]]


def _positions(chain: str, number: str, code: str, protein: Protein, chains: _Chains) -> np.ndarray:
    """Where a residue is among those of its chain."""
    members = chains[chain]
    away = np.abs(protein.residue_index[members].astype(np.float64) - np.clip(float(number), -_LARGEST, _LARGEST))
    codes = protein.insertion_codes
    found = [place for place in np.flatnonzero(away == 0).tolist() if str(codes[members[place]]).strip() == code]
    if found:
        return np.array(found, dtype=np.int64)
    near = np.flatnonzero(away == away.min()).tolist()
    nearest = members[min(near, key=lambda place: abs(ord(str(codes[members[place]]).strip() or "@") - ord(code or "@")))]
    raise InputError(
        f"there is no residue {_spelled(chain, number + code, chains)}; the nearest is"
        f" {_spelled(chain, _place(nearest, protein), chains)} ({_described(protein, chains)})",
        record=protein.name or None,
    )


def _read_item(item: str, protein: Protein, chains: _Chains) -> tuple[str, str]:
    readings = _readings(item, chains)
    if len(readings) == 1:
        return readings[0]
    if readings:
        problem = f"can be read in several ways; write {' or '.join(f'{chain}:{rest}' for chain, rest in readings)}"
    elif re.fullmatch(f"{_PLACE}(-{_PLACE})?", item):
        problem = f"names no chain; write it as in {next(iter(chains))}:{item}"
    elif (chain := re.match("([^:]+):|([^:0-9-]+)", item)) and (chain[1] or chain[2]) not in chains:
        problem = f"names chain {chain[1] or chain[2]}, which is not there"
    else:
        problem = "cannot be read; write A10, A52A, A10-20 (within one chain), a whole chain A, or chain:10-20"
    raise InputError(f"{item!r} {problem} ({_described(protein, chains)})", record=protein.name or None)


def _readings(item: str, chains: Iterable[str]) -> list[tuple[str, str]]:
    """Every way to take an item apart into the name of a chain and a place in it, which may be empty."""
    names = list(chains)
    found = [
        (chain, item[len(prefix) :])
        for chain in names
        for prefix in (chain, f"{chain}:")
        if item and item.startswith(prefix) and (item == prefix or _pattern(chain).fullmatch(item[len(prefix) :]))
    ]
    if len(names) == 1 and _pattern(names[0]).fullmatch(item):
        found.append((names[0], item))
    return list(dict.fromkeys(found))


def _is_bare(item: str, chains: _Chains) -> bool:
    """Whether an item names no chain, but may."""
    readings = _readings(item, chains)
    return len(readings) == 1 and readings[0][1] == item


def _pattern(chain: str) -> re.Pattern[str]:
    """One place, or two with the chain perhaps named again; without a colon the end of a name with digits could not be seen."""
    again = f"(?:{re.escape(chain)}:{'?' if chain.isalpha() else ''})?" if chain else ""
    return re.compile(f"{_PLACE}(?:-{again}{_PLACE})?")


def _spelled(chain: str, place: str, chains: Iterable[str]) -> str:
    """With a colon where the name is long or the text could be read otherwise."""
    is_plain = (len(chain) == 1 and not chain.isdigit()) or not place
    return chain + place if is_plain and len(_readings(chain + place, chains)) == 1 else f"{chain}:{place}"


def _place(row: int | np.integer, protein: Protein) -> str:
    return f"{protein.residue_index[row]}{str(protein.insertion_codes[row]).strip()}"


def _described(protein: Protein, chains: _Chains) -> str:
    """Chains and their first and last residues."""
    parts = [f"{chain} from {_place(rows[0], protein)} to {_place(rows[-1], protein)}" for chain, rows in chains.items()]
    return f"chain {', '.join(parts[:6])}{', ...' if len(parts) > 6 else ''}"
