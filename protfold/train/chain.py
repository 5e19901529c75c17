"""`Chain`: one chain to learn from or to be measured on. Å."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.entities import Msa, Protein
from protfold.metrics.contacts import pseudo_beta
from protfold.typing import Bool, Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chain:
    """One chain with what was observed of it, or with what a prediction is sure of.

    Atoms of a prediction's unsure residues are absent, and its resolution is 0; so structure losses pass over such residues, and
    the losses of confidence, which learn from known resolutions only, over such chains (Jumper et al. 2021, Suppl. 1.3).

    Attributes:
        id: unique in its store.
        split: train, valid or test.
        cluster: sequence cluster; its chains share one weight in sampling.
        resolution: Å; 0 where unknown.
        aatype: residue codes 0-20.
        residue_index: numbers that grow by one along the chain and by more over a break.
        atom37_positions: Å, zeros where absent.
        atom37_mask: 1 where the atom was observed.
        b_factors: mean over the observed ones of N, CA, C and O, Å²; 0 where none was, and in all of a chain of which none is known.
        msa: its alignment, row 0 its own residues; None for a chain without.
    """

    id: str
    split: str
    cluster: str
    resolution: float
    aatype: Int[np.ndarray, " N_res"]
    residue_index: Int[np.ndarray, " N_res"]
    atom37_positions: Float[np.ndarray, "N_res 37 3"]
    atom37_mask: Float[np.ndarray, "N_res 37"]
    b_factors: Float[np.ndarray, " N_res"]
    msa: Msa | None = None

    def __len__(self) -> int:
        return len(self.aatype)

    @property
    def backbone_only(self) -> bool:
        """Whether no residue has an atom beyond N, CA, C, O and CB."""
        return not np.delete(self.atom37_mask, [*BACKBONE, ATOM37_INDEX["CB"], ATOM37_INDEX["OXT"]], axis=1).any()

    def pseudo_beta(self) -> tuple[Float[np.ndarray, "N_res 3"], Bool[np.ndarray, " N_res"]]:
        """CB of each residue, CA of glycine, and whether it was observed."""
        return pseudo_beta(self.aatype, self.atom37_positions, self.atom37_mask)

    def protein(self) -> Protein:
        """The chain as a structure of one chain A, without B-factors."""
        return Protein(
            atom37_positions=self.atom37_positions,
            atom37_mask=self.atom37_mask,
            aatype=self.aatype,
            residue_index=self.residue_index,
            insertion_codes=np.full(len(self), " "),
            chain_index=np.zeros(len(self), dtype=np.int32),
            chain_ids=("A",),
            b_factors=np.zeros_like(self.atom37_mask),
            name=self.id,
        )

    def query(self) -> Msa:
        """The sequence alone, as an alignment of one row."""
        return Msa(
            residues=self.aatype[None].astype(np.int8),
            deletions=np.zeros((1, len(self)), dtype=np.int32),
            descriptions=(self.id,),
            source=self.id,
        )
