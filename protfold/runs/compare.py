"""A model beside a reference structure, from files or in memory, and the result as plain data."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import read_structure
from protfold.metrics.comparison import Comparison, compare_structures
from protfold.runs.json_numbers import json_number, json_numbers, violation_counts

WHOLE = (
    "tm_score",
    "gdt_ts",
    "gdt_ha",
    "lddt_ca",
    "lddt",
    "rmsd_ca",
    "rmsd_backbone",
    "rmsd_all",
    "rmsd_95",
    "drmsd",
    "distance_map_error",
)


def compare(
    model: Protein | str | Path,
    reference: Protein | str | Path,
    *,
    match: str = "auto",
    model_chains: str | Sequence[str] | None = None,
    reference_chains: str | Sequence[str] | None = None,
) -> Comparison:
    """All measures of a model beside a reference: `protfold.metrics.comparison.compare_structures` for proteins and for files.

    Args:
        model, reference: structures, or PDB or mmCIF files.
        match: pair residues by `"number"`, by `"sequence"`, or by what fits, `"auto"`.
        model_chains, reference_chains: author names of the chains to take of a file, as a sequence or joined by commas; all if not given.

    Raises:
        InputError: a file cannot be read, a structure cannot be measured, or nothing matches; the message names the file.
    """
    taken = _read(model, model_chains), _read(reference, reference_chains)
    try:
        return compare_structures(*taken, match=match)
    except InputError as error:
        names = [str(one) for one in (model, reference) if not isinstance(one, Protein)]
        raise InputError(error.problem, file=" beside ".join(names) or None, record=error.record) from error


def _read(structure: Protein | str | Path, chains: str | Sequence[str] | None) -> Protein:
    if not isinstance(structure, Protein):
        return read_structure(structure, chains)
    if chains is not None:
        raise InputError("chains are chosen of files; give the part of a protein in memory itself", record=structure.name or None)
    return structure


def comparison_json(comparison: Comparison) -> dict[str, Any]:
    """Numbers as JSON has them: None where nothing could be measured; per-residue scores with the reference's names of its residues."""
    pairs, checks, violations = comparison.correspondence, comparison.stereochemistry, comparison.violations
    return {
        **{name: json_number(getattr(comparison, name)) for name in WHOLE},
        "contacts": {name: json_numbers(asdict(agreement)) for name, agreement in comparison.contacts.items()},
        "violations": violation_counts(violations),
        "stereochemistry": json_numbers(asdict(checks)),
        "num_matched": comparison.num_matched,
        "num_model": len(comparison.model),
        "num_reference": len(comparison.reference),
        "matched_by": pairs.matched_by,
        "reason": pairs.reason,
        "chains": [list(pair) for pair in pairs.chains],
        "num_identical": pairs.num_identical,
        "warnings": list(comparison.warnings),
        "per_residue": list(_per_residue(comparison)),
    }


def _per_residue(comparison: Comparison) -> Iterator[dict[str, Any]]:
    reference = comparison.reference
    for row in range(len(reference)):
        yield {
            "chain": reference.chain_ids[reference.chain_index[row]],
            "number": int(reference.residue_index[row]),
            "insertion_code": str(reference.insertion_codes[row]).strip(),
            "lddt_ca": json_number(comparison.lddt_ca_per_residue[row]),
            "lddt": json_number(comparison.lddt_per_residue[row]),
        }
