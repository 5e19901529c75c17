"""Reading structures: agreement with Biopython on real entries, the choices made, and what damage gives."""

import gzip
import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from Bio.PDB.MMCIFParser import MMCIFParser
from Bio.PDB.PDBParser import PDBParser
from Bio.PDB.Residue import Residue
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.constants.atoms import ATOM14_NAMES, ATOM37_INDEX, ATOM37_NAMES
from protfold.constants.residues import RESIDUE_CODE, RESIDUE_NAMES, decode
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import format_mmcif, format_pdb, read_structure
from tests.unit.io.pdb_text import atom_line, chain_lines, residue_lines
from tests.unit.io.samples import needs_samples, sample_files

WITHOUT_PROTEIN = {"1bna", "388d", "4p5j"}
WITHOUT_ATOMS = {"1hhb", "3efg"}
ENTRIES = [path for path in sample_files("entries") if path.name[:4] not in WITHOUT_PROTEIN | WITHOUT_ATOMS]


def write(folder: Path, text: str, name: str = "x.pdb") -> Path:
    (folder / name).write_text(text)
    return folder / name


def atoms_of(protein: Protein) -> dict[tuple, tuple]:
    """Position and B-factor by chain, number, insertion code and atom name."""
    atoms = {}
    for row, slot in np.argwhere(protein.atom37_mask > 0).tolist():
        place = (protein.chain_ids[protein.chain_index[row]], int(protein.residue_index[row]), str(protein.insertion_codes[row]))
        atoms[*place, ATOM37_NAMES[slot]] = (*protein.atom37_positions[row, slot].tolist(), float(protein.b_factors[row, slot]))
    return atoms


def biopython_residues(path: Path) -> dict[tuple, list[Residue]]:
    """Every version of the residue at each place of the first model."""
    parser = MMCIFParser(QUIET=True) if ".cif" in path.name else PDBParser(QUIET=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = parser.get_structure("x", io.StringIO(gzip.decompress(path.read_bytes()).decode()))[0]
    found: dict[tuple, list[Residue]] = {}
    for chain in model:
        for residue in chain.get_unpacked_list():
            found.setdefault((chain.id, *residue.id[1:]), []).append(residue)
    return found


def standard_atoms(residue: Residue) -> dict[str, list[tuple]]:
    """Occupancy, position and B-factor of every alternative of each atom that counts; selenomethionine is a methionine."""
    atoms: dict[str, list[tuple]] = {}
    is_mse = residue.resname == "MSE"
    for atom in residue.get_unpacked_list():
        name = "SD" if is_mse and atom.name == "SE" else atom.name
        if name in (*ATOM14_NAMES["MET" if is_mse else residue.resname], "OXT"):
            atoms.setdefault(name, []).append((atom.occupancy, (*atom.coord.tolist(), atom.bfactor)))
    return atoms


@needs_samples
@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.name)
def test_entries_agree_with_biopython(path: Path) -> None:
    protein = read_structure(path)
    ours: dict[tuple, dict[str, tuple]] = {}
    for place, values in atoms_of(protein).items():
        ours.setdefault(place[:3], {})[place[3]] = values
    names = dict(zip(ours, (RESIDUE_NAMES[code] for code in protein.aatype), strict=True))
    for place, versions in biopython_residues(path).items():
        standard = [
            residue
            for residue in versions
            if (residue.resname in ATOM14_NAMES and residue.id[0] == " ") or residue.resname == "MSE"
        ]
        if not standard:
            continue
        chosen = next(residue for residue in standard if residue.resname.replace("MSE", "MET") == names[place])
        assert (
            chosen.resname == max(standard, key=lambda residue: max(atom.occupancy for atom in residue.get_unpacked_list())).resname
        )
        theirs = standard_atoms(chosen)
        assert set(ours[place]) == set(theirs), place
        for name, alternatives in theirs.items():
            highest = max(occupancy for occupancy, _ in alternatives)
            assert any(
                np.allclose(ours[place][name], values, atol=1e-3) for occupancy, values in alternatives if occupancy == highest
            )
        del ours[place]
    others = {place: versions[0].resname for place, versions in biopython_residues(path).items()}
    assert all(others[place] not in ATOM14_NAMES for place in ours), "a residue that Biopython does not know as standard"


@needs_samples
@pytest.mark.parametrize("path", ENTRIES, ids=lambda path: path.name)
def test_entries_survive_writing(path: Path, tmp_path: Path) -> None:
    protein = read_structure(path)
    for name, text in (("x.pdb", format_pdb(protein)), ("x.cif", format_mmcif(protein))):
        again = read_structure(write(tmp_path, text, name))
        assert again.chain_ids == protein.chain_ids
        for field in ("aatype", "residue_index", "insertion_codes", "chain_index", "atom37_mask", "atom37_positions"):
            assert np.array_equal(getattr(again, field), getattr(protein, field)), field
        assert np.abs(again.b_factors - protein.b_factors).max() <= 0.00501  # two decimals


@needs_samples
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("1bna.pdb.gz", "holds no protein residue, only 80 waters, 24 nucleotides; give a protein structure"),
        ("388d.pdb.gz", "4 ligand FLO"),
        ("4p5j.cif.gz", "83 nucleotides"),
        ("1hhb.pdb.gz", "is neither mmCIF (no 'data_' line) nor PDB with atoms (no ATOM line)"),
        ("3efg.pdb.gz", "is neither mmCIF"),
    ],
)
def test_entries_without_protein_say_what_they_hold(name: str, message: str) -> None:
    path = next(path for path in sample_files("entries") if path.name == name)
    with pytest.raises(InputError) as raised:
        read_structure(path)
    assert message in str(raised.value)


@needs_samples
def test_pdb_and_mmcif_of_one_entry_are_the_same() -> None:
    paths = {path.name: path for path in ENTRIES}
    for stem in ("1a4w", "1aki", "1cbn", "1dix", "1grm", "1xda", "4gpg", "5zng"):
        pdb, mmcif = (atoms_of(read_structure(paths[f"{stem}.{kind}.gz"])) for kind in ("pdb", "cif"))
        assert pdb.keys() == mmcif.keys()
        assert np.allclose([pdb[place] for place in pdb], [mmcif[place] for place in pdb], atol=1e-3)


@needs_samples
def test_models_and_chains_are_chosen() -> None:
    path = next(path for path in ENTRIES if path.name == "1grm.cif.gz")
    first, second = read_structure(path), read_structure(path, model=2)
    assert np.array_equal(first.aatype, second.aatype)
    assert np.abs(first.atom37_positions - second.atom37_positions).max() > 0.1
    only = read_structure(path, chains="B")
    assert only.chain_ids == ("B",)
    assert np.array_equal(only.atom37_positions, first.atom37_positions[first.chain_index == 1])
    for both in ("B,A", ["B", "A"], ("A", "B")):
        assert read_structure(path, chains=both).chain_ids == ("A", "B")
    with pytest.raises(InputError, match="has no protein chain C; its protein chains are A, B"):
        read_structure(path, chains="A,C")
    for model in (0, 6):
        with pytest.raises(InputError, match=f"has 5 models; model {model} does not exist"):
            read_structure(path, model=model)


def test_fields_are_those_of_the_file(tmp_path: Path) -> None:
    text = (
        residue_lines(1, "GLY", number="  -3 ")
        + residue_lines(5, "TRP", number="  -3A")
        + "TER\n"
        + residue_lines(9, "SER", chain="b", number="  12 ")
    )
    protein = read_structure(write(tmp_path, text, "my.model.pdb"))
    assert decode(protein.aatype) == "GWS"
    assert protein.residue_index.tolist() == [-3, -3, 12]
    assert protein.insertion_codes.tolist() == [" ", "A", " "]
    assert (protein.chain_ids, protein.chain_index.tolist(), protein.name) == (("A", "b"), [0, 0, 1], "my.model")
    assert protein.atom37_mask.sum() == 12
    assert protein.atom37_positions[1, ATOM37_INDEX["CA"]].tolist() == [6.125, 12.0, -6.0]
    assert protein.b_factors[1, ATOM37_INDEX["CA"]] == 10
    assert protein.atom37_positions.dtype == protein.atom37_mask.dtype == protein.b_factors.dtype == np.float32


def test_the_alternative_of_highest_occupancy_is_taken_whole(tmp_path: Path) -> None:
    text = residue_lines(1, "SER")
    for serial, name, altloc, occupancy in [
        (10, "CB", "A", 0.4),
        (11, "CB", "B", 0.6),
        (12, "OG", "A", 0.4),
        (13, "OG", "B", 0.35),
    ]:
        text += atom_line(serial, name, "SER", altloc=altloc, occupancy=occupancy)
    protein = read_structure(write(tmp_path, text))
    assert protein.atom37_positions[0, [ATOM37_INDEX["CB"], ATOM37_INDEX["OG"]], 0].tolist() == [11.125, 13.125]


def test_among_equals_the_first_alternative_is_taken(tmp_path: Path) -> None:
    text = (
        residue_lines(1, "SER")
        + atom_line(10, "CB", "SER", altloc="B", occupancy=0.5)
        + atom_line(11, "CB", "SER", altloc="A", occupancy=0.5)
    )
    assert read_structure(write(tmp_path, text)).atom37_positions[0, ATOM37_INDEX["CB"], 0] == 10.125


@pytest.mark.parametrize(("occupancies", "letter"), [((0.6, 0.4), "P"), ((0.4, 0.6), "S"), ((0.5, 0.5), "P")])
def test_of_two_residues_at_one_position_the_fuller_is_taken(tmp_path: Path, occupancies: tuple[float, float], letter: str) -> None:
    text = residue_lines(1, "ALA", number="   1 ")
    for residue, altloc, occupancy, start in (("PRO", "A", occupancies[0], 5), ("SER", "B", occupancies[1], 9)):
        for offset, name in enumerate(("N", "CA", "C", "O")):
            text += atom_line(start + offset, name, residue, number="   2 ", altloc=altloc, occupancy=occupancy)
    assert decode(read_structure(write(tmp_path, text)).aatype) == "A" + letter


def test_waters_ligands_free_amino_acids_and_hydrogens_are_left_out(tmp_path: Path) -> None:
    text = chain_lines(["ALA", "GLY"])[:-4] + atom_line(9, "H", "GLY", number="   2 ") + "TER\n"
    text += residue_lines(20, "GLU", number=" 301 ", record="HETATM") + atom_line(30, "O", "HOH", number=" 401 ", record="HETATM")
    protein = read_structure(write(tmp_path, text))
    assert decode(protein.aatype) == "AG"
    assert protein.atom37_mask.sum() == 8


def test_one_residue_is_a_protein(tmp_path: Path) -> None:
    assert len(read_structure(write(tmp_path, residue_lines(1)))) == 1


def test_blank_chain_names_become_free_letters(tmp_path: Path) -> None:
    text = residue_lines(1, chain=" ") + "TER\n" + residue_lines(5, chain="A")
    assert set(read_structure(write(tmp_path, text)).chain_ids) == {"A", "B"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("HEADER    nothing\n", "is neither mmCIF (no 'data_' line) nor PDB with atoms (no ATOM line)"),
        (residue_lines(1) + atom_line(9, "CA"), "residue 1 of chain A has atom CA twice; the file is damaged"),
        (residue_lines(1) + residue_lines(5, "GLY"), "residue 1 of chain A is there 2 times (ALA, GLY)"),
        (chain_lines(["ALA", "GLY"]) + residue_lines(20, number="   1 "), "residue 1 of chain A has atom N twice"),
        (
            chain_lines(["ALA", "GLY"]) + residue_lines(20, "TRP", number="   1 "),
            "residue 1 of chain A is there twice; the file is",
        ),
        (residue_lines(1) + "END\n" + residue_lines(5, number="   2 "), "lists 8 atoms, of which only 4 can be read"),
        ("data_x\nloop_\n_atom_site.id\n1\n", "holds 0 data blocks with atoms (_atom_site)"),
        ("data_x\nloop_\n_atom_site.Cartn_x\n_atom_site.id\n1\n", "is damaged: "),
        ("data_x\n'unclosed\n", "is damaged: "),
    ],
)
def test_damage_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(InputError) as raised:
        read_structure(path)
    assert str(raised.value).startswith(str(path))
    assert message in str(raised.value)


def test_every_residue_name_is_read_back(tmp_path: Path) -> None:
    protein = read_structure(write(tmp_path, chain_lines(list(RESIDUE_NAMES))))
    assert protein.aatype.tolist() == list(RESIDUE_CODE.values())


PDB = chain_lines(["ALA", "MSE", "TRP"]) + residue_lines(20, chain="B")


@pytest.fixture(scope="module")
def damaged_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged")


@given(st.sampled_from(["pdb", "cif"]), st.floats(0, 0.999), st.integers(0, 3), st.binary(max_size=3))
@settings(max_examples=300, deadline=None)
def test_any_damage_gives_a_structure_or_our_error(
    damaged_folder: Path, kind: str, where: float, removed: int, inserted: bytes
) -> None:
    text = PDB if kind == "pdb" else format_mmcif(read_structure(write(damaged_folder, PDB)))
    content = text.encode()
    position = int(where * len(content))
    path = damaged_folder / f"damaged.{kind}"
    path.write_bytes(content[:position] + inserted + content[position + removed :])
    try:
        protein = read_structure(path)
    except InputError:
        return
    assert np.isfinite(protein.atom37_positions).all()
    assert 0 < protein.atom37_mask.sum() <= 16
    assert len(protein) <= 16  # no more than atoms: a damaged number splits a residue
