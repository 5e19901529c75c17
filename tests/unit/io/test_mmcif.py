"""Writing mmCIF: what PDB cannot hold too."""

import io
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest
from Bio.PDB.MMCIFParser import MMCIFParser

from protfold.errors import InputError
from protfold.io import format_mmcif, read_structure, write_mmcif
from tests.unit.io.proteins import make_protein


def test_writing_and_reading_restores_beyond_the_limits_of_pdb(tmp_path: Path) -> None:
    protein = replace(
        make_protein("ARNDX:GA:ARNDX", insertion_code="C", first_number=99_998, b_factor=1234.5), chain_ids=("AAA", "b", "B2")
    )
    write_mmcif(protein, tmp_path / "x.cif")
    again = read_structure(tmp_path / "x.cif")
    assert again.chain_ids == ("AAA", "b", "B2")
    for field in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "chain_index", "b_factors"):
        assert np.array_equal(getattr(again, field), getattr(protein, field)), field
    assert format_mmcif(replace(again, name="made")) == format_mmcif(protein)


def test_equal_chains_are_one_entity() -> None:
    block = gemmi.cif.read_string(format_mmcif(make_protein("ARND:GA:ARND")))[0]
    assert len(block.find_values("_entity.id")) == 2
    assert list(block.find_values("_entity_poly.pdbx_seq_one_letter_code")) == ["ARND", "GA"]
    entities = list(block.find_values("_struct_asym.entity_id"))
    assert entities[0] == entities[2] != entities[1]


def test_biopython_reads_the_same_atoms() -> None:
    protein = make_protein("ARNDCQ:GW")
    structure = MMCIFParser(QUIET=True).get_structure("x", io.StringIO(format_mmcif(protein)))
    coordinates = np.array([atom.coord for atom in structure.get_atoms()])
    assert np.array_equal(coordinates, protein.atom37_positions[protein.atom37_mask > 0])


def test_the_name_becomes_a_legal_block_name() -> None:
    assert format_mmcif(replace(make_protein("A"), name="my 'odd' näme")).startswith("data_my__odd__n_me\n")
    assert format_mmcif(replace(make_protein("A"), name="")).startswith("data_protfold\n")


def test_a_structure_without_atoms_is_told() -> None:
    with pytest.raises(InputError, match="no atom to write"):
        format_mmcif(replace(make_protein("A"), atom37_mask=np.zeros((1, 37), dtype=np.float32)))
