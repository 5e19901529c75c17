"""A protein as OpenMM wants it: missing heavy atoms built by PDBFixer, disulfide bridges found, hydrogens placed. nm."""

import io
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from openmm import Platform, Vec3, app, unit
from pdbfixer import PDBFixer

from protfold.constants.atoms import ATOM14_NAMES, ATOM37_INDEX
from protfold.entities import Protein
from protfold.relax.fragments import modelled_name
from protfold.typing import Bool, Float, Int

PH = 7.0
ANY_ATOM = "ATOM      1  CA  GLY A   1       0.000   0.000   0.000\n"
_GLOBAL_RANDOM = threading.Lock()


@dataclass(frozen=True, kw_only=True, slots=True)
class HeavyAtoms:
    """The heavy atoms of all stretches, complete.

    Attributes:
        topology: a chain for each stretch.
        positions: nm.
        rows, slots: where each atom lies in the atom37 arrays of the protein.
        built: whether PDBFixer built the atom.
    """

    topology: app.Topology
    positions: Float[np.ndarray, "N_heavy 3"]
    rows: Int[np.ndarray, " N_heavy"]
    slots: Int[np.ndarray, " N_heavy"]
    built: Bool[np.ndarray, " N_heavy"]

    @property
    def num_disulfides(self) -> int:
        """Bridges between two cysteines."""
        return sum(first.name == second.name == "SG" for first, second in self.topology.bonds())


@dataclass(frozen=True, kw_only=True, slots=True)
class AllAtoms:
    """Heavy atoms and hydrogens.

    Attributes:
        topology: the same residues.
        positions: nm.
        heavy: [N_heavy] index of each heavy atom among all.
        variants: the protonation of each residue, to be kept when hydrogens are placed again.
    """

    topology: app.Topology
    positions: Float[np.ndarray, "N_atoms 3"]
    heavy: Int[np.ndarray, " N_heavy"]
    variants: list[str | None]


def complete_heavy_atoms(protein: Protein, stretches: tuple[Int[np.ndarray, " _"], ...]) -> HeavyAtoms:
    """Build what is missing of side chains and backbones, and the second oxygen at the end of each stretch.

    Atoms that are there are not moved. Cysteines whose sulfurs are within 3 Å are bridged. Repeats to the last digit.
    """
    fixer = PDBFixer(pdbfile=io.StringIO(ANY_ATOM), platform=Platform.getPlatformByName("Reference"))
    fixer.topology, positions = _topology(protein, stretches)
    fixer.positions = _quantity(positions)
    fixer.missingResidues = {}
    fixer.findMissingAtoms()
    fixer.addMissingAtoms(seed=1)  # 0 would be another one each time
    row_of = np.concatenate(stretches)
    atoms = list(fixer.topology.atoms())
    rows = np.array([row_of[atom.residue.index] for atom in atoms])
    slots = np.array([ATOM37_INDEX[atom.name] for atom in atoms])
    return HeavyAtoms(
        topology=fixer.topology,
        positions=_array(fixer.positions),
        rows=rows,
        slots=slots,
        built=protein.atom37_mask[rows, slots] == 0,
    )


def place_hydrogens(
    topology: app.Topology, positions: Float[np.ndarray, "N_heavy 3"], *, variants: list[str | None] | None = None
) -> AllAtoms:
    """Add the hydrogens of pH 7 at places that depend on the heavy atoms only.

    Args:
        topology, positions: of heavy atoms, nm.
        variants: protonation of each residue; None lets OpenMM choose it, of histidine by its hydrogen bonds.
    """
    modeller = app.Modeller(topology, _quantity(positions))
    with _seeded_global_random():
        chosen = modeller.addHydrogens(pH=PH, variants=variants, platform=Platform.getPlatformByName("Reference"))
    return AllAtoms(
        topology=modeller.topology,
        positions=_array(modeller.positions),
        heavy=np.array([atom.index for atom in modeller.topology.atoms() if atom.element is not app.element.hydrogen]),
        variants=chosen,
    )


def _topology(
    protein: Protein, stretches: tuple[Int[np.ndarray, " _"], ...]
) -> tuple[app.Topology, Float[np.ndarray, "N_heavy 3"]]:
    """The atoms that are there, each stretch a chain; an OXT counts only at the end of one."""
    topology, positions = app.Topology(), []
    for stretch in stretches:
        chain = topology.addChain()
        for row in stretch.tolist():
            name = modelled_name(protein, row)
            residue = topology.addResidue(name, chain)
            for atom in (*ATOM14_NAMES[name], *(("OXT",) if row == stretch[-1] else ())):
                if protein.atom37_mask[row, ATOM37_INDEX[atom]] > 0:
                    topology.addAtom(atom, app.Element.getBySymbol(atom[0]), residue)
                    positions.append(0.1 * protein.atom37_positions[row, ATOM37_INDEX[atom]].astype(np.float64))
    topology.createStandardBonds()
    topology.createDisulfideBonds(_quantity(np.array(positions)))
    return topology, np.array(positions)


@contextmanager
def _seeded_global_random() -> Iterator[None]:
    """OpenMM draws the first places of hydrogens from Python's global generator, which is given back as it was."""
    with _GLOBAL_RANDOM:
        state = random.getstate()
        random.seed(0)
        try:
            yield
        finally:
            random.setstate(state)


def _quantity(positions: Float[np.ndarray, "N 3"]) -> unit.Quantity:
    return unit.Quantity([Vec3(*point) for point in positions.tolist()], unit.nanometer)


def _array(positions: unit.Quantity) -> Float[np.ndarray, "N 3"]:
    return np.array([[*point] for point in positions.value_in_unit(unit.nanometer)])
