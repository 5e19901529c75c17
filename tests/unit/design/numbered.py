"""Backbones whose residues have the numbers that a test asks for."""

from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from tests.unit.io.proteins import make_protein


def numbered(chains: dict[str, str], sequence: str | None = None) -> Protein:
    """Chains by name, each with its residues as in `"-1 0 1 52 52A"`; alanines unless a sequence such as `ACD:EF` is given."""
    places = [residues.split() for residues in chains.values()]
    protein = make_protein(sequence or ":".join("A" * len(own) for own in places))
    flat = [place for own in places for place in own]
    codes = [place[-1] if place[-1].isalpha() else " " for place in flat]
    return replace(
        protein,
        residue_index=np.array([int(place.rstrip("ABCDEFGH")) for place in flat]),
        insertion_codes=np.array(codes),
        chain_ids=tuple(chains),
        name="",
    )


def counted(first: int, last: int) -> str:
    """The numbers of a chain without gaps."""
    return " ".join(map(str, range(first, last + 1)))


def without(protein: Protein, row: int, atom: str) -> Protein:
    """The structure with one atom less."""
    mask = protein.atom37_mask.copy()
    mask[row, ATOM37_INDEX[atom]] = 0
    return replace(protein, atom37_mask=mask)
