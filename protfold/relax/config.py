"""How to relax: force field, restraints, when to stop, where to compute. kcal/mol, Å."""

import math
from dataclasses import dataclass

from protfold.errors import InputError

FORCE_FIELDS = {"amber99sb": "amber99sb.xml", "amber14": "amber14/protein.ff14SB.xml"}
"""OpenMM's file of each."""
PLATFORMS = ("CUDA", "OpenCL", "CPU")
"""OpenMM's platforms, the fastest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaxConfig:
    """The protocol of AlphaFold's relaxation, with its values as defaults but for the iteration cap.

    Attributes:
        force_field: `amber99sb`, or `amber14` for ff14SB; without solvent.
        stiffness: of the springs that hold heavy atoms where they were, kcal/mol/Å².
        tolerance: a minimisation ends when the root mean square force is below it, kcal/mol/nm; 2.39 is 10 kJ/mol/nm.
        max_iterations: of each minimisation; 0 for no limit.
        max_rounds: minimisations; each but the first lets go of the residues that were in violation after the one before.
        platform: `auto` takes the first of CUDA, OpenCL and CPU that works; a name takes that one or fails.
        threads: of the CPU platform. Bytes repeat with one thread; with more, energies repeat within a band.

    Raises:
        InputError: a value out of range.
    """

    force_field: str = "amber99sb"
    stiffness: float = 10.0
    tolerance: float = 2.39
    max_iterations: int = 2000
    max_rounds: int = 3
    platform: str = "auto"
    threads: int = 1

    def __post_init__(self) -> None:
        for name, known in (("force_field", tuple(FORCE_FIELDS)), ("platform", ("auto", *PLATFORMS))):
            if getattr(self, name) not in known:
                raise InputError(f"{name} = {getattr(self, name)!r}; give one of {', '.join(known)}")
        for name, least in (("stiffness", 0), ("max_iterations", 0), ("max_rounds", 1), ("threads", 1)):
            if not least <= getattr(self, name) < math.inf:
                raise InputError(f"{name} = {getattr(self, name)}; give {least} or more")
        if not 0.0 < self.tolerance < math.inf:
            raise InputError(f"tolerance = {self.tolerance}; give a positive number")
