"""Protein structures from PDB and mmCIF files, read with gemmi. Å."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase, digits

import gemmi
import numpy as np

from protfold.constants.atoms import ATOM37_INDEX, NUM_ATOM37
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io.file_names import stem
from protfold.io.mmcif_atoms import check_atom_site
from protfold.io.pdb_lines import check_pdb_lines
from protfold.io.residue_sites import ResidueSite, is_protein_residue, read_site
from protfold.io.text import read_text


def read_structure(path: str | Path, chains: str | Sequence[str] | None = None, model: int = 1) -> Protein:
    """Read the protein residues of one model of a PDB or mmCIF file (.gz too), known by its content.

    Numbers, insertion codes and chain names are the author's. Waters, ligands, nucleic acids and hydrogens are left out. Where a
    residue has alternatives, the one of highest occupancy is taken, the first among equals.

    Args:
        path: the file.
        chains: author names of the chains to keep, as a sequence or joined by commas; all if not given. File order is kept.
        model: which model of the file, counted from 1.

    Raises:
        InputError: the file is damaged, or holds no protein, not this chain or not this model; the message says what it holds.
    """
    return parse_structure(read_text(path), path, chains, model)


def parse_structure(text: bytes, path: str | Path, chains: str | Sequence[str] | None = None, model: int = 1) -> Protein:
    """As `read_structure`, of a file's content, not compressed; `path` is for names and messages."""
    structure = _parse(text, path)
    if not 1 <= model <= len(structure):
        raise InputError(f"has {len(structure)} models; model {model} does not exist", file=path)
    chosen = structure[model - 1]
    _name_blank_chains(chosen)
    sites = {chain.name: found for chain in chosen if (found := _read_chain(chain, path))}
    if not sites:
        raise InputError(f"holds no protein residue, only {_content(chosen)}; give a protein structure", file=path)
    if chains is not None:
        sites = _select_chains(sites, chains.split(",") if isinstance(chains, str) else chains, path)
    return _assemble(sites, stem(Path(path)))


def _parse(text: bytes, path: str | Path) -> gemmi.Structure:
    """All models of the file, polymers told from ligands.

    gemmi passes over much damage in silence, so the number of atoms it found is compared with the number of atoms the file lists.
    """
    try:
        if _is_mmcif(text):
            block = _coordinate_block(text, path)
            expected = check_atom_site(block, source=str(path))
            structure = gemmi.make_structure_from_block(block)
        else:
            expected = check_pdb_lines(text, source=str(path))
            structure = gemmi.read_pdb_string(text.decode())
    except (RuntimeError, ValueError, IndexError) as error:
        raise InputError(f"is damaged: {error}", file=path) from error
    found = sum(model.count_atom_sites() for model in structure)
    if found != expected:
        raise InputError(
            f"lists {expected} atoms, of which only {found} can be read; the file is damaged or lacks a column", file=path
        )
    structure.merge_chain_parts()
    structure.setup_entities()
    return structure


def _is_mmcif(text: bytes) -> bool:
    for line in text.split(b"\n", 200)[:200]:
        if line.strip() and not line.startswith(b"#"):
            return line.lower().startswith(b"data_")
    return False


def _coordinate_block(text: bytes, path: str | Path) -> gemmi.cif.Block:
    blocks = [block for block in gemmi.cif.read_string(text.decode()) if block.find_values("_atom_site.Cartn_x")]
    if len(blocks) != 1:
        raise InputError(
            f"holds {len(blocks)} data blocks with atoms (_atom_site); one is read, so give a file with one", file=path
        )
    return blocks[0]


def _name_blank_chains(model: gemmi.Model) -> None:
    """A chain without a name (allowed in PDB) is called A, or the first letter that is free."""
    taken = {chain.name for chain in model}
    for chain in model:
        if not chain.name.strip():
            chain.name = next(letter for letter in ascii_uppercase + ascii_lowercase + digits if letter not in taken)
            taken.add(chain.name)


def _read_chain(chain: gemmi.Chain, path: str | Path) -> list[ResidueSite]:
    """The protein residues of a chain that have an atom; alternatives at one position (microheterogeneity) are one residue."""
    residues = [residue for residue in chain if is_protein_residue(residue)]
    sites: dict[str, ResidueSite] = {}
    for position, alternatives in groupby(residues, key=lambda residue: str(residue.seqid)):
        try:
            if position in sites:
                raise ValueError("is there twice")
            sites[position] = read_site(list(alternatives))
        except ValueError as error:
            raise InputError(f"residue {position} of chain {chain.name} {error}; the file is damaged", file=path) from None
    return [site for site in sites.values() if site.atoms]


def _select_chains(sites: dict[str, list[ResidueSite]], wanted: Sequence[str], path: str | Path) -> dict[str, list[ResidueSite]]:
    missing = [name for name in wanted if name not in sites]
    if missing or not wanted:
        raise InputError(
            f"has no protein chain {', '.join(missing) or 'without a name'}; its protein chains are {', '.join(sites)}", file=path
        )
    return {name: found for name, found in sites.items() if name in wanted}


def _content(model: gemmi.Model) -> str:
    """What a model without protein holds, for the message."""
    kinds: Counter[str] = Counter()
    for chain in model:
        for residue in chain:
            known = gemmi.find_tabulated_residue(residue.name)
            kinds["waters" if known.is_water() else "nucleotides" if known.is_nucleic_acid() else f"ligand {residue.name}"] += 1
    return ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(6))


def _assemble(sites: dict[str, list[ResidueSite]], name: str) -> Protein:
    flat = [(chain, site) for chain, found in enumerate(sites.values()) for site in found]
    positions = np.zeros((len(flat), NUM_ATOM37, 3), dtype=np.float32)
    mask = np.zeros((len(flat), NUM_ATOM37), dtype=np.float32)
    b_factors = np.zeros((len(flat), NUM_ATOM37), dtype=np.float32)
    atoms = [(row, ATOM37_INDEX[name], atom) for row, (_, site) in enumerate(flat) for name, atom in site.atoms.items()]
    place = tuple(np.array([(row, slot) for row, slot, _ in atoms]).T)
    positions[place] = [(atom.pos.x, atom.pos.y, atom.pos.z) for _, _, atom in atoms]
    mask[place] = 1.0
    b_factors[place] = [atom.b_iso for _, _, atom in atoms]
    return Protein(
        atom37_positions=positions,
        atom37_mask=mask,
        aatype=np.array([site.aatype for _, site in flat], dtype=np.int32),
        residue_index=np.array([site.number for _, site in flat], dtype=np.int32),
        insertion_codes=np.array([site.insertion_code for _, site in flat]),
        chain_index=np.array([chain for chain, _ in flat], dtype=np.int32),
        chain_ids=tuple(sites),
        b_factors=b_factors,
        name=name,
    )
