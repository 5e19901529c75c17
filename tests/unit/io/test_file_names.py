"""Stem and suffix of files, packed or not."""

from pathlib import Path

import pytest

from protfold.io.file_names import stem, suffix


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1orc.pdb", ("1orc", ".pdb")),
        ("1orc.cif.gz", ("1orc", ".cif")),
        ("1ORC.PDB.GZ", ("1ORC", ".pdb")),
        ("model.v2.cif", ("model.v2", ".cif")),
        ("archive.gz", ("archive", "")),
        (".pdb", (".pdb", "")),
    ],
)
def test_stem_and_suffix(name: str, expected: tuple[str, str]) -> None:
    """Whatever the folder is called."""
    assert (stem(Path("a.gz") / name), suffix(Path("a.gz") / name)) == expected
