"""A multiple sequence alignment against a query, as arrays."""

from dataclasses import dataclass

import numpy as np

from protfold.typing import Int


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
