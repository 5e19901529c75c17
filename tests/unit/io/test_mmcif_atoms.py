"""Damage in `_atom_site` that gemmi does not mind."""

import gemmi
import pytest

from protfold.errors import InputError
from protfold.io import format_mmcif
from protfold.io.mmcif_atoms import check_atom_site
from tests.unit.io.proteins import make_protein


def block_with(item: str, value: str) -> gemmi.cif.Block:
    block = gemmi.cif.read_string(format_mmcif(make_protein("AG")))[0]
    block.find_values(f"_atom_site.{item}")[2] = value
    return block


@pytest.mark.parametrize(
    ("item", "value"), [("Cartn_x", "-1.5"), ("Cartn_x", "1.25(3)"), ("occupancy", "?"), ("B_iso_or_equiv", ".")]
)
def test_rows_are_counted(item: str, value: str) -> None:
    assert check_atom_site(block_with(item, value), source="f") == 9


@pytest.mark.parametrize("item", ["Cartn_x", "Cartn_y", "Cartn_z", "occupancy", "B_iso_or_equiv"])
@pytest.mark.parametrize("value", ["abc", "1.2x", "nan", "inf", "1e30"])
def test_values_that_are_no_numbers_are_told(item: str, value: str) -> None:
    with pytest.raises(InputError) as raised:
        check_atom_site(block_with(item, value), source="f")
    assert f"f: {item} '{value}' in row 3 of _atom_site is no usable number" in str(raised.value)


@pytest.mark.parametrize("value", ["?", "."])
def test_a_missing_coordinate_is_told(value: str) -> None:
    with pytest.raises(InputError, match="Cartn_y"):
        check_atom_site(block_with("Cartn_y", value), source="f")
