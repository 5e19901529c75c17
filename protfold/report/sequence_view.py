"""The sequence of a model, coloured by confidence, with the author's numbers and its secondary structure."""

import numpy as np

from protfold.constants.residues import MSA_ALPHABET
from protfold.entities import Protein
from protfold.metrics.secondary_structure import secondary_structure, three_states
from protfold.report.markup import Html, escape, joined
from protfold.report.plots import PLDDT_BANDS
from protfold.report.residue_names import chain_rows, residue_name
from protfold.typing import Float

RUN = 10
"""Residues that stand together."""


def sequence_view(protein: Protein, plddt: Float[np.ndarray, " N_res"]) -> Html:
    """Every chain in runs of ten, each residue an element that knows its row (`data-place`).

    Args:
        protein: whose chains, numbers and structure are shown.
        plddt: 0-100.
    """
    states = three_states(secondary_structure(protein)).replace("-", " ")
    chains = []
    for name, rows in chain_rows(protein):
        heading = joined(Html("<h3>Chain "), name, f", {len(rows)} residues", Html("</h3>\n"))
        runs = (rows[start : start + RUN] for start in range(0, len(rows), RUN))
        chains.append(joined(heading, *(_run(protein, plddt, states, run) for run in runs)))
    return joined(Html('<div class="sequence">\n'), *chains, Html("</div>\n"))


def _run(protein: Protein, plddt: np.ndarray, states: str, rows: range) -> Html:
    number = f"{protein.residue_index[rows[0]]}{str(protein.insertion_codes[rows[0]]).strip()}"
    residues = "".join(
        f'<b class="{band_class(plddt[row])}" data-place="{row}" title="{escape(residue_name(protein, row))}">'
        f"{MSA_ALPHABET[protein.aatype[row]]}</b>"
        for row in rows
    )
    below = "".join(f"<span>{states[row]}</span>" for row in rows)
    return Html(f'<span class="run"><small>{number}</small>{residues}<span class="ss">{below}</span></span>\n')


def band_class(plddt: float) -> str:
    """The style of a residue of this confidence: `p90`, `p70`, `p50` or `p0`."""
    return next(f"p{lower:.0f}" for lower, _, _ in PLDDT_BANDS if plddt > lower or lower == 0)
