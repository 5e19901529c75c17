"""Restrained minimisation in rounds, until no residue is in violation. kcal/mol, Å."""

import time
from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import UNKNOWN
from protfold.entities import Protein
from protfold.errors import RelaxError
from protfold.metrics.violations import find_violations
from protfold.relax.atoms import HeavyAtoms, complete_heavy_atoms, place_hydrogens
from protfold.relax.checks import check_structure
from protfold.relax.config import RelaxConfig
from protfold.relax.fragments import Fragments, find_fragments, residue_label
from protfold.relax.minimize import Minimizer
from protfold.relax.platform import one_line, platforms_to_try
from protfold.relax.result import RelaxResult, RelaxRound
from protfold.relax.side_chains import can_be_rebuilt, rebuild_side_chains
from protfold.typing import Bool, Float

CA, OXT = ATOM37_INDEX["CA"], ATOM37_INDEX["OXT"]
DEFAULT = RelaxConfig()


def relax(protein: Protein, config: RelaxConfig = DEFAULT) -> RelaxResult:
    """Relax a structure with a force field while springs hold it near where it is.

    Jumper et al. (2021) Suppl. Sec. 1.8.6 "Amber relaxation", in the rounds of the published code: hydrogens are placed, the energy is
    minimised, and residues in violation lose their springs in the next round. Not in that code: side chains of residues that are in
    violation without springs are built again before the next round. The system is made once, so that a residue's protonation and
    disulfide bridges are those of the first round.

    Selenomethionine arrives as methionine and an unknown residue is relaxed as alanine or glycine and named as before; what has no
    backbone, or no bond to another residue, stays where it is. Missing side chains are built, and no spring holds them; missing residues
    are not built.

    Raises:
        InputError: the structure cannot be relaxed by any force field.
        RelaxError: OpenMM failed on every platform tried, with its messages.
    """
    start = time.perf_counter()
    check_structure(protein)
    fragments = find_fragments(protein)
    try:
        heavy = complete_heavy_atoms(protein, fragments.rows)
    except Exception as error:  # PDBFixer raises anything
        raise RelaxError(f"{_name(protein)}cannot be completed for the force field: {one_line(error)}") from error
    failures: list[str] = []
    for platform in platforms_to_try(config.platform):
        try:
            rounds, relaxed, rebuilt = _run_rounds(protein, heavy, fragments, config=config, platform=platform)
            break
        except Exception as error:  # OpenMM raises anything; what fails on a graphics card may succeed on the CPU
            failures.append(f"{platform}: {one_line(error)}")
            cause = error
    else:
        raise RelaxError(f"{_name(protein)}cannot be relaxed; {'; '.join(failures)}") from cause
    moved = (relaxed.atom37_positions - protein.atom37_positions)[protein.atom37_mask[:, CA] > 0, CA].astype(np.float64)
    return RelaxResult(
        protein=relaxed,
        rounds=rounds,
        violations_before=find_violations(protein),
        violations_after=find_violations(relaxed),
        ca_rmsd=float(np.sqrt((moved**2).sum(-1).mean())),
        max_iterations=config.max_iterations,
        platform=platform,
        platform_reason="; ".join(failures),
        num_disulfides=heavy.num_disulfides,
        num_built_atoms=int(heavy.built.sum()),
        left_out=fragments.left_out,
        warnings=_warnings(protein, fragments, rounds, rebuilt, config),
        seconds=time.perf_counter() - start,
    )


def _run_rounds(
    protein: Protein, heavy: HeavyAtoms, fragments: Fragments, *, config: RelaxConfig, platform: str
) -> tuple[tuple[RelaxRound, ...], Protein, Bool[np.ndarray, " N_res"]]:
    """Minimise until nothing is in violation or the rounds are used up; the residues with a rebuilt side chain come with the rest."""
    atoms = place_hydrogens(heavy.topology, heavy.positions)
    minimizer = Minimizer(atoms, config=config, platform=platform)
    released, rebuilt = np.zeros((2, len(protein)), dtype=bool)
    rounds: list[RelaxRound] = []
    while True:
        start = time.perf_counter()
        energy = minimizer.energy(atoms.positions)
        minimum = minimizer.minimize(atoms.positions, released[heavy.rows] | heavy.built)
        positions = minimum.positions[atoms.heavy]
        relaxed = _moved(protein, heavy, 10.0 * positions)
        violations = find_violations(relaxed)
        rounds.append(
            RelaxRound(
                energy_before=energy,
                energy_after=minimum.energy,
                spring_energy=minimum.spring_energy,
                iterations=minimum.iterations,
                converged=minimum.converged,
                violations=violations.count,
                released=int(released.sum()),
                seconds=time.perf_counter() - start,
            )
        )
        if not violations.count or len(rounds) == config.max_rounds:
            return tuple(rounds), relaxed, rebuilt
        stuck = violations.residues & released & can_be_rebuilt(protein, heavy)
        if stuck.any():
            positions = rebuild_side_chains(relaxed, heavy, positions, stretches=fragments.rows, residues=stuck)
        rebuilt |= stuck
        released |= violations.residues
        atoms = place_hydrogens(heavy.topology, positions, variants=atoms.variants)


def _moved(protein: Protein, heavy: HeavyAtoms, positions: Float[np.ndarray, "N_heavy 3"]) -> Protein:
    """The protein with what was relaxed at its new positions; a relaxed residue has the atoms that belong to it and no others.

    An OXT that was built stays at the end of a chain, not at the end of a mere stretch.
    """
    last_of_chain = np.append(np.diff(protein.chain_index) != 0, True)
    kept = ~heavy.built | (heavy.slots != OXT) | last_of_chain[heavy.rows]
    rows, slots, built = heavy.rows[kept], heavy.slots[kept], heavy.built[kept]
    atom37_positions, atom37_mask, b_factors = (
        array.copy() for array in (protein.atom37_positions, protein.atom37_mask, protein.b_factors)
    )
    atom37_positions[rows] = atom37_mask[rows] = 0.0
    atom37_positions[rows, slots] = positions[kept]
    atom37_mask[rows, slots] = 1.0
    b_factors[rows[built], slots[built]] = b_factors[rows[built], CA]
    return replace(protein, atom37_positions=atom37_positions, atom37_mask=atom37_mask, b_factors=b_factors)


def _warnings(
    protein: Protein,
    fragments: Fragments,
    rounds: tuple[RelaxRound, ...],
    rebuilt: Bool[np.ndarray, " N_res"],
    config: RelaxConfig,
) -> tuple[str, ...]:
    warnings = list(fragments.breaks)
    in_stretches = np.concatenate(fragments.rows)
    num_unknown = int((protein.aatype[in_stretches] == UNKNOWN).sum())
    if num_unknown:
        warnings.append(f"unknown residues relaxed as alanine or glycine: {num_unknown}")
    if rebuilt.any():
        names = ", ".join(residue_label(protein, row) for row in np.flatnonzero(rebuilt).tolist())
        warnings.append(f"side chains that stayed in violation without springs were taken off and built again: {names}")
    if not rounds[-1].converged:
        warnings.append(f"the last minimisation ended at its cap of {config.max_iterations} iterations")
    if rounds[-1].violations:
        warnings.append(f"residues still in violation after the last round: {rounds[-1].violations}")
    return tuple(warnings)


def _name(protein: Protein) -> str:
    return f"{protein.name} " if protein.name else "the structure "
