"""What a relaxation did. kcal/mol, Å."""

from dataclasses import dataclass

from protfold.entities import Protein
from protfold.entities.card import card, shown
from protfold.metrics.violations import Violations


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaxRound:
    """One minimisation.

    Attributes:
        energy_before, energy_after: of the force field, without the springs, kcal/mol.
        spring_energy: of the springs at the end, kcal/mol.
        iterations: of the minimiser.
        converged: whether it ended by its tolerance and not at the iteration cap.
        violations: residues in violation after it.
        released: residues without springs.
        seconds: of wall time.
    """

    energy_before: float
    energy_after: float
    spring_energy: float
    iterations: int
    converged: bool
    violations: int
    released: int
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaxResult:
    """A relaxed structure and how it came about.

    Attributes:
        protein: the residues of the input in their order, with chain names, numbers, insertion codes and B-factors; atoms that were
            missing are there.
        rounds: the minimisations, one to `max_rounds` of the configuration.
        violations_before, violations_after: of the whole structure.
        ca_rmsd: how far CA atoms moved, root mean square over those of the input, without superposition, Å.
        max_iterations: cap of each minimisation; 0 for none.
        platform: of OpenMM.
        platform_reason: why no faster one; empty if it was the first choice.
        num_disulfides: bridges between cysteines.
        num_built_atoms: heavy atoms that were missing.
        left_out: a line for each residue that was not relaxed and why; its atoms are where they were.
        warnings: what a reader of the structure should know besides, such as whose side chains were taken off and built again.
        seconds: of wall time, in all.
    """

    protein: Protein
    rounds: tuple[RelaxRound, ...]
    violations_before: Violations
    violations_after: Violations
    ca_rmsd: float
    max_iterations: int
    platform: str
    platform_reason: str
    num_disulfides: int
    num_built_atoms: int
    left_out: tuple[str, ...]
    warnings: tuple[str, ...]
    seconds: float

    @property
    def energy_before(self) -> float:
        """Of the force field after missing atoms were built, kcal/mol; clashes make it as large as 1e8 and more."""
        return self.rounds[0].energy_before

    @property
    def energy_after(self) -> float:
        """Of the force field, without the springs, kcal/mol."""
        return self.rounds[-1].energy_after

    def __repr__(self) -> str:
        return (
            f"RelaxResult({shown(self.protein.name)!r}: {self.energy_before:.4g} to {self.energy_after:.4g} kcal/mol in {len(self.rounds)}"
            f" round{'s' * (len(self.rounds) > 1)}, CA moved by {self.ca_rmsd:.2f} Å)"
        )

    def _repr_html_(self) -> str:
        facts = {
            "energy": f"{self.energy_before:.4g} to {self.energy_after:.4g} kcal/mol (of the force field, lower is better)",
            "CA atoms moved by": f"{self.ca_rmsd:.2f} Å (root mean square, without superposition)",
            "atoms that were missing": f"{self.num_built_atoms} built",
            "disulfide bridges": f"{self.num_disulfides}",
            "computed": f"{len(self.rounds)} minimisations on {self.platform} in {self.seconds:.1f} s",
        }
        for label, lines in (("not relaxed", self.left_out), ("to know", self.warnings)):
            if lines:
                facts[label] = "; ".join(lines)
        return card(f"Relaxation of {self.protein.name or 'a structure'}", facts)
