"""Scores of given sequences on a backbone: whole, by chain and by residue. Nats; lower is better."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from protfold.constants.residues import RESIDUES, UNKNOWN, encode
from protfold.design.designer import Designer
from protfold.design.scored_sequence import ScoredSequence
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import read_text, split_records, write_atomically
from protfold.runs.design.backbones import chain_sequences
from protfold.runs.design.tables import table_text
from protfold.runs.json_numbers import json_number
from protfold.typing import Bool, Int

NATIVE = "native"
WHOLE_COLUMNS = ("name", "score", "perplexity", "identity", "num_scored")
CHAIN_COLUMNS = ("name", "chain", "score", "perplexity", "identity", "num_scored")
RESIDUE_COLUMNS = ("name", "chain", "residue_number", "insertion_code", "native", "type", "score", "probability")
_LETTERS = RESIDUES + "X"


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenSequence:
    """A record of a FASTA file.

    Attributes:
        name: its header.
        chains: its residues, chain by chain.
        line: of its header, from 1.
    """

    name: str
    chains: tuple[str, ...]
    line: int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SequenceScore:
    """A sequence on the whole backbone.

    Attributes:
        name: the record's header, or `native`.
        scored: its probabilities; residues count that have a backbone and a type.
        native: types of the native sequence.
    """

    name: str
    scored: ScoredSequence
    native: Int[np.ndarray, " N_res"]

    def numbers(self, rows: Bool[np.ndarray, " N_res"]) -> tuple[Any, ...]:
        """Score, perplexity, identity to the native sequence and number of residues, over some residues."""
        part = replace(self.scored, counted=rows)
        return json_number(part.score), json_number(part.perplexity), json_number(part.recovery(self.native)), int(rows.sum())


def read_given(path: str | Path) -> tuple[list[GivenSequence], tuple[str, ...]]:
    """The records of a FASTA file with chains joined by `/` or `:`, and the chains they are of where a header says so.

    That is `designed_chains=['A', 'B']`, as ProteinMPNN and `protfold design` write it. Names may be there several times.

    Raises:
        InputError: the file is no FASTA, or holds no sequence.
    """
    records = split_records(read_text(path), source=str(path))
    records.check_preamble((b";",), source=str(path))
    given = []
    for number, (header, body) in enumerate(zip(records.headers, records.bodies, strict=True)):
        residues = "".join(body.decode("utf-8", "replace").split()).upper()
        chains = tuple(re.split("[/:]", residues))
        given.append(GivenSequence(name=header.decode().strip(), chains=chains, line=records.line_of(number)))
    told = next((found[1] for one in given if (found := re.search(r"designed_chains=(\[[^\]]*\])", one.name))), "[]")
    try:
        names = tuple(map(str, ast.literal_eval(told)))
    except (ValueError, SyntaxError):
        names = ()
    return given, names


def given_types(one: GivenSequence, protein: Protein, chains: Sequence[str], *, file: object = None) -> Int[np.ndarray, " N_res"]:
    """Types of all residues: those given for some chains, the native ones elsewhere.

    Args:
        one: the record.
        protein: the backbone.
        chains: the chains its parts are of, in their order.
        file: for messages.

    Raises:
        InputError: another number of chains or residues, or a letter that is none of the 20; X is for residues of unknown type.
    """

    def refuse(problem: str) -> None:
        raise InputError(problem, file=file, line=one.line, record=one.name or None)

    if len(one.chains) != len(chains):
        refuse(
            f"{len(one.chains)} chains, but {len(chains)} are expected ({', '.join(chains)}); join them by / or :, or say --chains"
        )
    types = protein.aatype.astype(np.int64)
    for name, residues in zip(chains, one.chains, strict=True):
        rows = np.flatnonzero(protein.chain_index == protein.chain_ids.index(name))
        if len(residues) != len(rows):
            refuse(f"{len(residues)} residues for chain {name}, of which the backbone has {len(rows)}; give one letter for each")
        for place, (letter, row) in enumerate(zip(residues, rows, strict=True), start=1):
            if letter not in RESIDUES and not (letter == "X" and protein.aatype[row] >= UNKNOWN):
                refuse(f"{letter!r} at residue {place} of chain {name} is none of the 20 residues {''.join(sorted(RESIDUES))}")
        types[rows] = encode(residues)
    return types


def check_given(
    given: Sequence[GivenSequence], protein: Protein, chains: Sequence[str], *, file: object = None
) -> list[tuple[str, Int[np.ndarray, " N_res"]]]:
    """Name and types of every record; errors as of `given_types`.

    Args:
        given: the records.
        protein: the backbone.
        chains: that a record of as many parts is of; another, and any if this is empty, is of all chains of the backbone.
        file: for messages.

    Raises:
        InputError: as of `given_types`, or there is no such chain.
    """
    present = list(chain_sequences(protein, protein.aatype.astype(np.int64)))
    if missing := [name for name in chains if name not in present]:
        raise InputError(f"the backbone has no chain {missing[0]}; its chains are {', '.join(present)}; say --chains", file=file)
    return [
        (one.name, given_types(one, protein, chains if len(chains) == len(one.chains) else present, file=file)) for one in given
    ]


def score_sequences(
    designer: Designer, protein: Protein, sequences: Sequence[tuple[str, Int[np.ndarray, " N_res"]]]
) -> list[SequenceScore]:
    """The native sequence, then those given, each as a whole on the backbone."""
    native, encoded = protein.aatype.astype(np.int64), designer.encode(protein)
    return [SequenceScore(name=name, scored=encoded.score(types), native=native) for name, types in [(NATIVE, native), *sequences]]


def whole_row(one: SequenceScore) -> list[Any]:
    """Row of `scores.csv`."""
    return [one.name, *one.numbers(one.scored.counted)]


def chain_rows(one: SequenceScore, protein: Protein) -> Iterator[list[Any]]:
    """Rows of `chain_scores.csv`."""
    for chain in dict.fromkeys(protein.chain_index.tolist()):
        yield [one.name, protein.chain_ids[chain], *one.numbers(one.scored.counted & (protein.chain_index == chain))]


def residue_rows(one: SequenceScore, protein: Protein) -> Iterator[list[Any]]:
    """Rows of `residue_scores.csv`; no score where the backbone is incomplete or the type unknown."""
    values = one.scored.per_residue
    for row in range(len(protein)):
        numbers = [json_number(values[row]), json_number(np.exp(-values[row]))] if one.scored.counted[row] else [None, None]
        yield [
            one.name,
            protein.chain_ids[protein.chain_index[row]],
            int(protein.residue_index[row]),
            str(protein.insertion_codes[row]).strip(),
            _LETTERS[one.native[row]],
            _LETTERS[one.scored.types[row]],
            *numbers,
        ]


def scores_json(scores: Sequence[SequenceScore], protein: Protein) -> list[dict[str, Any]]:
    """Everything as plain data, one entry a sequence."""
    return [
        dict(zip(WHOLE_COLUMNS, whole_row(one), strict=True))
        | {"chains": [dict(zip(CHAIN_COLUMNS[1:], row[1:], strict=True)) for row in chain_rows(one, protein)]}
        | {"residues": [dict(zip(RESIDUE_COLUMNS[1:], row[1:], strict=True)) for row in residue_rows(one, protein)]}
        for one in scores
    ]


def save_scores(scores: Sequence[SequenceScore], protein: Protein, output: Path) -> None:
    """Write `scores.csv`, `chain_scores.csv` and `residue_scores.csv` into a folder that is there."""
    by_chain = (row for one in scores for row in chain_rows(one, protein))
    by_residue = (row for one in scores for row in residue_rows(one, protein))
    write_atomically(output / "scores.csv", table_text(WHOLE_COLUMNS, map(whole_row, scores)))
    write_atomically(output / "chain_scores.csv", table_text(CHAIN_COLUMNS, by_chain))
    write_atomically(output / "residue_scores.csv", table_text(RESIDUE_COLUMNS, by_residue))
