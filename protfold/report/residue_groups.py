"""The twenty residue types in groups of similar chemistry, with colours that colour-blind readers tell apart (Okabe & Ito's).

Histidine stands with the bases, tyrosine and tryptophan with the aromatic residues, cysteine, glycine and proline by themselves.
"""

from protfold.constants.residues import RESIDUES

RESIDUE_GROUPS = (
    ("aliphatic", "AVLIM", "#222222"),
    ("aromatic", "FWY", "#B0568F"),
    ("polar", "STNQ", "#007A59"),
    ("basic", "KRH", "#0072B2"),
    ("acidic", "DE", "#D55E00"),
    ("special", "GPC", "#A87000"),
)
"""Name, types, colour; darker than the palette where letters on white need it."""
GROUPED = "".join(letters for _, letters, _ in RESIDUE_GROUPS)
"""The types in the order of the groups."""
GROUPED_CODES = [RESIDUES.index(letter) for letter in GROUPED]
RESIDUE_COLORS = {letter: color for _, letters, color in RESIDUE_GROUPS for letter in letters}
