"""Backbones to design on, with their constraints resolved, and their sequences as text."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protfold.constants.atoms import BACKBONE
from protfold.constants.residues import RESIDUES, UNKNOWN
from protfold.design.constraint_files import read_constraint_file
from protfold.design.constraints import Constraints
from protfold.design.designer import Designer, EncodedBackbone
from protfold.design.resolve import resolve_constraints
from protfold.design.states import join_states
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.runs.design.options import DesignOptions
from protfold.typing import Bool, Int

CHAIN_BREAK = "/"
CONSTRAINT_SUFFIXES = (".toml", ".json", ".csv", ".trb")
_LETTERS = np.array(list(RESIDUES + "X"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Backbone:
    """What one sequence is designed for.

    Attributes:
        states: its structures, most often one.
        protein: all residues of all states.
        state_index: which state each residue is of; None for one state.
        constraints: of all residues.
    """

    states: tuple[Protein, ...]
    protein: Protein
    state_index: Int[np.ndarray, " N_res"] | None
    constraints: Constraints

    @property
    def name(self) -> str:
        """Of the first state."""
        return self.protein.name

    @property
    def native(self) -> Int[np.ndarray, " N_res"]:
        """Native types, 20 for unknown."""
        return self.constraints.types

    @property
    def complete(self) -> Bool[np.ndarray, " N_res"]:
        """Residues with N, CA, C and O."""
        return np.asarray((self.protein.atom37_mask[:, BACKBONE] > 0).all(1))

    @property
    def scorable(self) -> Bool[np.ndarray, " N_res"]:
        """Residues with a complete backbone and a known type."""
        return self.complete & (self.native < UNKNOWN)

    def encode(self, designer: Designer) -> EncodedBackbone:
        """The residues of all states as a designer reads them."""
        return designer.encode(self.protein, self.state_index)

    def rows(self, state: int) -> Int[np.ndarray, " N_state"]:
        """Residues of a state, from 0."""
        return np.arange(len(self.protein)) if self.state_index is None else np.flatnonzero(self.state_index == state)

    def designed_chains(self, state: int = 0) -> tuple[str, ...]:
        """Author names of the chains of a state that hold designed residues, in the order of the file."""
        designed = self.constraints.designed[self.rows(state)]
        protein = self.states[state]
        return tuple(protein.chain_ids[chain] for chain in dict.fromkeys(protein.chain_index[designed].tolist()))

    def sequence(self, types: Int[np.ndarray, " N_res"], state: int = 0) -> str:
        """The designed chains of a state, joined by `/`."""
        chains = chain_sequences(self.states[state], types[self.rows(state)])
        return CHAIN_BREAK.join(chains[name] for name in self.designed_chains(state))

    def all_chains(self, types: Int[np.ndarray, " N_res"]) -> tuple[str, ...]:
        """Every chain of the first state."""
        return tuple(chain_sequences(self.states[0], types[self.rows(0)]).values())


def resolve_backbone(states: Sequence[Protein], options: DesignOptions) -> Backbone:
    """Join the states, if there are several, and resolve the constraints, those of a file included.

    Raises:
        InputError: a constraint cannot be read, fits no residue or contradicts another, or states do not go together.
    """
    joined = join_states(states, options.state_weights) if len(states) > 1 else None
    if joined is None and options.state_weights is not None:
        raise InputError("weights of states are given for one backbone; give several as states, or leave the weights out")
    protein = states[0] if joined is None else joined.protein
    settings = options.constraints
    if options.constraint_file is not None:
        settings = settings.union(read_constraint_file(constraint_file_of(options.constraint_file, protein.name), protein))
    constraints = resolve_constraints(settings, protein, ties=None if joined is None else joined.ties)
    if options.temperature == 0.0 and constraints.bias.any():
        raise InputError("a bias has no effect at temperature 0; give a temperature above", record=protein.name or None)
    return Backbone(
        states=tuple(states),
        protein=protein,
        state_index=None if joined is None else joined.state_index,
        constraints=constraints,
    )


def constraint_file_of(path: str | Path, name: str) -> Path:
    """The file itself, or the one in a folder that is named after a backbone.

    Raises:
        InputError: there is no such file or folder, or none or several of the name in it.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("no such file or folder of constraints", file=path)
    if not path.is_dir():
        return path
    found = [path / f"{name}{suffix}" for suffix in CONSTRAINT_SUFFIXES if (path / f"{name}{suffix}").is_file()]
    if len(found) != 1:
        what = "no file" if not found else f"{len(found)} files"
        raise InputError(f"holds {what} of constraints for {name}; give one of {name}.{{toml,json,csv,trb}}", file=path)
    return found[0]


def chain_sequences(protein: Protein, types: Int[np.ndarray, " N_res"]) -> dict[str, str]:
    """One-letter residues of each chain by author name, in the order of the file: those that are there, without filled gaps."""
    return {
        protein.chain_ids[chain]: "".join(_LETTERS[np.minimum(types[protein.chain_index == chain], UNKNOWN)])
        for chain in dict.fromkeys(protein.chain_index.tolist())
    }
