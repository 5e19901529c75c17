"""Independent programs that measure structures, asked for the numbers that protfold's measures are compared with.

`TMscore` (Zhang and Skolnick 2004; Debian package `tm-align`) and `mkdssp` (Debian package `dssp`, 4.2.2) must be on the path; Biopython
and biotite are Python packages.
"""

import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import biotite.structure as biotite
import numpy as np
from Bio.SVDSuperimposer import SVDSuperimposer

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_NAMES
from protfold.constants.residues import RESIDUE_NAMES
from protfold.entities import Protein
from protfold.io import read_structure, write_pdb
from protfold.typing import Int

TM_SCORE_LINES = {
    "tm_score": r"TM-score\s*=\s*([\d.]+)",
    "gdt_ts": r"GDT-TS-score=\s*([\d.]+)",
    "gdt_ha": r"GDT-HA-score=\s*([\d.]+)",
    "rmsd_ca": r"RMSD of  the common residues=\s*([\d.]+)",
}
CONFUSED = {
    ("ARG", "NH"), ("ASP", "OD"), ("GLU", "OE"), ("LEU", "CD"), ("PHE", "CD"), ("PHE", "CE"), ("TYR", "CD"), ("TYR", "CE"), ("VAL", "CG"),
}  # fmt: skip
HEADER = "HEADER    PROTEIN                                 01-JAN-20   1ABC              \n"
CELL = "CRYST1    1.000    1.000    1.000  90.00  90.00  90.00 P 1           1          \n"


def tm_score_program(model: Protein, reference: Protein) -> dict[str, str]:
    """TM-score, GDT-TS, GDT-HA and CA deviation as TMscore prints them; residues of equal number are paired."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("model.pdb", "reference.pdb")]
        for protein, path in zip((model, reference), paths, strict=True):
            write_pdb(protein, path)
        printed = subprocess.run(["TMscore", *paths], capture_output=True, text=True, check=True).stdout
    found = {name: re.search(pattern, printed) for name, pattern in TM_SCORE_LINES.items()}
    return {name: match.group(1) for name, match in found.items() if match}


def mkdssp_states(protein: Protein) -> str:
    """The eight states of each residue, - for none, as mkdssp finds them; polyproline helices count as none."""
    rows = _mkdssp_rows(protein)
    return "".join(rows[row][16].replace(" ", "-").replace("P", "-") if row in rows else "-" for row in range(len(protein)))


def mkdssp_accessibility(protein: Protein) -> list[int | None]:
    """The accessible surface (Å²) of each residue as mkdssp prints it, None for those that it leaves out."""
    rows = _mkdssp_rows(protein)
    return [int(rows[row][34:38]) if row in rows else None for row in range(len(protein))]


def _mkdssp_rows(protein: Protein) -> dict[int, str]:
    """What mkdssp prints of each residue, by its row."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "structure.pdb"
        write_pdb(as_one_chain(protein, np.arange(1, len(protein) + 1)), path)
        atoms = [line for line in path.read_text().splitlines() if line.startswith(("ATOM", "TER", "END"))]
        path.write_text(HEADER + CELL + "\n".join(atoms) + "\n")
        command = ["mkdssp", "--output-format", "dssp", str(path)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = printed[printed.index("  #  RESIDUE") :].splitlines()[1:]
    return {int(row[5:10]) - 1: row for row in rows if row[13] != "!"}


def biopython_rmsd(model: Protein, reference: Protein, atoms: tuple[str, ...] = ATOM37_NAMES) -> float:
    """Deviation (Å) after superposition of the named atoms that both have."""
    slots = [ATOM37_INDEX[name] for name in atoms]
    both = (model.atom37_mask * reference.atom37_mask)[:, slots] > 0
    superimposer = SVDSuperimposer()
    superimposer.set(*(one.atom37_positions[:, slots][both].astype(float) for one in (reference, model)))
    superimposer.run()
    return float(superimposer.get_rms())


def biotite_lddt(model: Protein, reference: Protein, *, rename: bool) -> float:
    """The lDDT over the atoms that both have, if asked for with the names of side-chain atoms that fit each residue better.

    Whether a residue's names are exchanged is decided by the lDDT of its atoms that may be confused to all that may not.
    """
    true, found = _atom_array(reference, model), _atom_array(model, reference)
    if rename:
        partner = np.array([_partner(*atom) for atom in zip(true.res_name, true.atom_name, strict=True)])
        may_be_confused = partner != true.atom_name
        for residue in np.unique(true.res_id[may_be_confused]):
            own = np.flatnonzero((true.res_id == residue) & may_be_confused)
            row_of = dict(zip(true.atom_name[own].tolist(), own.tolist(), strict=True))
            if not all(partner[row] in row_of for row in own):
                continue
            exchanged = found.copy()
            exchanged.coord[own] = found.coord[[row_of[partner[row]] for row in own]]
            mask = np.isin(np.arange(len(true)), own)
            before, after = (biotite.lddt(true, one, atom_mask=mask, partner_mask=~may_be_confused) for one in (found, exchanged))
            found = exchanged if after > before else found
    return float(biotite.lddt(true, found))


def _partner(residue: str, atom: str) -> str:
    """The atom that this one may be confused with, or its own name: Mariani et al. (2013) Methods."""
    if (residue, atom[:-1]) in CONFUSED and atom[-1] in "12":
        return atom[:-1] + {"1": "2", "2": "1"}[atom[-1]]
    return atom


def as_one_chain(protein: Protein, numbers: Int[np.ndarray, " N_res"]) -> Protein:
    """The same residues as chain A with the given numbers."""
    return replace(
        protein,
        residue_index=numbers,
        insertion_codes=np.full(len(protein), " "),
        chain_index=np.zeros(len(protein), dtype=np.int64),
        chain_ids=("A",),
    )


def as_written(protein: Protein) -> Protein:
    """With the coordinates that a PDB file keeps, three decimals."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "structure.pdb"
        write_pdb(protein, path)
        return replace(read_structure(path), name=protein.name)


def _atom_array(protein: Protein, other: Protein) -> biotite.AtomArray:
    rows, slots = np.nonzero(protein.atom37_mask * other.atom37_mask)
    array = biotite.AtomArray(len(rows))
    array.coord = protein.atom37_positions[rows, slots]
    array.atom_name, array.element = np.array(ATOM37_NAMES)[slots], np.array([name[0] for name in ATOM37_NAMES])[slots]
    array.res_id, array.res_name = rows + 1, np.array(RESIDUE_NAMES)[protein.aatype[rows]]
    array.chain_id[:] = "A"
    return array
