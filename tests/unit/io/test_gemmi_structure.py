"""A `Protein` as a gemmi structure."""

from dataclasses import replace

import numpy as np

from protfold.io.gemmi_structure import entry_name, rows_with_atoms, to_gemmi
from tests.unit.io.proteins import make_protein


def test_interleaved_residues_are_gathered_by_chain() -> None:
    protein = make_protein("AG:WR")
    mixed = protein.select(np.array([0, 2, 1, 3]))
    chains = [(chain.name, [residue.name for residue in chain]) for chain in to_gemmi(mixed)[0]]
    assert chains == [("A", ["ALA", "GLY"]), ("B", ["TRP", "ARG"])]


def test_atoms_carry_element_position_and_b_factor() -> None:
    structure = to_gemmi(make_protein("M", b_factor=12.345))
    atoms = {atom.name: atom for atom in structure[0]["A"][0]}
    assert {name: atom.element.name for name, atom in atoms.items()} == {
        "N": "N", "CA": "C", "C": "C", "CB": "C", "O": "O", "CG": "C", "SD": "S", "CE": "C",
    }  # fmt: skip
    assert atoms["CA"].pos.tolist() == [3.0, 4.0, 5.0]
    assert {(round(atom.b_iso, 3), atom.occ) for atom in atoms.values()} in ({(12.35, 1.0)}, {(12.34, 1.0)})


def test_rows_and_names() -> None:
    protein = make_protein("AGA")
    mask = protein.atom37_mask.copy()
    mask[1] = 0
    assert rows_with_atoms(replace(protein, atom37_mask=mask)).tolist() == [0, 2]
    assert entry_name(replace(protein, name="a/b c.d-1")) == "a_b_c.d-1"
