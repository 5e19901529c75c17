"""Energy minimisation of one molecular system with springs on its heavy atoms. nm; energies in kcal/mol."""

from dataclasses import dataclass

import numpy as np
import openmm
from openmm import app, unit

from protfold.relax.atoms import AllAtoms
from protfold.relax.config import FORCE_FIELDS, RelaxConfig
from protfold.relax.platform import find_platform, platform_properties
from protfold.typing import Bool, Float

KJ_PER_KCAL = 4.184
FORCE_FIELD, SPRINGS = 0, 1
"""Groups of forces, to read their energies apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Minimum:
    """Where a minimisation ended.

    Attributes:
        positions: [N_atoms, 3] nm.
        energy: of the force field, kcal/mol.
        spring_energy: of the springs, kcal/mol.
        iterations: of the minimiser, over its restarts with stiffer constraints.
        converged: whether it ended by its tolerance and not at the iteration cap.
    """

    positions: Float[np.ndarray, "N_atoms 3"]
    energy: float
    spring_energy: float
    iterations: int
    converged: bool


class Minimizer:
    """A force field over the atoms, and springs from heavy atoms to where they were.

    Bonds to hydrogens have fixed lengths, there is no solvent and no cut-off. The system is made once for all minimisations.

    Args:
        atoms: the molecules.
        config: force field, stiffness, tolerance, iteration cap, threads.
        platform: where to compute.

    Raises:
        openmm.OpenMMException: the platform is not there or cannot be used.
        ValueError: the force field has no template for a residue.
    """

    def __init__(self, atoms: AllAtoms, *, config: RelaxConfig, platform: str) -> None:
        self._config, self._heavy = config, atoms.heavy
        system = app.ForceField(FORCE_FIELDS[config.force_field]).createSystem(atoms.topology, constraints=app.HBonds)
        self._springs = _springs(atoms.heavy)
        system.addForce(self._springs)
        self._integrator = openmm.VerletIntegrator(0.001)  # a context needs one; it takes no step
        properties = platform_properties(platform, threads=config.threads)
        self._context = openmm.Context(system, self._integrator, find_platform(platform), properties)

    def energy(self, positions: Float[np.ndarray, "N_atoms 3"]) -> float:
        """Of the force field, kcal/mol."""
        self._context.setPositions(positions)
        return self._energy(FORCE_FIELD)

    def minimize(self, positions: Float[np.ndarray, "N_atoms 3"], released: Bool[np.ndarray, " N_heavy"]) -> Minimum:
        """Minimise from `positions`, which is also where the springs pull to.

        Args:
            positions: nm.
            released: heavy atoms without a spring.

        Raises:
            openmm.OpenMMException: the minimiser failed, or ended at an energy or coordinates that are no numbers.
        """
        stiffness = self._config.stiffness * KJ_PER_KCAL * 100.0  # kJ/mol/nm²
        for spring, (atom, free) in enumerate(zip(self._heavy.tolist(), released.tolist(), strict=True)):
            self._springs.setParticleParameters(spring, atom, (0.0 if free else stiffness, *positions[atom].tolist()))
        self._springs.updateParametersInContext(self._context)
        self._context.setPositions(positions)
        counter = _IterationCounter()
        openmm.LocalEnergyMinimizer.minimize(
            self._context, self._config.tolerance * KJ_PER_KCAL, self._config.max_iterations, counter
        )
        state = self._context.getState(getPositions=True)
        found = np.asarray(state.getPositions(asNumpy=True).value_in_unit(unit.nanometer))
        minimum = Minimum(
            positions=found,
            energy=self._energy(FORCE_FIELD),
            spring_energy=self._energy(SPRINGS),
            iterations=counter.iterations,
            converged=not 0 < self._config.max_iterations <= counter.since_restart,
        )
        if not (np.isfinite(minimum.energy) and np.isfinite(found).all()):
            raise openmm.OpenMMException(f"the minimiser ended at an energy of {minimum.energy} kcal/mol")
        return minimum

    def _energy(self, group: int) -> float:
        state = self._context.getState(getEnergy=True, groups=1 << group)
        return float(state.getPotentialEnergy().value_in_unit(unit.kilocalories_per_mole))


class _IterationCounter(openmm.MinimizationReporter):
    """Counts the iterations of the minimiser, in all and since its last restart with stiffer constraints."""

    def __init__(self) -> None:
        super().__init__()
        self.iterations = self.since_restart = 0

    def report(self, iteration: int, *_: object) -> bool:
        """Called after each iteration, counted from 0 after each restart; False goes on."""
        self.iterations, self.since_restart = self.iterations + 1, iteration + 1
        return False


def _springs(heavy: np.ndarray) -> openmm.CustomExternalForce:
    force = openmm.CustomExternalForce("0.5 * k * ((x - x0)^2 + (y - y0)^2 + (z - z0)^2)")
    for name in ("k", "x0", "y0", "z0"):
        force.addPerParticleParameter(name)
    for atom in heavy.tolist():
        force.addParticle(atom, (0.0, 0.0, 0.0, 0.0))
    force.setForceGroup(SPRINGS)
    return force
