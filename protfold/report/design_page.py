"""The page of a design result: ranked sequences, what they are made of, and how they fold by themselves."""

from collections.abc import Callable, Iterator

import numpy as np
from matplotlib.figure import Figure

from protfold.report.alignment import alignment
from protfold.report.design_figures import (
    MOST_IN_MATRIX,
    burial_of,
    composition_of,
    identity_of,
    logo_of,
    refolding_of,
    scores_of,
    substitutions_of,
)
from protfold.report.design_report import DesignReport, ReportedDesign
from protfold.report.markup import Cell, Column, Html, bullets, command_block, details, escape, joined, paragraph, png_image, table
from protfold.report.page import Section, page
from protfold.report.plots import figure_to_png
from protfold.report.structure_view import STRUCTURE_SCRIPTS, STRUCTURE_STYLES, ViewedModel, structure_view

MOST_IN_TABLE = 200
MOST_IN_VIEW = 12
"""Predictions that lie in the page, the best by scTM."""
NATIVE_COLOR = "#9AA5B1"


def design_page(report: DesignReport) -> str:
    """The text of the page; it depends on `report` alone."""
    return page(
        report.name,
        list(_sections(report)),
        kind="Design report",
        lead=_facts(report),
        scripts=(*STRUCTURE_SCRIPTS, "design.js"),
        styles=(*STRUCTURE_STYLES, "design.css"),
    )


def _sections(report: DesignReport) -> Iterator[Section]:
    if report.problems:
        yield Section(title="Problems", body=joined(*(paragraph(one, kind="problem") for one in report.problems)))
    if report.notes:
        yield Section(title="Notes", body=bullets(report.notes))
    yield Section(title="Ranked designs", body=_table(report))
    refolding = refolding_of(report)
    if report.backbone:
        yield Section(title="Structure", body=_structure(report), wide=refolding is None)
    if refolding is not None:
        yield Section(title="Folded again", body=_picture(refolding, *_refolding_words(report)), wide=not report.backbone)
    yield Section(title="Sequences", body=alignment(report))
    yield Section(title="Logo", body=_logo(report))
    yield Section(title="Scores", body=_picture(scores_of(report), *_score_words(report)), wide=False)
    yield Section(title="Recovery by burial", body=_picture(burial_of(report), *_BURIAL_WORDS), wide=False)
    yield Section(title="Composition", body=_picture(composition_of(report), *_COMPOSITION_WORDS), wide=False)
    yield Section(title="Constraints", body=bullets(report.constraints), wide=False)
    yield Section(title="Diversity", body=_picture(identity_of(report), *_identity_words(report)), wide=False)
    yield Section(title="Substitutions", body=_picture(substitutions_of(report), *_SUBSTITUTION_WORDS), wide=False)
    yield Section(title="Run it again", body=_again(report))


def _facts(report: DesignReport) -> Html:
    best, total = report.designs[0], int(report.copies.sum())
    recovery = np.average([one.recovery for one in report.designs], weights=report.copies)
    best_tm = max((one.sc_tm for one in report.designs if np.isfinite(one.sc_tm)), default=float("nan"))
    facts = {
        "Designed residues": f"{int(report.designed.sum())} of {len(report.designed)}",
        "Sequences": str(total) if len(report.designs) == total else f"{total}, {len(report.designs)} different",
        "Best score": f"{best.score:.3f} nats",
        "Native score": f"{report.native_score:.3f} nats",
        "Mean recovery": f"{recovery:.2f}",
        "Diversity": f"{report.diversity:.2f}",
        "Best scTM": f"{best_tm:.2f}",
        **report.facts,
    }
    items = "".join(
        f"<div><dt>{escape(key)}</dt><dd>{escape(value)}</dd></div>" for key, value in facts.items() if not value.startswith("nan")
    )
    return Html(f'<dl class="facts">{items}</dl>\n')


def _table(report: DesignReport) -> Html:
    """Columns that would say the same in every row are left out."""
    shown = report.designs[:MOST_IN_TABLE]
    places = {rank: place for place, rank in enumerate(_viewed(report))}
    nearest = report.nearest.tolist()
    columns: list[tuple[bool, Column, Callable[[int, ReportedDesign], Cell]]] = [
        (True, Column(title="Rank", digits=0), lambda place, one: one.rank),
        (bool(places), Column(title="3-D"), lambda place, one: _show(one.rank, places)),
        (True, Column(title="Score", unit="nats", better="lower", digits=3), lambda place, one: one.score),
        (
            not report.designed.all(),
            Column(title="Global score", unit="nats", better="lower", digits=3),
            lambda place, one: one.global_score,
        ),
        (True, Column(title="Recovery", unit="0-1", digits=2), lambda place, one: one.recovery),
        (True, Column(title="Similarity", unit="0-1", digits=2), lambda place, one: one.similarity),
        (len(report.designs) > 1, Column(title="Nearest design", unit="0-1", digits=2), lambda place, one: nearest[place]),
        (report.copies.max() > 1, Column(title="Samples", digits=0), lambda place, one: one.count),
        (
            not all(one.converged for one in report.designs),
            Column(title="Converged"),
            lambda place, one: "yes" if one.converged else "no",
        ),
        (_is_folded(report), Column(title="scTM", unit="0-1", better="higher", digits=2), lambda place, one: one.sc_tm),
        (_is_folded(report), Column(title="scRMSD", unit="Å", better="lower", digits=1), lambda place, one: one.sc_rmsd),
        (_is_folded(report), Column(title="pLDDT", unit="0-100", better="higher", digits=1), lambda place, one: one.mean_plddt),
    ]
    told = [(column, value) for is_told, column, value in columns if is_told]
    rows = [[value(place, one) for _, value in told] for place, one in enumerate(shown)]
    more = f" The first {len(shown)} of {len(report.designs)}; designs.csv holds all." if len(shown) < len(report.designs) else ""
    return joined(
        paragraph(
            "Score: mean of -log p of each designed residue's type given all others, which tells how well a sequence agrees with itself on "
            "this backbone and is no probability of folding. Recovery: share of designed residues as in the native sequence; similarity: "
            "share of types alike by BLOSUM62; neither measures quality. Nearest design: identity with the most similar other one."
            + more,
            kind="note",
        ),
        table([column for column, _ in told], rows, sortable=True),
    )


def _is_folded(report: DesignReport) -> bool:
    return any(np.isfinite(one.sc_tm) for one in report.designs)


def _show(rank: int, places: dict[int, int]) -> Html | None:
    if rank not in places:
        return None
    return Html(f'<button type="button" data-show="{places[rank]}" aria-label="Show design {rank} in 3-D">show</button>')


def _viewed(report: DesignReport) -> list[int]:
    """Ranks whose predictions lie in the page, the best one first."""
    measured = {one.rank: one for one in report.designs}
    order = sorted(report.refolded, key=lambda rank: (-measured[rank].sc_tm, -measured[rank].mean_plddt, rank))
    return order[:MOST_IN_VIEW]


def _structure(report: DesignReport) -> Html:
    ranks = _viewed(report)
    if not ranks:
        native = ViewedModel(text=report.backbone, label="native backbone")
        return structure_view([native], coloring="secondary", values="b_factor")
    by_rank = {one.rank: one for one in report.designs}
    predictions = [
        ViewedModel(
            text=report.refolded[rank],
            label=f"design {rank} folded again, scTM {by_rank[rank].sc_tm:.2f}, scRMSD {by_rank[rank].sc_rmsd:.1f} Å",
        )
        for rank in ranks
    ]
    native = ViewedModel(text=report.backbone, label="native backbone", color=NATIVE_COLOR)
    more = f" The {len(ranks)} best by scTM are here." if len(ranks) < len(report.refolded) else ""
    return joined(
        structure_view(predictions, behind=native),
        paragraph(
            f"Grey: the native backbone. On it, by CA, what the folding network makes of a design's sequence alone.{more}",
            kind="note",
        ),
    )


def _logo(report: DesignReport) -> Html:
    words = (
        "Height of a letter: its probability times the information of the residue, log2(20) minus entropy, in bits; probabilities are "
        "those in the environments that the designs give, mean over samples, before constraints. Below: native type and author number."
    )
    left_out = len(report.chains) - len(report.designed_chains)
    if left_out:
        words += f" {left_out} chain{'s' if left_out > 1 else ''} without designed residues not shown."
    return joined(
        Html('<div class="wide logo" tabindex="0">'),
        _picture(logo_of(report), "Sequence logo of the designed chains", words),
        Html("</div>\n"),
    )


def _again(report: DesignReport) -> Html:
    command = (
        command_block(report.command) if report.command else paragraph("The backbone came from memory, so there is no command.")
    )
    text = Html(f"<pre>{Html(chr(10)).join(escape(line) for line in report.manifest.splitlines())}</pre>")
    return joined(command, details("Manifest: versions, checksums, options", text))


def _refolding_words(report: DesignReport) -> tuple[str, str]:
    lost = sum(not np.isfinite(one.sc_tm) for one in report.designs)
    more = f" {lost} of {len(report.designs)} designs could not be folded." if lost else ""
    return "Refolded designs: scTM and scRMSD against mean pLDDT, labelled by rank", (
        "A point is a design, labelled by its rank by score, the first in orange. Each was folded by its sequence alone and compared with "
        f"the backbone over CA atoms; the result is as good as the folding weights.{more}"
    )


def _score_words(report: DesignReport) -> tuple[str, str]:
    known = np.isfinite(report.native_score)
    better = sum(one.score < report.native_score for one in report.designs)
    told = f" {better} of {len(report.designs)} designs score better than the native sequence." if known else ""
    return "Score of each design by rank, and of the native sequence", f"Over designed residues, the first design in orange.{told}"


def _identity_words(report: DesignReport) -> tuple[str, str]:
    shown = min(len(report.designs), MOST_IN_MATRIX)
    more = f" The first {shown} of {len(report.designs)} designs." if shown < len(report.designs) else ""
    return "Identity of each two designs and of the native sequence", (
        f"Percent of designed residues that are equal. The last row and column are the native sequence: there it is the recovery.{more}"
    )


_BURIAL_WORDS = (
    "Recovery of native types by number of neighbouring CB atoms",
    "Designed residues in thirds by CB atoms of other residues within 10 Å, ideal CB on the backbone whatever the type. Dark: share of "
    "samples with the native type; light: probability of the native type, mean over samples.",
)
_COMPOSITION_WORDS = (
    "Composition of designs and of the native sequence",
    "Over designed residues; designs weighted by their number of samples.",
)
_SUBSTITUTION_WORDS = (
    "Confusion matrix of native and designed types",
    "Row: of a native type's residues in all samples (n), the percent that became each type. Outlined: unchanged. Grey: not there.",
)


def _picture(figure: Figure, alt: str, words: str) -> Html:
    return png_image(figure_to_png(figure), alt=alt, caption=words)
