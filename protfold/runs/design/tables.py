"""Tables of a design run: one row a sequence, and one row a residue. `docs/design.md` says what every column means."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from protfold.constants.residues import RESIDUES
from protfold.runs.design.result import DesignResult
from protfold.runs.json_numbers import json_number

_ALPHABET = "".join(sorted(RESIDUES))
_DESIGN_COLUMNS = [
    *("rank", "samples", "count", "sequence", "score", "global_score", "seq_recovery", "similarity_recovery", "converged"),
    *("iterations", "identity_to_next", "sc_tm", "sc_rmsd", "mean_plddt", "refold_rank"),
]
POSITION_COLUMNS = [
    *("state", "chain", "residue_number", "insertion_code", "native", "rank_1", "role", "entropy"),
    *(f"p_{letter}" for letter in _ALPHABET),
]


def design_columns(result: DesignResult) -> list[str]:
    """Columns of `designs.csv`."""
    further = [f"sequence_{state}" for state in range(2, len(result.backbone.states) + 1)]
    return [*_DESIGN_COLUMNS[:4], *further, *_DESIGN_COLUMNS[4:]]


def design_rows(result: DesignResult) -> Iterator[list[Any]]:
    """Rows of `designs.csv`; None where there is no value."""
    for one in result.designs:
        folded = one.refolding if one.refolding is not None and one.refolding.protein is not None else None
        yield [
            one.rank,
            " ".join(map(str, one.samples)),
            one.count,
            *one.state_sequences,
            *map(json_number, (one.score, one.global_score, one.recovery, one.similarity)),
            one.converged,
            one.iterations,
            None if one.identity_to_next is None else json_number(one.identity_to_next),
            *([json_number(folded.sc_tm), json_number(folded.sc_rmsd), json_number(folded.mean_plddt)] if folded else [None] * 3),
            one.refold_rank,
        ]


def position_rows(result: DesignResult) -> Iterator[list[Any]]:
    """Rows of `per_position.csv`: the mean over samples of the probabilities each residue has in the environment that a sample gives it."""
    backbone, letters = result.backbone, RESIDUES + "X"
    mean = np.mean([np.exp(one.log_probabilities) for one in result.search.designs], axis=0)
    entropy = -(mean * np.log(np.maximum(mean, 1e-300))).sum(-1)
    in_order = mean[:, [RESIDUES.index(letter) for letter in _ALPHABET]]
    complete = backbone.complete
    for state, protein in enumerate(backbone.states):
        for own, row in enumerate(backbone.rows(state).tolist()):
            numbers = [entropy[row], *in_order[row]] if complete[row] else []
            yield [
                state + 1,
                protein.chain_ids[protein.chain_index[own]],
                int(protein.residue_index[own]),
                str(protein.insertion_codes[own]).strip(),
                letters[backbone.native[row]],
                letters[result.designs[0].types[row]],
                "designed" if backbone.constraints.designed[row] else "fixed",
                *map(json_number, numbers),
                *([None] * (0 if numbers else 1 + len(_ALPHABET))),
            ]


def table_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header; empty cells for None."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
