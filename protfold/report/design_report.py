"""What a report of designs shows, as plain values. Nats, Å; pLDDT 0-100."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from protfold.constants.residues import decode
from protfold.metrics.sequence_sets import composition, identity_matrix, substitutions
from protfold.report.logo import LogoChain
from protfold.typing import Bool, Float, Int


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportedDesign:
    """One sequence; NaN for what is not known.

    Attributes:
        rank: by score, from 1.
        count: how many samples gave it.
        score: mean of -log p over designed residues, nats; lower is better.
        global_score: the same over all residues.
        recovery: share of designed residues as in the native sequence, 0-1.
        similarity: share of them like the native ones, 0-1.
        converged: whether it agrees with itself.
        sc_tm, sc_rmsd, mean_plddt: of the design folded again.
    """

    rank: int
    count: int
    score: float
    global_score: float
    recovery: float
    similarity: float
    converged: bool
    sc_tm: float = float("nan")
    sc_rmsd: float = float("nan")
    mean_plddt: float = float("nan")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReportedChain:
    """Where the residues of a chain are.

    Attributes:
        name: what it is called.
        rows: its residues among all.
    """

    name: str
    rows: Int[np.ndarray, " N_chain"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignReport:
    """Designs on one backbone, or on several states of it.

    Attributes:
        name: of the backbone.
        designs: best score first.
        types: of all residues in each design, 0-20.
        native: likewise of the native sequence.
        designed: residues that could change.
        chains: every chain of every state.
        numbers: author numbers with insertion codes.
        probabilities: of each type at each residue, mean over samples, in the order of `protfold.constants.residues.RESIDUES`; NaN where
            there are none.
        neighbors: CB atoms within 10 Å of each residue's, by the backbone alone; NaN where there are none.
        native_score: as of a design; NaN where it is not known.
        diversity: 1 - mean identity between samples, 0-1; NaN for a single one.
        facts: further key figures, by name.
        backbone: the native backbone of the first state as PDB or mmCIF.
        refolded: predictions of designs laid over it, by rank.
        constraints: what could change and how, a sentence each.
        problems, notes: what failed, what a user should know.
        command: that makes the result again; empty where there is none.
        manifest: text of the run's manifest.
    """

    name: str
    designs: tuple[ReportedDesign, ...]
    types: Int[np.ndarray, "N_seq N_res"]
    native: Int[np.ndarray, " N_res"]
    designed: Bool[np.ndarray, " N_res"]
    chains: tuple[ReportedChain, ...]
    numbers: tuple[str, ...]
    probabilities: Float[np.ndarray, "N_res 20"]
    neighbors: Float[np.ndarray, " N_res"]
    native_score: float
    diversity: float
    facts: Mapping[str, str] = field(default_factory=dict)
    backbone: str = ""
    refolded: Mapping[int, str] = field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    command: str = ""
    manifest: str = ""

    @property
    def copies(self) -> Int[np.ndarray, " N_seq"]:
        """How many samples gave each design."""
        return np.array([one.count for one in self.designs])

    @property
    def designed_chains(self) -> tuple[ReportedChain, ...]:
        """Chains that hold designed residues."""
        return tuple(chain for chain in self.chains if self.designed[chain.rows].any())

    @property
    def identities(self) -> Float[np.ndarray, "N_seq N_seq"]:
        """Share of designed residues that are equal in each two designs, 0-1."""
        return identity_matrix(self.types, self.designed)

    @property
    def identities_with_native(self) -> Float[np.ndarray, "N_one_more N_one_more"]:
        """The same with the native sequence behind the designs; it is like none at its unknown residues."""
        return identity_matrix(np.concatenate([self.types, np.where(self.native < 20, self.native, -1)[None]]), self.designed)

    @property
    def nearest(self) -> Float[np.ndarray, " N_seq"]:
        """Share of designed residues that each design has in common with the most similar other one, 0-1; NaN for a single design."""
        others = self.identities
        np.fill_diagonal(others, -1.0)
        return np.where(len(others) > 1, others.max(1), np.nan)

    @property
    def composition(self) -> tuple[Float[np.ndarray, " 20"], Float[np.ndarray, " 20"]]:
        """Share of each type among designed residues, 0-1: of all samples, and of the native sequence."""
        return composition(self.types, self.designed, self.copies), composition(self.native[None], self.designed, np.ones(1))

    @property
    def substitutions(self) -> Int[np.ndarray, "20 20"]:
        """How often each native type (row) is a type (column) in all samples."""
        return substitutions(self.native, self.types, self.designed, self.copies)

    @property
    def recovery_by_residue(self) -> Float[np.ndarray, " N_res"]:
        """Share of samples with the native type, 0-1; NaN where that is unknown or nothing is designed."""
        share = (self.types == self.native).T @ self.copies / self.copies.sum()
        return np.where(self.designed & (self.native < 20), share, np.nan)

    @property
    def native_probability(self) -> Float[np.ndarray, " N_res"]:
        """Probability of the native type, mean over samples, 0-1; NaN where it is unknown."""
        known = np.minimum(self.native, 19)
        return np.where(self.native < 20, np.take_along_axis(self.probabilities, known[:, None], axis=1)[:, 0], np.nan)

    @property
    def logo_chains(self) -> tuple[LogoChain, ...]:
        """Designed chains as a logo shows them."""
        return tuple(
            LogoChain(
                name=chain.name,
                probabilities=self.probabilities[chain.rows],
                numbers=tuple(self.numbers[row] for row in chain.rows),
                native=decode(self.native[chain.rows]),
                fixed=~self.designed[chain.rows],
            )
            for chain in self.designed_chains
        )
