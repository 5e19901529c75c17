"""What gemmi lets pass in the `_atom_site` table of an mmCIF file and protfold does not: numbers that are none."""

import gemmi

from protfold.errors import InputError

_COORDINATES = ("Cartn_x", "Cartn_y", "Cartn_z")
_OPTIONAL_NUMBERS = ("occupancy", "B_iso_or_equiv")
_LIMIT = 1e6


def check_atom_site(block: gemmi.cif.Block, *, source: str) -> int:
    """Check the numbers of every row of `_atom_site` and return how many rows there are.

    Raises:
        InputError: a coordinate, occupancy or B-factor is no finite number of reasonable size.
    """
    for item in _COORDINATES + _OPTIONAL_NUMBERS:
        for row, value in enumerate(block.find_values(f"_atom_site.{item}"), start=1):
            missing = value in ("?", ".") and item in _OPTIONAL_NUMBERS
            if not missing and not abs(gemmi.cif.as_number(value)) < _LIMIT:
                raise InputError(
                    f"{item} {value!r} in row {row} of _atom_site is no usable number; the file is damaged", file=source
                )
    return len(block.find_values("_atom_site.Cartn_x"))
