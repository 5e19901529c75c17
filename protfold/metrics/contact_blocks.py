"""Contacts between two elements of secondary structure as one box of the contact map, for `metrics.detection`."""

from dataclasses import dataclass

import numpy as np

from protfold.entities.protein import Protein
from protfold.metrics.contacts import SHORT_RANGE, contacts, pseudo_beta
from protfold.metrics.detection import TrueBoxes
from protfold.metrics.secondary_structure import secondary_structure, three_states
from protfold.typing import Bool, Int

MIN_RESIDUES = {"H": 4, "E": 2}
"""Residues of a helix and of a strand; shorter ones are no elements."""
MIN_CONTACTS = 3
"""Contacts of a block."""
BLOCK_AREA_EDGES = (15.0, 32.0)
"""Pairs of residues; a third of the 1,755 blocks of 120 chains was smaller, and a third larger: in the place of `detection.AREA_EDGES`."""
BLOCKS = ("HH", "EH", "EE")
"""Classes of blocks by their two elements; labels are places here."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """A helix or strand.

    Attributes:
        state: H or E.
        start, end: its first residue and the one after its last.
    """

    state: str
    start: int
    end: int


def elements(states: str, residue_index: Int[np.ndarray, " N_res"]) -> list[Element]:
    """Unbroken runs of helix and strand in the order of the sequence.

    Args:
        states: of `metrics.secondary_structure`, eight or three.
        residue_index: numbers that grow by one along the chain and by more over a break.
    """
    reduced = three_states(states)
    ends = [
        place
        for place in range(1, len(reduced) + 1)
        if place == len(reduced) or reduced[place] != reduced[place - 1] or residue_index[place] != residue_index[place - 1] + 1
    ]
    runs = [Element(state=reduced[start], start=start, end=end) for start, end in zip([0, *ends], ends, strict=False)]
    return [run for run in runs if run.end - run.start >= MIN_RESIDUES.get(run.state, len(reduced) + 1)]


def blocks_of_contacts(
    found: list[Element], contact_map: Bool[np.ndarray, "N_res N_res"], residue_index: Int[np.ndarray, " N_res"]
) -> TrueBoxes:
    """The least box, above the diagonal, that holds all contacts of two elements, where there are `MIN_CONTACTS`.

    Args:
        found: elements in the order of the sequence.
        contact_map: symmetric.
        residue_index: contacts nearer than `SHORT_RANGE` along it do not count.
    """
    boxes, labels = [], []
    apart = np.abs(residue_index[None] - residue_index[:, None]) >= SHORT_RANGE
    for place, first in enumerate(found):
        for second in found[place + 1 :]:
            rows, columns = np.nonzero((contact_map & apart)[first.start : first.end, second.start : second.end])
            if len(rows) >= MIN_CONTACTS:
                rows, columns = rows + first.start, columns + second.start
                boxes.append([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
                labels.append(BLOCKS.index("".join(sorted(first.state + second.state))))
    return TrueBoxes(boxes=np.array(boxes, dtype=np.float64).reshape(-1, 4), labels=np.array(labels, dtype=np.int64))


def contact_blocks(protein: Protein) -> TrueBoxes:
    """Blocks of the contacts (pseudo-beta atoms nearer than 8 Å) of one chain; residues without that atom have none."""
    points, known = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
    contact_map = contacts(points) & known[:, None] & known[None]
    found = elements(secondary_structure(protein), protein.residue_index)
    return blocks_of_contacts(found, contact_map, protein.residue_index)
