"""Which residue of a model stands for which residue of a reference structure."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from protfold.entities.protein import Protein
from protfold.errors import InputError
from protfold.metrics.chain_pairing import MIN_IDENTITY, ChainPair, pair_chains
from protfold.typing import Int

MATCHES = ("auto", "number", "sequence")
MIN_AGREEMENT = 0.9
"""Share of residues of equal type from which a match by number is taken without looking further."""
MIN_COVERAGE = 0.5
"""Share of the residues of the smaller structure that such a match must cover."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Correspondence:
    """Pairs of residues, in the order of the reference.

    Attributes:
        model_rows, reference_rows: residues of both.
        matched_by: "number" or "sequence".
        reason: why this way, in words.
        chains: names of the chains of model and reference that were paired.
        num_identical: pairs of equal residue type.
        warnings: what a reader of a measure over these pairs should know.
    """

    model_rows: Int[np.ndarray, " N_pairs"]
    reference_rows: Int[np.ndarray, " N_pairs"]
    matched_by: Literal["number", "sequence"]
    reason: str
    chains: tuple[tuple[str, str], ...]
    num_identical: int
    warnings: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.model_rows)


def match_residues(model: Protein, reference: Protein, *, match: str = "auto") -> Correspondence:
    """Residues of equal chain, number and insertion code, or residues that an alignment of the sequences puts together.

    With `"auto"` the numbers decide if at least nine of ten pairs are of equal type and half of the smaller structure has a partner; else
    whichever of the two ways brings more residues of equal type together. Chain names do not count where both structures have one chain.

    Args:
        model, reference: the structures.
        match: one of `MATCHES`.

    Raises:
        InputError: nothing matches; the message says why.
    """
    if match not in MATCHES:
        raise InputError(f"match={match!r} is none of {', '.join(MATCHES)}")
    by_number = _pairs_by_number(model, reference)
    same = _num_identical(model, reference, *by_number)
    if match == "number" or (match == "auto" and _is_clear(same, len(by_number[0]), min(len(model), len(reference)))):
        if not len(by_number[0]):
            raise InputError(
                "no residue has chain, number and insertion code of one of the reference"
                f" ({_described(model)}; {_described(reference)}); match by sequence instead",
                record=model.name or None,
            )
        reason = "asked for" if match == "number" else f"{same} of {len(by_number[0])} residues of equal number are of equal type"
        return _correspondence(model, reference, *by_number, same, "number", reason)
    pairs = pair_chains(model, reference)
    by_sequence = _pairs_of_chains(pairs, model, reference)
    aligned = _num_identical(model, reference, *by_sequence)
    if match == "auto" and same >= aligned and len(by_number[0]):
        return _correspondence(
            model,
            reference,
            *by_number,
            same,
            "number",
            f"it pairs {same} residues of equal type, an alignment of sequences {aligned}",
        )
    if not pairs:
        raise InputError(
            f"no chain of the model has a sequence like one of the reference, that is {100 * MIN_IDENTITY:.0f} % of aligned residues"
            f" ({_described(model)}; {_described(reference)}); number the residues alike and match by number",
            record=model.name or None,
        )
    reason = "asked for" if match == "sequence" else f"it pairs {aligned} residues of equal type, equal numbers {same}"
    return _correspondence(model, reference, *by_sequence, aligned, "sequence", reason)


def _pairs_by_number(model: Protein, reference: Protein) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """Rows of both; of residues numbered alike within one structure the first one counts."""
    ignore_chain = len(np.unique(model.chain_index)) == len(np.unique(reference.chain_index)) == 1
    keys, wanted = (_keys(one, ignore_chain=ignore_chain) for one in (model, reference))
    common = [(keys[key], row) for key, row in wanted.items() if key in keys]
    first, second = np.array(common, dtype=np.int64).reshape(-1, 2).T
    return first, second


def _keys(protein: Protein, *, ignore_chain: bool) -> dict[tuple[str, int, str], int]:
    names = [""] * len(protein.chain_ids) if ignore_chain else protein.chain_ids
    rows: dict[tuple[str, int, str], int] = {}
    for row, (chain, number, code) in enumerate(
        zip(protein.chain_index.tolist(), protein.residue_index.tolist(), protein.insertion_codes.tolist(), strict=True)
    ):
        rows.setdefault((names[chain], number, code.strip()), row)
    return rows


def _pairs_of_chains(
    pairs: list[ChainPair], model: Protein, reference: Protein
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    if not pairs:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    own, true = (np.concatenate([getattr(pair, rows) for pair in pairs]) for rows in ("model_rows", "reference_rows"))
    order = np.argsort(true, kind="stable")
    return own[order], true[order]


def _num_identical(model: Protein, reference: Protein, own: np.ndarray, true: np.ndarray) -> int:
    return int((model.aatype[own] == reference.aatype[true]).sum())


def _is_clear(num_identical: int, num_pairs: int, num_residues: int) -> bool:
    return num_pairs > 0 and num_identical >= MIN_AGREEMENT * num_pairs and num_pairs >= MIN_COVERAGE * num_residues


def _correspondence(
    model: Protein,
    reference: Protein,
    own: np.ndarray,
    true: np.ndarray,
    num_identical: int,
    matched_by: Literal["number", "sequence"],
    reason: str,
) -> Correspondence:
    names = list(
        zip(
            (model.chain_ids[chain] for chain in model.chain_index[own]),
            (reference.chain_ids[c] for c in reference.chain_index[true]),
            strict=True,
        )
    )
    chains = tuple(dict.fromkeys(names))
    notes = [
        (
            any(first != second for first, second in chains),
            "chains of different names are compared: " + ", ".join("/".join(pair) for pair in chains),
        ),
        (
            len(own) < len(reference),
            f"{len(reference) - len(own)} of {len(reference)} residues of the reference have no partner in the model",
        ),
        (len(own) < len(model), f"{len(model) - len(own)} of {len(model)} residues of the model have no partner in the reference"),
        (num_identical < len(own), f"{len(own) - num_identical} of {len(own)} pairs are of different residue types"),
    ]
    return Correspondence(
        model_rows=own,
        reference_rows=true,
        matched_by=matched_by,
        reason=reason,
        chains=chains,
        num_identical=num_identical,
        warnings=tuple(text for applies, text in notes if applies),
    )


def _described(protein: Protein) -> str:
    """Name, chains and numbers of a structure for a message."""
    chains = [
        f"{protein.chain_ids[chain]} {protein.residue_index[rows].min()}-{protein.residue_index[rows].max()}"
        for chain in np.unique(protein.chain_index)
        for rows in [np.flatnonzero(protein.chain_index == chain)]
    ]
    return f"{protein.name or 'structure'}: chain {', '.join(chains[:4])}{', ...' if len(chains) > 4 else ''}"
