"""Relaxation in no time: every atom moves by 0.25 Å, and four histidines in a row fail as OpenMM does."""

import numpy as np

from protfold.constants.residues import decode
from protfold.entities import Protein
from protfold.errors import RelaxError
from protfold.metrics.violations import Violations
from protfold.relax import RelaxConfig, RelaxResult, RelaxRound
from tests.unit.relax.peptides import moved

STEP = 0.25
FAILURE = "the structure cannot be relaxed; CPU: Particle coordinate is NaN"


def fake_relax(protein: Protein, config: RelaxConfig) -> RelaxResult:
    """Two violations before, none after; an energy that is infinite before."""
    if "HHHH" in decode(protein.aatype):
        raise RelaxError(FAILURE)
    none = np.zeros(len(protein), dtype=bool)
    two = none.copy()
    two[:2] = True
    minimisation = RelaxRound(
        energy_before=np.inf,
        energy_after=-12.5,
        spring_energy=1.0,
        iterations=7,
        converged=True,
        violations=0,
        released=0,
        seconds=0.5,
    )
    return RelaxResult(
        protein=moved(protein, np.array([STEP, 0.0, 0.0])),
        rounds=(minimisation,),
        violations_before=Violations(broken=two, clashing=none, distorted=none),
        violations_after=Violations(broken=none, clashing=none, distorted=none),
        ca_rmsd=STEP,
        max_iterations=config.max_iterations,
        platform="CPU",
        platform_reason="",
        num_disulfides=0,
        num_built_atoms=0,
        left_out=(),
        warnings=(),
        seconds=0.5,
    )
