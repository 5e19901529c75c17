"""Structures as mmCIF text. Å."""

from pathlib import Path

import gemmi

from protfold.entities import Protein
from protfold.io.atomic import write_atomically
from protfold.io.gemmi_structure import to_gemmi


def format_mmcif(protein: Protein) -> str:
    """The text of an mmCIF file: entities, sequences and atoms; author chain names and numbers in the `auth_` items.

    The sequence of an entity is the residues present. For predictions with confidence see `format_modelcif`.

    Raises:
        InputError: there is no atom, or a number is not finite.
    """
    groups = gemmi.MmcifOutputGroups(False)
    for group in (
        "block_name",
        "entry",
        "entity",
        "entity_poly",
        "entity_poly_seq",
        "struct_asym",
        "atoms",
        "group_pdb",
        "auth_all",
    ):
        setattr(groups, group, True)
    return to_gemmi(protein).make_mmcif_document(groups).as_string(gemmi.cif.WriteOptions(gemmi.cif.Style.Pdbx))


def write_mmcif(protein: Protein, path: str | Path) -> None:
    """Write `format_mmcif` to a file, atomically."""
    write_atomically(path, format_mmcif(protein))
