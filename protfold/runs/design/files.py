"""A `DesignResult` as files: sequences, tables, models, manifest, page. The bytes depend on the result alone; no times are written.

`designs.fasta` has ProteinMPNN's headers: the native sequence first, then designs by rank; of each the chains that hold designed residues,
in the order of the file, joined by `/`. What every column means stands in `docs/design.md`.
"""

import importlib.metadata
import json
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import protfold
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import format_mmcif, format_pdb
from protfold.runs import store
from protfold.runs.design.backbones import chain_sequences, constraint_file_of
from protfold.runs.design.command import rerun_command
from protfold.runs.design.ranking import RankedDesign
from protfold.runs.design.report import REPORT, design_report
from protfold.runs.design.result import DesignResult
from protfold.runs.design.tables import POSITION_COLUMNS, design_columns, design_rows, position_rows, table_text
from protfold.runs.json_numbers import json_number

DESIGN_FILES = (
    "designs.fasta",
    "designs.csv",
    "per_position.csv",
    *(f"{kind}_*.{suffix}" for kind in ("rank", "relaxed", "refold") for suffix in ("pdb", "cif")),
    "manifest.json",
    REPORT,
)
SCORE_MEANS = "mean_-log_p_of_designed_residues_in_nats_lower_is_better"
_LIBRARIES = ("torch", "numpy", "scipy", "gemmi", "openmm", "pdbfixer", "matplotlib")


def save_design(result: DesignResult, folder: Path, *, key: str | None = None) -> Path:
    """Write every file of `result` into `folder`, each by atomic rename, `DONE` last.

    Args:
        result: what to write.
        folder: made when missing; files of an earlier result there are removed first.
        key: content key of the request, for `DONE`; the digest of the manifest when left out.
    """
    return store.save_files(folder, _with_report(result, folder), earlier=DESIGN_FILES, key=key)


def _with_report(result: DesignResult, folder: Path) -> Iterator[tuple[str, str]]:
    """The page is made from the other files as they lie in the folder, so that it can be made again from them."""
    yield from design_files(result)
    yield REPORT, design_report(folder)


def design_files(result: DesignResult) -> Iterator[tuple[str, str]]:
    """Name and content of each file but the page."""
    notes = list(result.notes)
    yield "designs.fasta", "".join(_fasta(result))
    yield "designs.csv", table_text(design_columns(result), design_rows(result))
    yield "per_position.csv", table_text(POSITION_COLUMNS, position_rows(result))
    for design in result.designs:
        for state, model in enumerate(design.models, start=1):
            yield _structure(_model_name("rank", design, state), model, notes)
        for state, relaxation in enumerate(design.relaxed, start=1):
            if relaxation.protein is not None:
                yield _structure(_model_name("relaxed", design, state), relaxation.protein, notes)
        if design.refolding is not None and design.refolding.protein is not None:
            yield _structure(f"refold_{design.rank}", design.refolding.protein, notes)
    yield "manifest.json", json.dumps(_manifest(result, notes), indent=1, allow_nan=False) + "\n"


def _fasta(result: DesignResult) -> Iterator[str]:
    backbone = result.backbone
    designed = backbone.designed_chains()
    fixed = [name for name in chain_sequences(backbone.states[0], backbone.native[backbone.rows(0)]) if name not in designed]
    native = result.search.native_sequence(backbone)
    overall = result.search.native_overall(backbone)
    yield (
        f">{re.sub('[^A-Za-z0-9._-]+', '_', backbone.name) or 'backbone'}, score={native.score:.4f}, global_score={overall.score:.4f},"
        f" fixed_chains={_listed(fixed)}, designed_chains={_listed(designed)}, model_name={result.weights[0]},"
        f" version=protfold-{protfold.__version__}, seed={result.options.seed}, score_is={SCORE_MEANS}\n"
        f"{backbone.sequence(backbone.native)}\n"
    )
    for one in result.designs:
        yield (
            f">T={result.temperature:g}, sample={one.samples[0]}, score={one.score:.4f}, global_score={one.global_score:.4f},"
            f" seq_recovery={one.recovery:.4f}, rank={one.rank}, count={one.count}\n{one.sequence}\n"
        )


def _listed(names: Sequence[str]) -> str:
    """As ProteinMPNN prints chains, a Python list."""
    return str(list(names))


def _model_name(kind: str, design: RankedDesign, state: int) -> str:
    return f"{kind}_{design.rank}" + (f"_state_{state}" if state > 1 else "")


def _structure(name: str, protein: Protein, notes: list[str]) -> tuple[str, str]:
    """As PDB, or as mmCIF where the format cannot hold it."""
    try:
        return f"{name}.pdb", format_pdb(protein)
    except InputError as error:
        notes.append(f"{name} is mmCIF: {error}")
        return f"{name}.cif", format_mmcif(protein)


def _manifest(result: DesignResult, notes: list[str]) -> dict[str, Any]:
    backbone, options = result.backbone, result.options
    constraint_file = options.constraint_file and constraint_file_of(options.constraint_file, backbone.name)
    return {
        "backbone": backbone.name,
        "sources": [{"file": Path(path).name, "sha256": sha256} for path, sha256 in result.sources],
        "constraint_file": {"file": constraint_file.name, "sha256": store.file_digest(constraint_file)}
        if constraint_file
        else None,
        "chains": chain_sequences(backbone.states[0], backbone.native[backbone.rows(0)]),
        "num_residues": len(backbone.protein),
        "num_designed": int(backbone.constraints.designed.sum()),
        "protfold": protfold.__version__,
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "weights": _named(result.weights),
        "refold_weights": None if result.refold_weights is None else _named(result.refold_weights),
        "temperature": result.temperature,
        "native_score": json_number(result.native_score),
        "diversity": json_number(result.diversity),
        "num_sequences": len(result.search.designs),
        "num_distinct": len(result.designs),
        "relaxation": {
            str(one.rank): [relaxation.as_json() for relaxation in one.relaxed] for one in result.designs if one.relaxed
        },
        "problems": list(result.problems),
        "notes": notes,
        "options": asdict(options),
        "command": rerun_command(options, [path for path, _ in result.sources]),
    }


def _named(weights: tuple[str, str]) -> dict[str, str]:
    return {"name": weights[0], "sha256": weights[1]}
