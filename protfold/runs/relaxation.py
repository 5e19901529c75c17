"""Relaxation of a predicted model: how it ended, and its numbers as JSON. kcal/mol, Å."""

import logging
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from protfold.entities import Protein
from protfold.errors import reason_of
from protfold.relax import RelaxConfig, RelaxResult, relax
from protfold.runs.json_numbers import json_number, json_numbers, violation_counts
from protfold.runs.options import Device

logger = logging.getLogger(__name__)

Status = Literal["relaxed", "nothing to relax", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Relaxation:
    """What relaxing a predicted model gave.

    Attributes:
        status: `relaxed`; `nothing to relax` where no two residues are bonded; or `failed`.
        protein: the relaxed model; None unless relaxed.
        numbers: see `relaxation_numbers`; empty unless relaxed.
        reason: why it is not relaxed; empty if it is.
    """

    status: Status
    protein: Protein | None = None
    numbers: dict[str, Any] = field(default_factory=dict)
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """All but the structure."""
        return {"status": self.status, **({"reason": self.reason} if self.reason else {}), **self.numbers}


def relax_model(protein: Protein, *, device: Device) -> Relaxation:
    """Relax a predicted model by AlphaFold's protocol, on one thread if on the CPU.

    A failure is told and not raised: the prediction is a result without it.

    Args:
        protein: as predicted.
        device: `cpu` keeps to it; otherwise the first of CUDA, OpenCL and CPU that works.
    """
    if np.bincount(protein.chain_index, minlength=1).max() < 2:
        reason = "no chain has two residues; there is nothing to relax"
        logger.info("%s: %s", protein.name, reason)
        return Relaxation(status="nothing to relax", reason=reason)
    try:
        result = relax(protein, RelaxConfig(platform="CPU" if device == "cpu" else "auto"))
    except Exception as error:
        logger.debug("%s was not relaxed", protein.name, exc_info=True)
        return Relaxation(status="failed", reason=reason_of(error))
    return Relaxation(status="relaxed", protein=result.protein, numbers=relaxation_numbers(result))


def relaxation_numbers(result: RelaxResult) -> dict[str, Any]:
    """What a relaxation did, without times: energies in kcal/mol, residues in violation, rounds, CA RMSD in Å, platform, remarks."""
    return {
        "energy_before": json_number(result.energy_before),
        "energy_after": json_number(result.energy_after),
        "violations_before": violation_counts(result.violations_before),
        "violations_after": violation_counts(result.violations_after),
        "ca_rmsd": json_number(result.ca_rmsd),
        "rounds": [
            json_numbers({name: value for name, value in asdict(one).items() if name != "seconds"}) for one in result.rounds
        ],
        "platform": result.platform,
        "platform_reason": result.platform_reason,
        "num_disulfides": result.num_disulfides,
        "num_built_atoms": result.num_built_atoms,
        "left_out": list(result.left_out),
        "warnings": list(result.warnings),
    }
