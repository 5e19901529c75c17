"""A protein structure, experimental or predicted, as arrays."""

from dataclasses import dataclass, replace

import numpy as np

from protfold.constants.residues import decode
from protfold.entities.card import card, shown
from protfold.typing import Float, Int, Shaped


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Protein:
    """Heavy atoms of one model in the atom37 layout; Å.

    Attributes:
        atom37_positions: [N_res, 37, 3] Å, zeros where the atom is absent.
        atom37_mask: [N_res, 37] 1 where the atom is present.
        aatype: [N_res] 0-19 in the order `ARNDCQEGHILKMFPSTWYV`, 20 for any other residue.
        residue_index: [N_res] author residue numbers.
        insertion_codes: [N_res] one character, a blank for none.
        chain_index: [N_res] index into `chain_ids`.
        chain_ids: author chain names in file order.
        b_factors: [N_res, 37] B-factors in Å², or pLDDT (0-100) of a prediction.
        name: identifier for messages and file headers.
    """

    atom37_positions: Float[np.ndarray, "N_res 37 3"]
    atom37_mask: Float[np.ndarray, "N_res 37"]
    aatype: Int[np.ndarray, " N_res"]
    residue_index: Int[np.ndarray, " N_res"]
    insertion_codes: Shaped[np.ndarray, " N_res"]
    chain_index: Int[np.ndarray, " N_res"]
    chain_ids: tuple[str, ...]
    b_factors: Float[np.ndarray, "N_res 37"]
    name: str = ""

    def __post_init__(self) -> None:
        num_residues = len(self.aatype)
        for field in ("atom37_positions", "atom37_mask", "residue_index", "insertion_codes", "chain_index", "b_factors"):
            if len(getattr(self, field)) != num_residues:
                raise ValueError(f"{field} has {len(getattr(self, field))} residues, aatype has {num_residues}")
        if num_residues and not 0 <= int(np.min(self.chain_index)) <= int(np.max(self.chain_index)) < len(self.chain_ids):
            raise ValueError(f"chain_index reaches outside the {len(self.chain_ids)} chain_ids")

    def __len__(self) -> int:
        return len(self.aatype)

    def __repr__(self) -> str:
        chains = f"chain {self.chain_ids[0]}" if len(self.chain_ids) == 1 else f"{len(self.chain_ids)} chains"
        return f"Protein({shown(self.name)!r}: {len(self)} residues, {int(self.atom37_mask.sum())} atoms, {shown(chains)})"

    def _repr_html_(self) -> str:
        facts = {"size": f"{len(self)} residues, {int(self.atom37_mask.sum())} heavy atoms"}
        for index, name in enumerate(self.chain_ids):
            rows = np.flatnonzero(self.chain_index == index)
            if not len(rows):
                continue
            first, last = (f"{self.residue_index[row]}{self.insertion_codes[row]}".strip() for row in rows[[0, -1]])
            facts[f"chain {name}"] = f"{len(rows)} residues, numbers {first} to {last}: {shown(decode(self.aatype[rows]), 300)}"
        if self.atom37_mask.any():
            values = self.b_factors[self.atom37_mask > 0]
            facts["B-factors"] = (
                f"{values.min():.1f} to {values.max():.1f} (pLDDT, 0-100, in a prediction; Å² in an experimental structure)"
            )
        return card(f"Protein {self.name}", facts)

    def select(self, residues: Shaped[np.ndarray, " N_selected"]) -> "Protein":
        """The residues of a boolean mask or index array, in that order; chain names are kept."""
        return replace(
            self,
            atom37_positions=self.atom37_positions[residues],
            atom37_mask=self.atom37_mask[residues],
            aatype=self.aatype[residues],
            residue_index=self.residue_index[residues],
            insertion_codes=self.insertion_codes[residues],
            chain_index=self.chain_index[residues],
            b_factors=self.b_factors[residues],
        )
