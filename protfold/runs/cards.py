"""What a notebook shows of the result of folding, and of designing."""

from typing import TYPE_CHECKING

import numpy as np

from protfold.entities.card import shown
from protfold.report import plot_pae
from protfold.report.card import result_card
from protfold.report.markup import Column

if TYPE_CHECKING:
    from protfold.runs.design.result import DesignResult
    from protfold.runs.result import FoldResult

MOST_ROWS = 10
_PLDDT = Column(title="mean pLDDT", unit="0-100", better="higher", digits=1)


def fold_line(result: "FoldResult") -> str:
    """One line of text."""
    best = result.predictions[0]
    scores = [f"mean pLDDT {np.mean(best.plddt):.1f}", *([] if best.ptm is None else [f"pTM {best.ptm:.2f}"])]
    return (
        f"FoldResult({shown(result.id)!r}: {len(best.plddt)} residues, alignment of {_rows(result)}; best of"
        f" {len(result.predictions)} by {best.weights}: {', '.join(scores)})"
    )


def fold_card(result: "FoldResult") -> str:
    """Ranked predictions, with the pictures of the confidence of the best."""
    facts = {
        "size": f"{sum(result.chain_lengths)} residues in {len(result.chains)} chain{'s' * (len(result.chains) > 1)}",
        "alignment": f"{_rows(result)}{f' of {result.msa.source}' if result.msa.source else ''}",
    }
    columns = [
        Column(title="rank", digits=0),
        Column(title="weights"),
        Column(title="seed", digits=0),
        _PLDDT,
        Column(title="pTM", unit="0-1", better="higher", digits=2),
        *([Column(title="ipTM", unit="0-1", better="higher", digits=2)] if len(result.chains) > 1 else []),
        Column(title="relaxed"),
    ]
    rows = [
        [
            rank,
            prediction.weights,
            prediction.seed,
            float(np.mean(prediction.plddt)),
            prediction.ptm,
            *([prediction.iptm] if len(result.chains) > 1 else []),
            "no" if relaxation is None else {"relaxed": "yes"}.get(relaxation.status, relaxation.status),
        ]
        for rank, (prediction, relaxation) in enumerate(zip(result.predictions, result.relaxations, strict=True), start=1)
    ]
    figures = {"pLDDT along the sequence": result.plot_plddt()}
    if result.pae is not None:
        figures["predicted aligned error of the best"] = plot_pae([result.pae], chain_lengths=result.chain_lengths)
    return result_card(
        f"Fold of {result.id}",
        facts,
        columns=columns,
        rows=rows[:MOST_ROWS],
        figures=figures,
        notes=_with_rest(result.notes, len(rows)),
    )


def design_line(result: "DesignResult") -> str:
    """One line of text."""
    best = result.designs[0]
    designed = int(result.backbone.constraints.designed.sum())
    return (
        f"DesignResult({shown(result.backbone.name)!r}: {designed} residues designed, {len(result.designs)} different sequences by"
        f" {result.weights[0]}; best score {best.score:.2f} nats (native {result.native_score:.2f}), recovery {100 * best.recovery:.0f} %)"
    )


def design_card(result: "DesignResult") -> str:
    """Ranked designs."""
    designed = result.backbone.constraints.designed
    facts = {
        "backbone": f"{len(designed)} residues, {int(designed.sum())} of them designed",
        "score of the native sequence": f"{result.native_score:.3f} nats",
        "diversity": f"{result.diversity:.2f} (1 - mean identity between designs)"
        if np.isfinite(result.diversity)
        else "one sequence",
    }
    folded = any(one.refolding is not None for one in result.designs)
    columns = [
        Column(title="rank", digits=0),
        Column(title="sequence"),
        Column(title="score", unit="nats", better="lower", digits=3),
        Column(title="recovery", unit="%", digits=0),
        *(
            [
                Column(title="scTM", unit="0-1", better="higher", digits=2),
                Column(title="scRMSD", unit="Å", better="lower", digits=1),
                _PLDDT,
            ]
            if folded
            else []
        ),
    ]
    rows = []
    for one in result.designs:
        refolding = one.refolding
        scores = [None] * 3 if refolding is None else [refolding.sc_tm, refolding.sc_rmsd, refolding.mean_plddt]
        letters = one.sequence if len(one.sequence) <= 40 else f"{one.sequence[:39]}…"
        rows.append([one.rank, letters, one.score, 100 * one.recovery, *(scores if folded else [])])
    return result_card(
        f"Designs on {result.backbone.name}",
        facts,
        columns=columns,
        rows=rows[:MOST_ROWS],
        notes=_with_rest((*result.notes, *result.problems), len(rows)),
    )


def _rows(result: "FoldResult") -> str:
    return f"{result.msa.depth} row{'s' * (result.msa.depth > 1)}"


def _with_rest(notes: tuple[str, ...], num_rows: int) -> list[str]:
    return [*notes, *([f"{num_rows - MOST_ROWS} more are not shown"] if num_rows > MOST_ROWS else [])]
