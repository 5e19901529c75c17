"""The files of one target, as text and bytes that depend on the result alone: no time, no folder, no order of a dictionary."""

import hashlib
import importlib.metadata
import json
import platform
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import protfold
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.inference.prediction import Prediction
from protfold.io import format_modelcif, format_pae_json, format_pdb
from protfold.metrics.contacts import contact_probabilities
from protfold.report import figure_to_png
from protfold.runs import store
from protfold.runs.alignments import format_alignment
from protfold.runs.fold_report import contact_pairs, fold_report
from protfold.runs.options import NO_TEMPLATES, FoldOptions
from protfold.runs.result import FoldResult
from protfold.runs.templates import template_place

_LIBRARIES = ("torch", "numpy", "gemmi", "modelcif", "pyhmmer", "openmm", "pdbfixer", "matplotlib")


def save_result(result: FoldResult, folder: Path, *, key: str | None = None) -> Path:
    """Write every file of `result` into `folder`, each by atomic rename, `DONE` last.

    Args:
        result: what to write.
        folder: made when missing; files of an earlier result there are removed first.
        key: content key of the request, for `DONE`; the digest of the manifest when left out.
    """
    return store.save_files(folder, _with_report(result, folder), key=key)


def _with_report(result: FoldResult, folder: Path) -> Iterator[tuple[str, str | bytes]]:
    """The page is made from the other files as they lie in the folder, so that it can be made again from them."""
    yield from result_files(result)
    yield "report.html", fold_report(folder)


def result_files(result: FoldResult) -> Iterator[tuple[str, str | bytes]]:
    """Name and content of each file but the page."""
    notes = list(result.notes)
    for rank, (prediction, protein) in enumerate(zip(result.predictions, result.proteins, strict=True), start=1):
        yield f"ranked_{rank}.cif", _modelcif(prediction, protein)
        pdb_files = {f"ranked_{rank}.pdb": protein}
        if protein is not prediction.protein:
            pdb_files[f"unrelaxed_{rank}.pdb"] = prediction.protein
        for name, model in pdb_files.items():
            try:
                yield name, format_pdb(model)
            except InputError as error:  # too many chains or atoms for the format; the mmCIF holds them
                notes.append(f"{name} was not written: {error}")
    yield "scores.json", json.dumps(_scores(result), allow_nan=False) + "\n"
    msa = format_alignment(result.msa, result.chains)
    yield "msa.a3m", msa
    yield "plddt.png", figure_to_png(result.plot_plddt())
    if result.pae is not None:
        yield "pae.json", format_pae_json(result.pae)
        yield "pae.png", figure_to_png(result.plot_pae())
    yield "msa_coverage.png", figure_to_png(result.plot_msa_coverage())
    yield "contacts.png", figure_to_png(result.plot_contacts())
    yield "manifest.json", json.dumps(_manifest(result, msa, notes), indent=1, allow_nan=False) + "\n"


def _scores(result: FoldResult) -> dict[str, Any]:
    """Scores of the best prediction under ColabFold's keys, its contacts, its relaxation, and one line for each rank."""
    scores: dict[str, Any] = {"plddt": _rounded(result.plddt), "mean_plddt": round(float(np.mean(result.plddt)), 2)}
    if result.ptm is not None:
        scores["ptm"] = round(result.ptm, 4)
    if result.iptm is not None:
        scores["iptm"] = round(result.iptm, 4)
    if result.pae is not None:
        scores["max_pae"] = round(float(result.pae.max()), 2)
        scores["pae"] = _rounded(result.pae)
    scores["contacts"] = contact_pairs(contact_probabilities(result.distogram_probabilities))
    relaxations = [relaxation and relaxation.as_json() for relaxation in result.relaxations]
    scores["relaxation"] = relaxations[0]
    scores["ranking"] = [
        {
            "rank": rank,
            "weights": prediction.weights,
            "seed": prediction.seed,
            "recycles": prediction.num_recycles,
            "mean_plddt": round(float(np.mean(prediction.plddt)), 2),
            "ptm": None if prediction.ptm is None else round(prediction.ptm, 4),
            "iptm": None if prediction.iptm is None else round(prediction.iptm, 4),
            "relaxation": relaxation,
        }
        for rank, (prediction, relaxation) in enumerate(zip(result.predictions, relaxations, strict=True), start=1)
    ]
    return scores


def _modelcif(prediction: Prediction, protein: Protein) -> str:
    return format_modelcif(
        protein,
        plddt=prediction.plddt,
        weights=prediction.weights,
        version=protfold.__version__,
        ptm=prediction.ptm,
        iptm=prediction.iptm,
        relaxed_by=None if protein is prediction.protein else importlib.metadata.version("openmm"),
    )


def _rounded(values: np.ndarray) -> list[Any]:
    return np.round(values.astype(np.float64), 2).tolist()


def _manifest(result: FoldResult, msa: str, notes: list[str]) -> dict[str, Any]:
    return {
        "id": result.id,
        "chains": list(result.chains),
        "protfold": protfold.__version__,
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "weights": [{"name": name, "sha256": sha256} for name, sha256 in result.weights],
        "msa": {
            "source": result.msa.source,
            "depth": result.msa.depth,
            "sha256": hashlib.sha256(msa.encode()).hexdigest(),
        },
        "templates": [asdict(source) for source in result.templates],
        "notes": notes,
        "options": asdict(result.options),
        "seeds": list(result.options.seeds),
        "command": shlex.join(rerun_command(result.options, result.id)),
    }


def rerun_command(options: FoldOptions, record: str) -> list[str]:
    """The command that makes the same result again, run in the target's folder: the stored alignment stands in for the search.

    Template files stay where they are; templates handed over in memory are not part of any command.
    """
    command = ["protfold", "fold", "msa.a3m", "-o", "again"]
    for weights in options.weights:
        command += ["--weights", str(Path(weights).resolve()) if Path(weights).is_file() else weights]
    if options.templates != NO_TEMPLATES:
        command += ["--templates", str(template_place(options.templates, record).resolve())]
    command += ["--seed", str(options.seed), "--num-seeds", str(options.num_seeds)]
    if options.recycles is not None:
        command += ["--recycles", str(options.recycles)]
    if options.recycle_tolerance:
        command += ["--recycle-tolerance", str(options.recycle_tolerance)]
    if options.max_msa is not None:
        command += ["--max-msa", f"{options.max_msa[0]}:{options.max_msa[1]}"]
    command += ["--relax", options.relax, "--dtype", options.dtype, "--device", options.device]
    if options.threads is not None:
        command += ["--threads", str(options.threads)]
    return command
