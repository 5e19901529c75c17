"""A multiple sequence alignment against a query, as arrays."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.residues import GAP
from protfold.entities.card import card, shown, strip
from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Msa:
    """Aligned rows over the query's columns; row 0 is the query, without gaps.

    Attributes:
        residues: [N_rows, N_res] int8 codes of `constants.residues.MSA_ALPHABET` (`ARNDCQEGHILKMFPSTWYVX-`: 0-19, X = 20, gap = 21).
        deletions: [N_rows, N_res] int32, number of residues of that row inserted before the column (lower case in A3M).
        descriptions: header of each row without `>`; empty strings where the format has no names.
        source: where it came from, for messages and the manifest.
    """

    residues: Int[np.ndarray, "N_rows N_res"]
    deletions: Int[np.ndarray, "N_rows N_res"]
    descriptions: tuple[str, ...]
    source: str = ""

    def __post_init__(self) -> None:
        if self.residues.ndim != 2 or self.residues.shape != self.deletions.shape:
            raise ValueError(f"residues {self.residues.shape} and deletions {self.deletions.shape} must be equal [N_rows, N_res]")
        if len(self.descriptions) != len(self.residues):
            raise ValueError(f"{len(self.descriptions)} descriptions for {len(self.residues)} rows")
        if len(self.residues) == 0:
            raise ValueError("an alignment holds at least its query")

    @property
    def depth(self) -> int:
        """Number of rows, the query included."""
        return len(self.residues)

    @property
    def num_residues(self) -> int:
        """Number of query columns."""
        return self.residues.shape[1]

    @property
    def occupancy(self) -> Float[np.ndarray, " N_res"]:
        """Share of the rows that have a residue in each column, 0-1."""
        return np.asarray((self.residues != GAP).mean(axis=0))

    def __repr__(self) -> str:
        return f"Msa({shown(self.descriptions[0])!r}: {self.depth} rows, {self.num_residues} columns)"

    def _repr_html_(self) -> str:
        facts = {"size": f"{self.depth} rows (the query is the first) over {self.num_residues} columns"}
        if self.num_residues:
            same = ((self.residues == self.residues[0]) & (self.residues != GAP)).mean(axis=1)
            if self.depth > 1:
                others = 100.0 * same[1:]
                facts["identity to the query"] = (
                    f"{others.min():.0f} to {others.max():.0f} %, median {np.median(others):.0f} % of the query's columns"
                )
            facts["gaps"] = f"{100.0 * (1.0 - self.occupancy.mean()):.1f} % of all places"
        if self.source:
            facts["source"] = self.source
        pieces = []
        if self.num_residues:
            pieces.append(strip(self.occupancy, maximum=1.0, label="share of rows with a residue in each column, 0 to 100 %"))
        return card(f"Alignment of {self.descriptions[0] or 'a query without a name'}", facts, *pieces)
