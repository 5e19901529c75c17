"""Writing PDB: the layout, what is kept, and where PDB ends."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import format_pdb, read_structure, write_pdb
from tests.unit.io.proteins import make_protein


def test_the_layout_is_pdb() -> None:
    lines = format_pdb(make_protein("AG:W", b_factor=87.654)).splitlines()
    assert lines[0] == "ATOM      1  N   ALA A   1       0.000   1.000   2.000  1.00 87.65           N  "
    assert [line[:26] for line in lines if not line.startswith("ATOM")] == [
        "TER      10      GLY A   2",
        "TER      25      TRP B   1",
        "END".ljust(26),
    ]
    assert {len(line) for line in lines} == {80}
    assert [int(line[6:11]) for line in lines[:-1]] == list(range(1, 26))


def test_writing_and_reading_restores(tmp_path: Path) -> None:
    protein = make_protein("ARNDCQEGHILKMFPSTWYVX:GA", insertion_code="B", first_number=-2)
    write_pdb(protein, tmp_path / "x.pdb")
    again = read_structure(tmp_path / "x.pdb")
    for field in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "chain_index", "b_factors"):
        assert np.array_equal(getattr(again, field), getattr(protein, field)), field
    assert format_pdb(again) == format_pdb(protein)


def test_a_residue_without_atoms_does_not_appear(tmp_path: Path) -> None:
    protein = make_protein("AGA")
    mask = protein.atom37_mask.copy()
    mask[1] = 0
    (tmp_path / "x.pdb").write_text(format_pdb(replace(protein, atom37_mask=mask)))
    assert read_structure(tmp_path / "x.pdb").residue_index.tolist() == [1, 3]


def test_the_limits_themselves_can_be_written(tmp_path: Path) -> None:
    chains = ":".join("A" * 62)
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    protein = replace(make_protein(chains, first_number=9999), chain_ids=tuple(names))
    (tmp_path / "x.pdb").write_text(format_pdb(protein))
    assert read_structure(tmp_path / "x.pdb").chain_ids == tuple(names)


def many_atoms() -> Protein:
    protein = make_protein("W" * 7200)
    return replace(protein, residue_index=np.arange(7200, dtype=np.int32))


@pytest.mark.parametrize(
    ("protein", "message"),
    [
        (lambda: make_protein(":".join("A" * 63)), "63 chains, PDB has names for 62; write mmCIF instead"),
        (lambda: replace(make_protein("A"), chain_ids=("AA",)), "chain names AA, PDB has room for one letter or digit"),
        (lambda: replace(make_protein("A"), chain_ids=("",)), "PDB has room for one letter or digit"),
        (lambda: make_protein("AA", first_number=9999), "residue numbers from 9999 to 10000, PDB has room for -999 to 9999"),
        (lambda: make_protein("A", first_number=-1000), "residue numbers from -1000"),
        (lambda: make_protein("A", shift=9999.0), "coordinates beyond what PDB columns hold"),
        (lambda: make_protein("A", shift=-1000.0), "coordinates beyond what PDB columns hold"),
        (lambda: make_protein("A", b_factor=1000.0), "B-factors beyond what PDB columns hold"),
        (many_atoms, "100800 atoms, PDB has room for 99999"),
        (lambda: make_protein("A", shift=np.nan), "the structure has a coordinate that is no finite number"),
        (lambda: make_protein("A", b_factor=np.inf), "the structure has a B-factor that is no finite number"),
        (lambda: replace(make_protein("A"), atom37_mask=np.zeros((1, 37), dtype=np.float32)), "the structure has no atom to write"),
    ],
)
def test_what_pdb_cannot_hold_is_told(protein, message: str) -> None:
    with pytest.raises(InputError) as raised:
        format_pdb(protein())
    assert message in str(raised.value)
    assert "record 'made'" in str(raised.value)
