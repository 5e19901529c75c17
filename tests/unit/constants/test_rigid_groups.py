"""Tables of atoms, groups and torsions agree with one another and with chemistry."""

import numpy as np

from protfold.constants import atoms, rigid_groups
from protfold.constants.residues import ONE_TO_THREE, RESIDUES

HEAVY_ATOMS = dict(zip("GASCTVPDNILEQKMHFRYW", [4, 5, 6, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 9, 8, 10, 11, 11, 12, 14], strict=True))
"""Of a residue within a chain, from its chemical formula."""


def test_heavy_atoms_by_formula() -> None:
    """Both layouts; every atom has an ideal place."""
    for code, letter in enumerate(RESIDUES):
        assert atoms.ATOM14_MASK[code].sum() == atoms.ATOM37_MASK[code].sum() == HEAVY_ATOMS[letter]
        assert len(rigid_groups.IDEAL_ATOM_POSITIONS[ONE_TO_THREE[letter]]) == HEAVY_ATOMS[letter]
    assert not atoms.ATOM14_MASK[20].any()


def test_layouts_are_inverse() -> None:
    """atom14 -> atom37 -> atom14 is the identity on atoms that exist."""
    for code in range(20):
        slots = np.flatnonzero(atoms.ATOM14_MASK[code])
        assert (atoms.ATOM37_TO_ATOM14[code][atoms.ATOM14_TO_ATOM37[code][slots]] == slots).all()


def test_number_of_chi_angles() -> None:
    """The known counts; pi-periodic ones are the last planar group of D, E, F and Y."""
    counts = {letter: int(rigid_groups.CHI_MASK[code].sum()) for code, letter in enumerate(RESIDUES)}
    known = {0: "AG", 1: "CSTV", 2: "DFHILNPWY", 3: "EMQ", 4: "KR"}
    assert counts == {letter: number for number, letters in known.items() for letter in letters}
    periodic = {letter for code, letter in enumerate(RESIDUES) if rigid_groups.CHI_PI_PERIODIC[code].any()}
    assert periodic == set("DEFY")


def test_default_frames_are_rigid() -> None:
    """Proper rotations for the groups a residue has, all zero for the others."""
    rotations = rigid_groups.DEFAULT_FRAMES[..., :3, :3]
    determinants = np.linalg.det(rotations)
    exists = np.concatenate([np.ones((21, 4)), rigid_groups.CHI_MASK], axis=1)
    exists[20] = 0
    np.testing.assert_allclose(determinants, exists, atol=1e-5)


def test_tables_are_read_only() -> None:
    """A caller cannot change them for everybody."""
    tables = (atoms.ATOM14_MASK, atoms.ATOM37_TO_ATOM14, rigid_groups.DEFAULT_FRAMES, rigid_groups.CHI_MASK)
    assert not any(table.flags.writeable for table in tables)
