"""The residues of a protein as plain data for a page's scripts and for markup."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from protfold.constants.residues import MSA_ALPHABET, ONE_TO_THREE
from protfold.entities import Protein
from protfold.report.markup import visible

NAMES = {one: three.capitalize() for one, three in ONE_TO_THREE.items()} | {"X": "Xaa"}


def residue_data(protein: Protein) -> dict[str, Any]:
    """Chains, author's numbers, insertion codes and one-letter types, in the order of the rows."""
    return {
        "chains": [{"id": visible(name), "start": rows.start, "length": len(rows)} for name, rows in chain_rows(protein)],
        "numbers": protein.residue_index.tolist(),
        "codes": "".join(map(str, protein.insertion_codes)),
        "letters": letters(protein),
        "names": NAMES,
    }


def letters(protein: Protein) -> str:
    """One letter a residue."""
    return "".join(MSA_ALPHABET[code] for code in protein.aatype)


def chain_rows(protein: Protein) -> Iterator[tuple[str, range]]:
    """Name and rows of each chain, in the order of the rows."""
    for index, group in groupby(range(len(protein)), key=lambda row: int(protein.chain_index[row])):
        rows = list(group)
        yield protein.chain_ids[index], range(rows[0], rows[-1] + 1)


def residue_name(protein: Protein, row: int) -> str:
    """Such as `A Lys 48`."""
    letter = MSA_ALPHABET[protein.aatype[row]]
    number = f"{protein.residue_index[row]}{str(protein.insertion_codes[row]).strip()}"
    return f"{protein.chain_ids[protein.chain_index[row]]} {NAMES[letter]} {number}"
