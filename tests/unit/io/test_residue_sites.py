"""Which residues are protein, and what they count as."""

from pathlib import Path

import pytest

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_NAMES
from protfold.constants.residues import RESIDUE_NAMES
from protfold.io import read_structure
from protfold.io.residue_sites import amino_acid_code
from tests.unit.io.pdb_text import atom_line, chain_lines, residue_lines


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        *((name, name) for name in RESIDUE_NAMES[:20]),
        ("MSE", "MET"),
        ("SEC", "CYS"),
        ("SEP", "SER"),
        ("TPO", "THR"),
        ("HYP", "PRO"),
        ("DAL", "ALA"),
        ("ASX", "ASP"),
        ("GLX", "GLU"),
        ("HIE", "HIS"),
        ("HSD", "HIS"),
        ("CYX", "CYS"),
        ("PYL", "UNK"),
        ("UNK", "UNK"),
        ("ZZZ", "UNK"),
    ],
)
def test_modified_residues_count_as_their_parent(name: str, parent: str) -> None:
    assert RESIDUE_NAMES[amino_acid_code(name)] == parent


@pytest.mark.parametrize(
    ("residue", "element_name", "read_as"), [("MSE", "SE", "SD"), ("SEC", "SE", "SG"), ("ILE", "CD", "CD1"), ("SEP", "OG", "OG")]
)
def test_atoms_get_the_parent_s_names(tmp_path: Path, residue: str, element_name: str, read_as: str) -> None:
    text = residue_lines(1) + residue_lines(5, residue, number="   2 ", record="HETATM" if residue != "ILE" else "ATOM")
    text += atom_line(9, element_name, residue, number="   2 ", record="HETATM") + atom_line(
        10, "P", residue, number="   2 ", record="HETATM"
    )
    text += residue_lines(11, number="   3 ") + atom_line(20, "OXT", number="   3 ") + "TER\n"
    (tmp_path / "x.pdb").write_text(text)
    protein = read_structure(tmp_path / "x.pdb")
    assert len(protein) == 3
    assert [ATOM37_NAMES[slot] for slot in protein.atom37_mask[1].nonzero()[0]] == sorted(
        ("N", "CA", "C", "O", read_as), key=ATOM37_INDEX.__getitem__
    )
    assert protein.atom37_mask[2, ATOM37_INDEX["OXT"]] == 1


def test_an_unknown_residue_of_a_chain_keeps_backbone_and_cb(tmp_path: Path) -> None:
    text = (
        residue_lines(1)
        + residue_lines(5, "ZZZ", number="   2 ", record="HETATM")
        + atom_line(9, "CB", "ZZZ", number="   2 ", record="HETATM")
    )
    text += atom_line(10, "CG", "ZZZ", number="   2 ", record="HETATM") + residue_lines(11, number="   3 ") + "TER\n"
    (tmp_path / "x.pdb").write_text(text)
    protein = read_structure(tmp_path / "x.pdb")
    assert protein.aatype.tolist() == [0, 20, 0]
    assert protein.atom37_mask[1].sum() == 5


def test_caps_and_nucleotides_of_a_chain_are_left_out(tmp_path: Path) -> None:
    text = atom_line(1, "C", "ACE", number="   0 ", record="HETATM") + chain_lines(["ALA", "GLY"], start=2)
    text += "".join(atom_line(20 + i, name, "DA", "B", "   1 ") for i, name in enumerate(("P", "C1'", "N9"))) + "TER\n"
    (tmp_path / "x.pdb").write_text(text)
    protein = read_structure(tmp_path / "x.pdb")
    assert (protein.chain_ids, protein.residue_index.tolist()) == (("A",), [1, 2])


def test_residues_after_a_break_marked_by_ter_are_kept_and_ligands_there_are_not(tmp_path: Path) -> None:
    text = (
        chain_lines(["ALA", "GLY"]) + residue_lines(20, "SER", number="   5 ") + residue_lines(24, "TRP", number="   6 ") + "TER\n"
    )
    text += residue_lines(30, "ZZZ", number=" 301 ", record="HETATM") + residue_lines(34, "MSE", number=" 302 ", record="HETATM")
    (tmp_path / "x.pdb").write_text(text)
    assert read_structure(tmp_path / "x.pdb").residue_index.tolist() == [1, 2, 5, 6]
    (tmp_path / "x.pdb").write_text(chain_lines(["ALA", "GLY"]) + residue_lines(20, "SER", number="   5 "))
    assert read_structure(tmp_path / "x.pdb").residue_index.tolist() == [1, 2, 5]
