"""The page of one folded target: structure, aligned errors, sequence, confidence, contacts, alignment, torsions, scores, origin."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from protfold.entities import Protein
from protfold.report.fold_tables import measure_table, provenance, relaxation_table, score_table
from protfold.report.markup import Html, bullets, details, escape, joined, json_block, paragraph, png_image
from protfold.report.page import Section, page
from protfold.report.plots import MAX_PAE, PLDDT_BANDS
from protfold.report.ramachandran_view import ramachandran_view
from protfold.report.residue_names import chain_rows, residue_data
from protfold.report.residue_pairs import UNKNOWN, bin_size, coarsened, map_data
from protfold.report.sequence_view import sequence_view
from protfold.report.structure_view import STRUCTURE_SCRIPTS, STRUCTURE_STYLES, ViewedModel, structure_view
from protfold.typing import Bool, Float

FOLD_SCRIPTS = (*STRUCTURE_SCRIPTS, "residue_axis.js", "matrix_map.js", "plddt_trace.js", "fold_page.js")
FOLD_STYLES = (*STRUCTURE_STYLES, "fold_page.css")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReferenceStructure:
    """A structure that the models are measured by, laid over the rows of the best model.

    Attributes:
        name: what it is called.
        model: for the 3-D view, superposed on the best model.
        contacts: [N_res, N_res] which pseudo-beta atoms lie within 8 Å.
        known: [N_res] residues that the reference has.
        lddt_ca: [N_res] of the best model, 0-1; NaN where there is none.
        measures: of each ranked model, best first; keys as `protfold compare --json` has them.
    """

    name: str
    model: ViewedModel
    contacts: Bool[np.ndarray, "N_res N_res"]
    known: Bool[np.ndarray, " N_res"]
    lddt_ca: Float[np.ndarray, " N_res"]
    measures: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FoldedTarget:
    """What the page shows; all of it lies in the target's folder.

    Attributes:
        name: the target's id.
        protein: the best model.
        models: for the 3-D view, the best first.
        plddts: [N_res] 0-100 of each ranked model, best first.
        pae: [N_res, N_res] Å, row = aligned residue; None for weights without that head.
        contacts: [N_res, N_res] probabilities; None where they are not known.
        scores: `scores.json`.
        manifest: `manifest.json`.
        coverage_png: picture of the alignment; None where it is missing.
        pae_png: picture of the aligned errors of all ranks; None where there is one rank only.
        reference: what the models are measured by, if anything.
        remarks: what a reader should know about the page itself.
    """

    name: str
    protein: Protein
    models: tuple[ViewedModel, ...]
    plddts: tuple[Float[np.ndarray, " N_res"], ...]
    pae: Float[np.ndarray, "N_res N_res"] | None
    contacts: Float[np.ndarray, "N_res N_res"] | None
    scores: Mapping[str, Any]
    manifest: Mapping[str, Any]
    coverage_png: bytes | None
    pae_png: bytes | None
    reference: ReferenceStructure | None = None
    remarks: tuple[str, ...] = ()


def fold_page(target: FoldedTarget) -> str:
    """The whole page; the same target gives the same text."""
    return page(
        target.name,
        list(_sections(target)),
        kind="Structure prediction",
        lead=_lead(target),
        scripts=FOLD_SCRIPTS,
        styles=FOLD_STYLES,
    )


def _sections(target: FoldedTarget) -> Iterator[Section]:
    yield Section(title="Structure", body=_structure(target), wide=False)
    yield Section(title="Predicted aligned error", id="pae", body=_pae(target), wide=False)
    yield Section(title="Sequence", body=_sequence(target))
    yield Section(title="pLDDT", id="plddt", body=_trace(target))
    if target.contacts is not None:
        yield Section(title="Contacts", body=_contacts(target, target.contacts), wide=target.coverage_png is None)
    if target.coverage_png is not None:
        yield Section(title="Alignment", body=_coverage(target, target.coverage_png), wide=target.contacts is None)
    yield Section(title="Ramachandran", body=ramachandran_view(target.protein))
    if target.reference is not None:
        yield Section(
            title="Against the reference", id="reference", body=measure_table(target.reference.measures, target.reference.name)
        )
    yield Section(title="Scores", body=score_table(target.scores))
    yield Section(title="Relaxation", body=relaxation_table(target.scores))
    if target.manifest["notes"]:
        yield Section(title="Notes", body=bullets(target.manifest["notes"]))
    yield Section(
        title="How it was made", id="origin", body=joined(provenance(target.manifest), json_block("fold-data", _data(target)))
    )


def _structure(target: FoldedTarget) -> Html:
    behind = target.reference.model if target.reference else None
    return joined(structure_view(target.models, behind=behind), bullets(target.remarks))


def _lead(target: FoldedTarget) -> Html:
    scores, chains = target.scores, list(chain_rows(target.protein))
    facts = [
        ("Residues", f"{len(target.protein)}", f"in {len(chains)} chains" if len(chains) > 1 else ""),
        ("Mean pLDDT", f"{scores['mean_plddt']:.1f}", "of 100"),
        *((title, f"{scores[key]:.2f}", "of 1") for key, title in (("ptm", "pTM"), ("iptm", "ipTM")) if key in scores),
        ("Models", f"{len(target.plddts)}", "ranked by confidence" if len(target.plddts) > 1 else ""),
        (
            "Alignment",
            f"{target.manifest['msa']['depth']}",
            "sequences" if target.manifest["msa"]["depth"] > 1 else "the query alone",
        ),
        ("Weights", ", ".join(one["name"] for one in target.manifest["weights"]), ""),
    ]
    items = "".join(f"<div><dt>{title}</dt><dd>{escape(value)} <small>{note}</small></dd></div>\n" for title, value, note in facts)
    shares = ", ".join(f"{100.0 * share:.0f} % {name} ({bounds})" for name, bounds, share in _bands(target.plddts[0]))
    return joined(Html(f'<dl class="facts">\n{items}</dl>\n'), paragraph(f"pLDDT of the best model's residues: {shares}."))


def _bands(plddt: np.ndarray) -> Iterator[tuple[str, str, float]]:
    """Name of each band, its bounds in words, and the share of residues in it."""
    upper = np.inf
    for lower, _, name in PLDDT_BANDS:
        share = float(((plddt > lower if lower else plddt >= 0) & (plddt <= upper)).mean())
        bounds = f"above {lower:.0f}" if upper == np.inf else f"{lower:.0f}-{upper:.0f}" if lower else f"below {upper:.0f}"
        yield name, bounds, share
        upper = lower


def _pae(target: FoldedTarget) -> Html:
    if target.pae is None:
        return paragraph(f"The weights {target.manifest['weights'][0]['name']} predict no aligned error.")
    several = (
        [details("The maps of all ranks", png_image(target.pae_png, alt="Predicted aligned error of each ranked model"))]
        if target.pae_png
        else []
    )
    return joined(
        Html('<canvas data-map="pae" role="img" aria-label="Predicted aligned error of the best model"></canvas>\n'),
        _scale("pae", "0 Å", f"{MAX_PAE:.0f} Å and more"),
        _readout("pae"),
        _chosen(),
        paragraph(
            "Of the best model: the error in Å expected at the scored residue when model and truth are superposed on the aligned residue;"
            " lower is better. Low values between two domains or chains mean that their places relative to each other can be trusted.",
            kind="note",
        ),
        _coarser(len(target.pae), "the mean"),
        *several,
    )


def _sequence(target: FoldedTarget) -> Html:
    return joined(
        sequence_view(target.protein, target.plddts[0]),
        _readout("sequence"),
        _chosen(),
        paragraph(
            "Coloured by the pLDDT of the best model as the structure is. Below each residue: H helix, E strand of that model. Drag over"
            " residues to see them in the structure.",
            kind="note",
        ),
    )


def _trace(target: FoldedTarget) -> Html:
    bands = ", ".join(f"{name} {bounds}" for name, bounds, _ in _bands(target.plddts[0]))
    return joined(
        Html('<div><canvas data-trace role="img" aria-label="pLDDT of each residue of the ranked models"></canvas></div>\n'),
        Html('<ul class="legend" data-trace-legend></ul>\n'),
        _readout("plddt"),
        paragraph(f"pLDDT, 0-100, higher is better; bands: {bands}.", kind="note"),
    )


def _contacts(target: FoldedTarget, contacts: np.ndarray) -> Html:
    halves = (
        f" Above the diagonal: predicted. Below: contacts of the reference {target.reference.name} in black; grey where it lacks a residue."
        if target.reference
        else ""
    )
    return joined(
        Html('<canvas data-map="contacts" role="img" aria-label="Predicted contacts"></canvas>\n'),
        _scale("contacts", "0", "1"),
        _readout("contacts"),
        _chosen(),
        paragraph(
            f"Probability that CB atoms (CA of glycine) lie within 8 Å, from the best model's distogram.{halves}", kind="note"
        ),
        _coarser(len(contacts), "the highest"),
    )


def _coverage(target: FoldedTarget, png: bytes) -> Html:
    msa = target.manifest["msa"]
    depth = f"{msa['depth']} sequences, the query included" if msa["depth"] > 1 else "The query alone"
    return joined(
        png_image(png, alt="Coverage of the alignment: rows sorted by identity to the query, and sequences at each residue"),
        paragraph(
            f"{depth}. Rows are sorted by identity to the query (colour), gaps are white; the black line counts the sequences with a"
            " residue at each position.",
            kind="note",
        ),
    )


def _coarser(num_residues: int, taken: str) -> Html:
    step = bin_size(num_residues)
    return (
        paragraph(f"Each dot stands for {step} × {step} residue pairs and shows {taken} of them.", kind="note")
        if step > 1
        else Html("")
    )


def _scale(key: str, low: str, high: str) -> Html:
    return Html(f'<div class="scale"><span>{low}</span><i data-scale="{key}"></i><span>{high}</span></div>\n')


def _readout(key: str) -> Html:
    return Html(f'<p class="readout" data-readout="{key}" aria-live="polite"></p>\n')


def _chosen() -> Html:
    return Html('<div class="chosen-bar" hidden><span></span><button type="button" data-clear>Clear the choice</button></div>\n')


def _data(target: FoldedTarget) -> dict[str, Any]:
    maps: dict[str, Any] = {}
    if target.pae is not None:
        maps["pae"] = map_data(target.pae, maximum=MAX_PAE, coarsen="mean")
    if target.contacts is not None:
        maps["contacts"] = _contact_data(target.contacts, target.reference)
    lines = [_line(f"rank {rank}", plddt) for rank, plddt in enumerate(target.plddts, start=1)]
    if target.reference is not None:
        lines.append({**_line("lDDT-CA × 100 of rank 1 to the reference", 100.0 * target.reference.lddt_ca), "reference": True})
    return {**residue_data(target.protein), "lines": lines, "maps": maps}


def _line(title: str, values: np.ndarray) -> dict[str, Any]:
    numbers: Sequence[float | None] = [round(float(one), 1) if np.isfinite(one) else None for one in values]
    return {"title": title, "values": numbers, "mean": round(float(np.nanmean(values)), 2)}


def _contact_data(contacts: np.ndarray, reference: ReferenceStructure | None) -> dict[str, Any]:
    """Probabilities; with a reference its contacts stand below the diagonal as 1 and `UNKNOWN`/255 where it lacks a residue."""
    if reference is None:
        return map_data(contacts, maximum=1.0, coarsen="max")
    # 254 is the highest probability, so that 255 can stand for what the reference lacks
    levels = np.minimum(contacts * UNKNOWN, UNKNOWN - 1)
    true = np.where(reference.contacts, 1.0, 0.0)
    below = np.where(reference.known[:, None] & reference.known[None], true, UNKNOWN)
    step = bin_size(len(contacts))
    upper, lower = coarsened(levels, step, "max"), coarsened(below, step, "max")
    both = np.where(np.tri(len(upper), k=-1, dtype=bool), lower, upper)
    return {**map_data(both, maximum=float(UNKNOWN), coarsen="max"), "maximum": 1.0, "reference": True}
