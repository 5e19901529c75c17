"""Ramachandran regions: the drawing as it is read, classes of residues, real chains."""

import numpy as np

from protfold.constants.ramachandran import REGIONS
from protfold.constants.residues import encode
from protfold.io import read_structure
from protfold.metrics.backbone_torsions import backbone_torsions
from protfold.metrics.ramachandran import CLASSES, ramachandran_regions, residue_classes
from tests.support.examples import example, mirrored
from tests.unit.io.samples import needs_samples, sample_files


def letter(name: str, phi: float, psi: float) -> str:
    """The drawing, read by hand: rows from psi 180 down, letters from phi -180 up."""
    return REGIONS[name][int((180 - psi) // 10)][int((phi + 180) // 10)]


def test_the_drawing_has_the_known_regions() -> None:
    assert {len(rows) for rows in REGIONS.values()} == {36}
    assert {len(row) for rows in REGIONS.values() for row in rows} == {36}
    assert {letter for rows in REGIONS.values() for row in rows for letter in row} == set("FA.")
    for name, phi, psi, expected in (
        ("general", -63, -43, "F"),
        ("general", -120, 130, "F"),
        ("general", 57, 44, "F"),
        ("general", 5, 5, "."),
        ("general", 125, -60, "."),
        ("glycine", 90, 5, "F"),
        ("glycine", 95, 180 - 1, "F"),
        ("proline", -63, 145, "F"),
        ("proline", -63, -35, "F"),
        ("proline", -120, 130, "."),
        ("pre-proline", -63, 140, "F"),
        ("pre-proline", -85, -10, "."),
    ):
        assert letter(name, phi, psi) == expected, (name, phi, psi)


def test_residues_are_looked_up_in_the_drawing() -> None:
    """Every residue of a chain by the letter at its own angles."""
    protein = example("1gbt_A")
    torsions, found, kinds = backbone_torsions(protein), ramachandran_regions(protein), residue_classes(protein)
    measured = np.isfinite(torsions.phi) & np.isfinite(torsions.psi)
    assert set(found[~measured]) == {" "}
    for row in np.flatnonzero(measured):
        assert found[row] == letter(CLASSES[kinds[row]], torsions.phi[row], torsions.psi[row]).replace(".", "O")


def test_classes() -> None:
    """Glycine before proline is glycine, proline before proline is proline, the last residue of a chain is before nothing."""
    protein = example("1orc_A").select(np.arange(7))
    protein.aatype[:] = encode("AGPPAPA")
    assert [CLASSES[kind] for kind in residue_classes(protein)] == [
        "general", "glycine", "proline", "proline", "pre-proline", "proline", "general",
    ]  # fmt: skip


def test_the_mirror_image_is_unlikely() -> None:
    protein = example("1orc_A")
    regions, reflected = ramachandran_regions(protein), ramachandran_regions(mirrored(protein))
    assert (regions == "F").sum() > 0.9 * len(protein)
    assert (reflected == "O").sum() > 0.4 * len(protein)


@needs_samples
def test_most_residues_of_chains_of_the_test_split_are_favoured() -> None:
    """They had no part in the drawing."""
    regions = np.concatenate([ramachandran_regions(read_structure(path)) for path in sample_files("chains")[:25]])
    regions = regions[regions != " "]
    assert (regions == "F").mean() > 0.95
    assert (regions == "O").mean() < 0.02
