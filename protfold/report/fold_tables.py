"""Tables of a folded target: scores of the ranked models, what relaxation did, measures beside a reference, how it was made."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from protfold.report.markup import Cell, Column, Html, bullets, command_block, details, escape, joined, paragraph, table

_SCORES = (
    Column(title="Rank", digits=0),
    Column(title="Weights"),
    Column(title="Seed", digits=0),
    Column(title="Recycles", digits=0),
    Column(title="Mean pLDDT", unit="0-100", better="higher", digits=1),
    Column(title="pTM", unit="0-1", better="higher", digits=3),
    Column(title="ipTM", unit="0-1", better="higher", digits=3),
)
_RELAXATION = (
    Column(title="Rank", digits=0),
    Column(title="Result"),
    Column(title="Energy as predicted", unit="kcal/mol", better="lower", digits=1),
    Column(title="Energy relaxed", unit="kcal/mol", better="lower", digits=1),
    Column(title="Violations as predicted", unit="residues", better="lower", digits=0),
    Column(title="Violations relaxed", unit="residues", better="lower", digits=0),
    Column(title="CA moved by", unit="RMSD in Å", digits=2),
)
_MEASURES = (
    Column(title="Rank", digits=0),
    Column(title="TM-score", unit="0-1", better="higher", digits=3),
    Column(title="GDT-TS", unit="0-1", better="higher", digits=3),
    Column(title="lDDT-CA", unit="0-1", better="higher", digits=3),
    Column(title="lDDT", unit="all atoms, 0-1", better="higher", digits=3),
    Column(title="RMSD", unit="CA, Å", better="lower", digits=2),
    Column(title="Matched", unit="residues", digits=0),
)


def score_table(scores: Mapping[str, Any]) -> Html:
    """One row for each ranked model of `scores.json`."""
    ranking = scores["ranking"]
    with_iptm = any(one["iptm"] is not None for one in ranking)
    keys = ("rank", "weights", "seed", "recycles", "mean_plddt", "ptm", "iptm")[: None if with_iptm else -1]
    columns = _SCORES[: len(keys)]
    rows = [[one[key] for key in keys] for one in ranking]
    return joined(
        table(columns, rows),
        paragraph(
            "pLDDT is the predicted lDDT-CA of a residue, pTM the predicted TM-score of the whole"
            + (", ipTM that of the interfaces between chains." if with_iptm else ".")
            + " The confidences are those of the prediction; relaxation does not change them.",
            kind="note",
        ),
    )


def relaxation_table(scores: Mapping[str, Any]) -> Html:
    """Energies and violations before and after, for each model of `scores.json` that was to be relaxed."""
    asked = [(one["rank"], one["relaxation"]) for one in scores["ranking"] if one["relaxation"] is not None]
    if not asked:
        return paragraph("Relaxation was not asked for; all models are as the network gave them.")
    warnings = [f"Rank {rank}: {text}" for rank, one in asked for text in (*one.get("warnings", ()), *one.get("left_out", ()))]
    reasons = [f"Rank {rank} is not relaxed: {one['reason']}" for rank, one in asked if one.get("reason")]
    return joined(
        table(_RELAXATION, [_relaxation_row(rank, one) for rank, one in asked]),
        paragraph(
            "Energies are those of the Amber force field without the springs that hold the atoms. A residue is in violation if its"
            " peptide bond is broken, if it clashes with another residue, or if its own atoms are distorted.",
            kind="note",
        ),
        bullets((*reasons, *warnings)),
    )


def _relaxation_row(rank: int, one: Mapping[str, Any]) -> Sequence[Cell]:
    before, after = (one.get(f"violations_{when}", {}).get("residues") for when in ("before", "after"))
    return (rank, one["status"], one.get("energy_before"), one.get("energy_after"), before, after, one.get("ca_rmsd"))


def measure_table(measures: Sequence[Mapping[str, Any]], name: str) -> Html:
    """Each ranked model beside the reference; keys as `protfold compare --json` has them."""
    keys = ("tm_score", "gdt_ts", "lddt_ca", "lddt", "rmsd_ca", "num_matched")
    rows = [(rank, *(one[key] for key in keys)) for rank, one in enumerate(measures, start=1)]
    warnings = dict.fromkeys(text for one in measures for text in one["warnings"])
    return joined(
        table(_MEASURES, rows),
        paragraph("Reference: ", name, ". TM-score and GDT-TS are over the reference's residues.", kind="note"),
        bullets(warnings),
    )


def provenance(manifest: Mapping[str, Any]) -> Html:
    """How to make the result again, with what it was made, and the manifest as it is."""
    rows = [(key, value) for key, value in _facts(manifest)]
    return joined(
        paragraph("To make the same result again, run this in the target's folder:"),
        command_block(manifest["command"]),
        table((Column(title="Made with"), Column(title="")), rows),
        details("The whole manifest.json", Html(f"<pre><code>{_lines(manifest)}</code></pre>\n")),
    )


def _facts(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "protfold", f"{manifest['protfold']} on Python {manifest['python']}"
    yield "Libraries", ", ".join(f"{library} {version}" for library, version in manifest["libraries"].items())
    for one in manifest["weights"]:
        yield "Weights", f"{one['name']}, SHA-256 {one['sha256']}"
    msa = manifest["msa"]
    yield "Alignment", f"{msa['source'] or 'given in memory'}, SHA-256 of msa.a3m {msa['sha256']}"
    for one in manifest["templates"]:
        yield "Template", ", ".join(f"{key} {value}" for key, value in one.items() if value not in (None, ""))
    yield "Seeds", ", ".join(map(str, manifest["seeds"]))


def _lines(manifest: Mapping[str, Any]) -> Html:
    return Html("\n".join(escape(line) for line in json.dumps(manifest, indent=1).split("\n")))
