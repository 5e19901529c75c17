"""A `Protein` as a gemmi structure, ready to be written."""

import re

import gemmi
import numpy as np

from protfold.constants.atoms import ATOM37_NAMES
from protfold.constants.residues import RESIDUE_NAMES
from protfold.entities import Protein
from protfold.errors import InputError


def to_gemmi(protein: Protein) -> gemmi.Structure:
    """One model with every present atom at occupancy 1, coordinates to 0.001 Å; a residue without atoms does not appear.

    Raises:
        InputError: there is no atom, or one has a coordinate or B-factor that is no finite number.
    """
    rows = rows_with_atoms(protein)
    structure = gemmi.Structure()
    structure.name = entry_name(protein)
    model = gemmi.Model(1)
    for chain_index in dict.fromkeys(protein.chain_index[rows].tolist()):
        chain = gemmi.Chain(protein.chain_ids[chain_index])
        for row in rows[protein.chain_index[rows] == chain_index].tolist():
            chain.add_residue(_residue(protein, row))
        model.add_chain(chain)
    structure.add_model(model)
    structure.setup_entities()
    for entity in structure.entities:
        entity.full_sequence = [residue.name for residue in structure[0].get_subchain(entity.subchains[0])]
    structure.deduplicate_entities()
    structure.assign_label_seq_id()
    return structure


def entry_name(protein: Protein) -> str:
    """The structure's name with every character that a CIF block name may not hold made `_`."""
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", protein.name) or "protfold"


def rows_with_atoms(protein: Protein) -> np.ndarray:
    """Indices of the residues that have an atom; see `to_gemmi` for errors."""
    present = protein.atom37_mask > 0
    record = protein.name or None
    if not present.any():
        raise InputError("the structure has no atom to write", record=record)
    for what, values in (("coordinate", protein.atom37_positions), ("B-factor", protein.b_factors)):
        if not np.isfinite(values[present]).all():
            raise InputError(f"the structure has a {what} that is no finite number", record=record)
    return np.flatnonzero(present.any(axis=1))


def _residue(protein: Protein, row: int) -> gemmi.Residue:
    residue = gemmi.Residue()
    residue.name = RESIDUE_NAMES[protein.aatype[row]]
    residue.seqid = gemmi.SeqId(int(protein.residue_index[row]), str(protein.insertion_codes[row]) or " ")
    residue.entity_type = gemmi.EntityType.Polymer
    residue.het_flag = "A"
    for slot in np.flatnonzero(protein.atom37_mask[row] > 0).tolist():
        atom = gemmi.Atom()
        atom.name = ATOM37_NAMES[slot]
        atom.element = gemmi.Element(atom.name[0])
        atom.pos = gemmi.Position(*(round(float(x), 3) for x in protein.atom37_positions[row, slot]))
        atom.b_iso = round(float(protein.b_factors[row, slot]), 2)
        residue.add_atom(atom)
    return residue
