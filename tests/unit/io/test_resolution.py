"""The resolution that a header states."""

import gzip
from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.io.resolution import read_resolution
from tests.unit.io.samples import SAMPLES, needs_samples

ATOM = "ATOM      1  N   MET A   1      27.960  27.500   6.070  1.00  0.00           N\n"
SITES = "loop_\n_atom_site.id\n_atom_site.Cartn_x\n1 2.0\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("REMARK   2\nREMARK   2 RESOLUTION.    1.85 ANGSTROMS.\n" + ATOM, 1.85),
        ("REMARK   2 RESOLUTION. NOT APPLICABLE.\n" + ATOM, 0.0),
        (ATOM, 0.0),
        ("# made\ndata_X\n_refine.ls_d_res_high 2.10\n" + SITES, 2.1),
        ("data_X\n_refine.ls_d_res_high ?\n_em_3d_reconstruction.resolution 3.2\n" + SITES, 3.2),
        ("data_X\n_refine.ls_d_res_high .\n" + SITES, 0.0),
    ],
)
def test_what_is_stated_is_read(tmp_path: Path, text: str, expected: float) -> None:
    (tmp_path / "x.gz").write_bytes(gzip.compress(text.encode()))
    assert read_resolution(tmp_path / "x.gz") == expected


def test_damage_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.cif").write_text("data_X\nloop_\n_a.b\n'unfinished")
    with pytest.raises(InputError, match=r"x\.cif: is damaged"):
        read_resolution(tmp_path / "x.cif")


@needs_samples
@pytest.mark.parametrize(("name", "expected"), [("1aki", 1.5), ("1cbn", 0.83), ("1dix", 1.65)])
def test_both_formats_of_an_entry_agree(name: str, expected: float) -> None:
    for suffix in (".pdb.gz", ".cif.gz"):
        assert read_resolution(SAMPLES / "entries" / f"{name}{suffix}") == expected
