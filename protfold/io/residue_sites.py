"""One residue of a structure file: which alternative is taken, which amino acid it counts as, and which atoms it has."""

from dataclasses import dataclass

import gemmi

from protfold.constants.atoms import ATOM14_NAMES
from protfold.constants.residues import AMBIGUOUS_RESIDUES, RESIDUE_CODE, RESIDUE_NAMES, THREE_TO_ONE, UNKNOWN

_FORCE_FIELD_NAMES = {
    "HID": "HIS", "HIE": "HIS", "HIP": "HIS", "HSD": "HIS", "HSE": "HIS", "HSP": "HIS", "CYX": "CYS", "CYM": "CYS", "ASH": "ASP",
    "GLH": "GLU", "LYN": "LYS",
}  # fmt: skip
_ATOM_ALIASES = {
    ("MET", "SE"): "SD",  # selenomethionine
    ("CYS", "SE"): "SG",  # selenocysteine
    ("ILE", "CD"): "CD1",  # CHARMM and GROMACS
}
_BACKBONE_AND_CB = ("N", "CA", "C", "O", "CB")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResidueSite:
    """A residue as it enters a `Protein`.

    Attributes:
        aatype: 0-20.
        number: author's residue number.
        insertion_code: one character, a blank for none.
        atoms: by atom37 name.
    """

    aatype: int
    number: int
    insertion_code: str
    atoms: dict[str, gemmi.Atom]


def is_protein_residue(residue: gemmi.Residue) -> bool:
    """Whether a residue belongs to a protein chain; free amino acids, caps without N, CA and C, and nucleotides do not."""
    known = gemmi.find_tabulated_residue(residue.name)
    in_polymer = residue.entity_type == gemmi.EntityType.Polymer
    if known.is_amino_acid() or residue.name in _FORCE_FIELD_NAMES:
        return in_polymer or residue.het_flag == "A"  # gemmi ends the polymer at TER, which may stand at a mere break
    return in_polymer and not known.is_nucleic_acid() and {"N", "CA", "C"} <= {atom.name for atom in residue}


def amino_acid_code(name: str) -> int:
    """0-19 of a residue name; of a modified residue its parent's, as gemmi's table has it (MSE is MET); 20 where there is none."""
    name = _FORCE_FIELD_NAMES.get(name, name)
    letter = THREE_TO_ONE.get(name) or gemmi.find_tabulated_residue(name).one_letter_code.upper()
    return RESIDUE_CODE.get(AMBIGUOUS_RESIDUES.get(letter, letter), UNKNOWN)


def read_site(alternatives: list[gemmi.Residue]) -> ResidueSite:
    """The residue at one position: the alternative of highest occupancy, the first among equals.

    An unknown residue keeps N, CA, C, O and CB; OXT is kept in every residue.

    Raises:
        ValueError: an atom or the residue itself is there twice without being an alternative.
    """
    if len(alternatives) > 1 and any(not atom.has_altloc() for residue in alternatives for atom in residue):
        raise ValueError(f"is there {len(alternatives)} times ({', '.join(residue.name for residue in alternatives)})")
    residue = max(alternatives, key=lambda residue: max(atom.occ for atom in residue))
    aatype = amino_acid_code(residue.name)
    parent = RESIDUE_NAMES[aatype]
    wanted = {*ATOM14_NAMES.get(parent, _BACKBONE_AND_CB), "OXT"}
    atoms: dict[str, gemmi.Atom] = {}
    for atom in _in_order_of_preference(residue):
        name = _ATOM_ALIASES.get((parent, atom.name), atom.name)
        if name in wanted:
            atoms.setdefault(name, atom)
    return ResidueSite(aatype=aatype, number=int(residue.seqid.num or 0), insertion_code=residue.seqid.icode, atoms=atoms)


def _in_order_of_preference(residue: gemmi.Residue) -> list[gemmi.Atom]:
    """Atoms of the preferred alternative first, so that one residue is built from one alternative where it is complete."""
    occupancy: dict[str, float] = {}
    seen = set()
    for atom in residue:
        if (atom.name, atom.altloc) in seen:
            raise ValueError(f"has atom {atom.name} twice")
        seen.add((atom.name, atom.altloc))
        occupancy[atom.altloc] = max(atom.occ, occupancy.get(atom.altloc, 0.0))
    preference = {altloc: rank for rank, altloc in enumerate(sorted(occupancy, key=lambda altloc: -occupancy[altloc]))}
    return sorted(residue, key=lambda atom: preference[atom.altloc])
