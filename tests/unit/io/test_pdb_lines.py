"""Damage in PDB lines that gemmi does not mind."""

import pytest

from protfold.errors import InputError
from protfold.io.pdb_lines import check_pdb_lines
from tests.unit.io.pdb_text import atom_line, residue_lines

GOOD = residue_lines(1)


def test_atoms_are_counted() -> None:
    text = (
        "HEADER\nanything may stand before\n"
        + GOOD
        + "ANISOU\nTER\nENDMDL\n"
        + atom_line(5, "ZN", record="HETATM")
        + "END\n# energies\n"
    )
    assert check_pdb_lines(text.encode(), source="f") == 5


def test_hybrid_numbers_and_blank_occupancies_are_allowed() -> None:
    text = atom_line(1, "N", number="A000 ") + atom_line(2, "CA")[:54] + "\n" + atom_line(3, "C", x="-99.5")
    assert check_pdb_lines(text.encode(), source="f") == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "f: is neither mmCIF (no 'data_' line) nor PDB with atoms (no ATOM line)"),
        (GOOD + atom_line(5, "CB", x="nan"), "f:5: x coordinate 'nan' of atom CB of ALA A   1 is no number; the file is damaged"),
        (GOOD + atom_line(5, "CB", x="1.2O"), "f:5: x coordinate '1.2O' of atom CB"),
        (GOOD + atom_line(5, "CB", x="1_0.5"), "x coordinate '1_0.5'"),
        (GOOD + atom_line(5, "CB", x="1e5"), "x coordinate '1e5'"),
        (GOOD + atom_line(5, "CB", x=" "), "x coordinate ''"),
        (GOOD[:50] + "\n", "f:1: this atom line is cut short"),
        (GOOD.replace("ALA A", "ALÅ A", 1), "f:1: this atom line is cut short or holds characters that are not ASCII"),
        (GOOD.replace("10.00", "1x.00", 1), "f:1: B-factor '1x.00' of atom N of ALA A   1 is no number"),
        (GOOD.replace("1.00 ", "1,00 ", 1), "f:1: occupancy '1,00' of atom N of ALA A   1 is no number"),
        (GOOD.replace("A   1", "A   !", 1), "f:1: residue number '!' is no integer"),
        (GOOD.replace("ATOM      2", "AT0M      2"), "f:2: record 'AT0M  ' among the atoms is unknown; the file is damaged"),
    ],
)
def test_damage_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        check_pdb_lines(text.encode(), source="f")
    assert message in str(raised.value)
