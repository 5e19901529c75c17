"""The pages of a design result and of a run, made of the text of stored files alone: the same files give the same page."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from protfold.constants.atoms import BACKBONE
from protfold.constants.residues import RESIDUES, encode
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import format_mmcif, format_pdb, parse_structure
from protfold.metrics.burial import neighbor_counts
from protfold.report.design_page import design_page
from protfold.report.design_report import DesignReport, ReportedChain, ReportedDesign
from protfold.report.design_run_page import design_run_page
from protfold.runs.design.backbones import CHAIN_BREAK
from protfold.runs.design.settings_in_words import constraints_in_words

REPORT = "report.html"
_SUFFIXES = ("pdb", "cif")
_READ = ("designs.csv", "per_position.csv", "manifest.json")
_MODELS = ("rank_1", "rank_1_state_*", "refold_*")


def design_report(folder: Path) -> str:
    """The text of the page of a stored result.

    Raises:
        InputError: a file of the result is missing or damaged.
    """
    models = [path for kind in _MODELS for suffix in _SUFFIXES for path in sorted(folder.glob(f"{kind}.{suffix}"))]
    try:
        report = read_design_report({path.name: path.read_text() for path in (*(folder / name for name in _READ), *models)})
    except (OSError, UnicodeDecodeError, ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError(f"is no whole result of a design run: {error}", file=folder) from error
    return design_page(report)


def design_run_report(output: Path) -> str:
    """The text of the page of a run's folder, from its summary and from which backbones have pages.

    Raises:
        InputError: there is no readable summary.
    """
    try:
        rows = json.loads((output / "design_summary.json").read_text())
        return design_run_page(rows, with_page=[row["folder"] for row in rows if (output / row["folder"] / REPORT).is_file()])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"holds no readable design_summary.json: {error}", file=output) from error


def read_design_report(files: Mapping[str, str]) -> DesignReport:
    """What a page shows, from the text of a result's files by name; models may be left out."""
    rows, lines = _csv(files["per_position.csv"]), _csv(files["designs.csv"])
    about = json.loads(files["manifest.json"])
    keys = [(row["state"], row["chain"], row["residue_number"] + row["insertion_code"]) for row in rows]
    native, designed = _codes("".join(row["native"] for row in rows)), np.array([row["role"] == "designed" for row in rows])
    chains = tuple(_chains(keys))
    models = _first_models(files)
    return DesignReport(
        name=about["backbone"],
        designs=tuple(map(_design, lines)),
        types=np.stack([_types(line, native, designed, chains, keys) for line in lines]),
        native=native,
        designed=designed,
        chains=chains,
        numbers=tuple(number for _, _, number in keys),
        probabilities=np.array([[_number(row[f"p_{letter}"]) for letter in RESIDUES] for row in rows]),
        neighbors=_neighbors(models, keys),
        native_score=_number(about["native_score"]),
        diversity=_number(about["diversity"]),
        facts=dict(_facts(about)),
        backbone=_native_backbone(models["1"], dict(zip(keys, native.tolist(), strict=True))) if models else "",
        refolded=dict(_refolded(files, [row for row in rows if row["state"] == "1"])),
        constraints=constraints_in_words(about),
        problems=tuple(about["problems"]),
        notes=tuple(about["notes"]),
        command=about["command"] or "",
        manifest=files["manifest.json"],
    )


def _facts(about: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Temperature", f"{about['temperature']:.3g}"
    yield "Designer", about["weights"]["name"]
    if about["refold_weights"]:
        yield "Folded by", about["refold_weights"]["name"]


def _csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _number(value: str | float | None) -> float:
    return float("nan") if value in ("", None) else float(value)


def _codes(letters: str) -> np.ndarray:
    return encode(letters).astype(np.int64)


def _design(line: Mapping[str, str]) -> ReportedDesign:
    return ReportedDesign(
        rank=int(line["rank"]),
        count=int(line["count"]),
        score=_number(line["score"]),
        global_score=_number(line["global_score"]),
        recovery=_number(line["seq_recovery"]),
        similarity=_number(line["similarity_recovery"]),
        converged=line["converged"] == "True",
        sc_tm=_number(line["sc_tm"]),
        sc_rmsd=_number(line["sc_rmsd"]),
        mean_plddt=_number(line["mean_plddt"]),
    )


def _chains(keys: list[tuple[str, str, str]]) -> Iterator[ReportedChain]:
    several = len({state for state, _, _ in keys}) > 1
    for state, chain in dict.fromkeys(key[:2] for key in keys):
        rows = np.array([row for row, key in enumerate(keys) if key[:2] == (state, chain)])
        yield ReportedChain(name=f"{chain} of state {state}" if several else chain, rows=rows)


def _types(
    line: Mapping[str, str],
    native: np.ndarray,
    designed: np.ndarray,
    chains: tuple[ReportedChain, ...],
    keys: list[tuple[str, str, str]],
) -> np.ndarray:
    """All residues of a design: a sequence holds the designed chains of a state, and others are as they were."""
    types = native.copy()
    for state in dict.fromkeys(key[0] for key in keys):
        rows = [chain.rows for chain in chains if keys[chain.rows[0]][0] == state and designed[chain.rows].any()]
        if rows:
            sequence = line["sequence" if state == "1" else f"sequence_{state}"]
            types[np.concatenate(rows)] = _codes(sequence.replace(CHAIN_BREAK, ""))
    return types


def _first_models(files: Mapping[str, str]) -> dict[str, Protein]:
    """The best design's model of each state; none where they are not at hand."""
    models = {}
    for name, text in files.items():
        stem, _, suffix = name.partition(".")
        if stem == "rank_1" or stem.startswith("rank_1_state_"):
            models[stem.removeprefix("rank_1_state_") if stem != "rank_1" else "1"] = parse_structure(
                text.encode(), f"{stem}.{suffix}"
            )
    return models


def _names(protein: Protein) -> list[tuple[str, str]]:
    """Chain and number of each residue."""
    return [
        (protein.chain_ids[chain], f"{number}{code}".strip())
        for chain, number, code in zip(protein.chain_index, protein.residue_index, protein.insertion_codes, strict=True)
    ]


def _neighbors(models: Mapping[str, Protein], keys: list[tuple[str, str, str]]) -> np.ndarray:
    counts = {
        (state, *name): count
        for state, protein in models.items()
        for name, count in zip(_names(protein), neighbor_counts(protein).tolist(), strict=True)
    }
    return np.array([counts.get(key, np.nan) for key in keys])


def _native_backbone(model: Protein, native: Mapping[tuple[str, str, str], int]) -> str:
    """A designed model is the native backbone, and becomes it again with the native types and without side chains."""
    types = np.array([native[("1", *name)] for name in _names(model)], dtype=model.aatype.dtype)
    return _text(_main_chain(replace(model, aatype=types, b_factors=np.zeros_like(model.b_factors))))


def _refolded(files: Mapping[str, str], rows: list[dict[str, str]]) -> Iterator[tuple[int, str]]:
    """Predictions by rank, their residues called as in the backbone, of which a prediction has the same ones in the same order."""
    chain_ids = tuple(dict.fromkeys(row["chain"] for row in rows))
    for file, text in files.items():
        stem, _, _ = file.partition(".")
        if stem.startswith("refold_"):
            protein = _main_chain(parse_structure(text.encode(), file))
            named = replace(
                protein,
                chain_ids=chain_ids,
                chain_index=np.array([chain_ids.index(row["chain"]) for row in rows], dtype=protein.chain_index.dtype),
                residue_index=np.array([int(row["residue_number"]) for row in rows], dtype=protein.residue_index.dtype),
                insertion_codes=np.array([row["insertion_code"] or " " for row in rows]),
            )
            yield int(stem.removeprefix("refold_")), _text(named)


def _main_chain(protein: Protein) -> Protein:
    mask = np.zeros_like(protein.atom37_mask)
    mask[:, BACKBONE] = protein.atom37_mask[:, BACKBONE]
    return replace(protein, atom37_mask=mask, atom37_positions=(protein.atom37_positions * mask[..., None]).astype(np.float32))


def _text(protein: Protein) -> str:
    """As PDB, or as mmCIF where the format cannot hold it."""
    try:
        return format_pdb(protein)
    except InputError:
        return format_mmcif(protein)
