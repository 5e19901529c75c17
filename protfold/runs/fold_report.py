"""The page of a folded target from the files in its folder, and from nothing else: the same files give the same bytes."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.geometry.superposition import superpose
from protfold.io import format_mmcif, format_pdb, read_structure
from protfold.metrics.comparison import Comparison
from protfold.metrics.contacts import contacts, pseudo_beta
from protfold.report.fold_page import FoldedTarget, ReferenceStructure, fold_page
from protfold.report.structure_view import ViewedModel
from protfold.runs.compare import compare, comparison_json

MOST_MODEL_BYTES = 16_000_000
"""Text of structures that a page holds; models beyond it are in the folder only."""
CA = ATOM37_INDEX["CA"]


def fold_report(folder: Path, reference: Path | None = None) -> str:
    """The page's text.

    Args:
        folder: of a complete target.
        reference: structure to measure the models by.

    Raises:
        InputError: a file of the folder is missing or damaged, or the reference cannot be compared.
    """
    try:
        scores, manifest = (json.loads((folder / name).read_text()) for name in ("scores.json", "manifest.json"))
        ranks = [one["rank"] for one in scores["ranking"]]
        proteins = [read_structure(_model_file(folder, f"ranked_{rank}")) for rank in ranks]
        best = proteins[0]
        compared = [compare(protein, reference) for protein in proteins] if reference else []
        models, remarks = _viewed(folder, ranks, proteins)
        target = FoldedTarget(
            name=manifest["id"],
            protein=best,
            models=models,
            plddts=tuple(protein.b_factors[:, CA].astype(np.float64) for protein in proteins),
            pae=np.array(scores["pae"]) if "pae" in scores else None,
            contacts=read_contacts(scores, len(best)),
            scores=scores,
            manifest=manifest,
            coverage_png=_bytes(folder / "msa_coverage.png"),
            pae_png=_bytes(folder / "pae.png") if len(ranks) > 1 else None,
            reference=_laid_reference(best, compared, reference) if reference else None,
            remarks=tuple(remarks),
        )
        return fold_page(target)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}; fold the target again", file=error.filename) from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"the results are damaged ({type(error).__name__}: {error}); fold the target again", file=folder
        ) from error


def contact_pairs(probabilities: np.ndarray) -> dict[str, Any]:
    """Contact probabilities as `scores.json` holds them: pairs i <= j counted from 1, to 0.01, the rest being 0."""
    rounded = np.round(probabilities.astype(np.float64), 2)
    first, second = np.nonzero(np.triu(rounded))
    pairs = [[i + 1, j + 1, p] for i, j, p in zip(first.tolist(), second.tolist(), rounded[first, second].tolist(), strict=True)]
    return {"distance": 8.0, "pairs": pairs}


def read_contacts(scores: Mapping[str, Any], num_residues: int) -> np.ndarray | None:
    """[N_res, N_res] probabilities of `contact_pairs`; None from results that do not hold them."""
    if "contacts" not in scores:
        return None
    probabilities = np.zeros((num_residues, num_residues))
    if pairs := scores["contacts"]["pairs"]:
        first, second, values = np.array(pairs).T
        rows, columns = first.astype(int) - 1, second.astype(int) - 1
        probabilities[rows, columns] = probabilities[columns, rows] = values
    return probabilities


def _viewed(folder: Path, ranks: Sequence[int], proteins: Sequence[Protein]) -> tuple[tuple[ViewedModel, ...], list[str]]:
    """Models for the 3-D view, all laid over the best, as many as a page can hold, and what is not there."""
    found: list[ViewedModel] = []
    left_out: list[str] = []
    size = 0
    for label, protein in _all_models(folder, ranks, proteins):
        text = _text(_laid_over(protein, proteins[0]))
        size += len(text)
        if found and size > MOST_MODEL_BYTES:
            left_out.append(label)
        else:
            found.append(ViewedModel(text=text, label=label))
    remarks = (
        [f"Not in the 3-D view, to keep the page small: {', '.join(left_out)}; their files are in the folder."] if left_out else []
    )
    return tuple(found), remarks


def _all_models(folder: Path, ranks: Sequence[int], proteins: Sequence[Protein]) -> Iterator[tuple[str, Protein]]:
    """The ranked models first, then what they were before relaxation."""
    unrelaxed = {rank: folder / f"unrelaxed_{rank}.pdb" for rank in ranks if (folder / f"unrelaxed_{rank}.pdb").is_file()}
    for rank, protein in zip(ranks, proteins, strict=True):
        yield f"Rank {rank}, relaxed" if rank in unrelaxed else f"Rank {rank}", protein
    for rank, path in unrelaxed.items():
        yield f"Rank {rank}, as predicted", read_structure(path)


def _laid_over(protein: Protein, best: Protein) -> Protein:
    if protein is best or len(protein) != len(best):
        return protein
    rows = np.arange(len(best))
    return _moved(protein, rows, best, rows)


def _moved(protein: Protein, rows: np.ndarray, onto: Protein, onto_rows: np.ndarray) -> Protein:
    """The protein after the motion that brings the CA atoms of its rows onto those of another's."""
    both = (protein.atom37_mask[rows, CA] > 0) & (onto.atom37_mask[onto_rows, CA] > 0)
    moving, fixed = (
        torch.from_numpy(one.atom37_positions[which[both], CA].astype(np.float64))
        for one, which in ((protein, rows), (onto, onto_rows))
    )
    if len(moving) < 3:
        return protein
    motion = superpose(moving, fixed, torch.ones(len(moving), dtype=torch.float64))
    atoms = torch.from_numpy(protein.atom37_positions.astype(np.float64)).reshape(-1, 3)
    positions = motion[..., None].apply(atoms).numpy().reshape(protein.atom37_positions.shape)
    return replace(protein, atom37_positions=(positions * protein.atom37_mask[..., None]).astype(np.float32))


def _laid_reference(best: Protein, compared: Sequence[Comparison], path: Path) -> ReferenceStructure:
    pairs, true = compared[0].correspondence, compared[0].reference
    points, has_point = pseudo_beta(true.aatype, true.atom37_positions, true.atom37_mask)
    known = np.zeros(len(best), dtype=bool)
    known[pairs.model_rows] = has_point[pairs.reference_rows]
    touching = np.zeros((len(best), len(best)), dtype=bool)
    touching[np.ix_(pairs.model_rows, pairs.model_rows)] = contacts(points[pairs.reference_rows])
    lddt = np.full(len(best), np.nan)
    lddt[pairs.model_rows] = compared[0].lddt_ca_per_residue[pairs.reference_rows]
    moved = _moved(true, pairs.reference_rows, best, pairs.model_rows)
    return ReferenceStructure(
        name=path.name,
        model=ViewedModel(text=_text(moved), label=f"reference {path.name}"),
        contacts=touching & known[:, None] & known[None],
        known=known,
        lddt_ca=lddt,
        measures=tuple(comparison_json(one) for one in compared),
    )


def _model_file(folder: Path, name: str) -> Path:
    """PDB, or mmCIF where the format could not hold the model."""
    path = folder / f"{name}.pdb"
    return path if path.is_file() else folder / f"{name}.cif"


def _text(protein: Protein) -> str:
    try:
        return format_pdb(protein)
    except InputError:
        return format_mmcif(protein)


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
