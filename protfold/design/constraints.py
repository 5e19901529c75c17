"""`Constraints`: what each residue of one backbone may become, resolved to rows. Nats."""

from dataclasses import dataclass

import numpy as np

from protfold.constants.residues import RESIDUES, UNKNOWN
from protfold.typing import Bool, Float, Int

NUM_TYPES = len(RESIDUES)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Constraints:
    """The form that a sampler reads; `protfold.design.resolve_constraints` makes it of a user's settings.

    The types of a group are drawn from p ~ exp(z / T + `bias`) over the types in `allowed`, where z = sum over its residues of `weights` *
    log-probabilities, and given to all of them. A bias of b nats so multiplies the odds of a type by exp(b) at every temperature T (in
    ProteinMPNN, which divides the bias by T too, +1 at T = 0.1 acts like +10).

    Attributes:
        designed: residues whose type is chosen. One of weight 0 has no evidence of its own (its backbone may be incomplete) and follows its
            group.
        types: native types, 20 for unknown; where nothing is designed they stay, elsewhere they are a possible start, be it allowed or not.
        allowed: the types a designed residue may have, at least one; in the order of `protfold.constants.residues.RESIDUES`, never X.
        bias: 0 where there is none.
        groups: residues of one number have one type; numbers begin at 0, in the order of their first residues. Residues that are not
            designed have one each. `allowed` and `bias` are equal within a group.
        weights: share of a residue in its group; the absolute values add up to 1 in each group, and a negative one speaks against a state.
        names: residues as a user writes them, for messages.
        notes: what a user should know about how the settings were read.

    Raises:
        ValueError: the arrays do not agree with this.
    """

    designed: Bool[np.ndarray, " N_res"]
    types: Int[np.ndarray, " N_res"]
    allowed: Bool[np.ndarray, "N_res 20"]
    bias: Float[np.ndarray, "N_res 20"]
    groups: Int[np.ndarray, " N_res"]
    weights: Float[np.ndarray, " N_res"]
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        first = self.representatives
        rules = {
            "every array has one entry a residue": len({len(getattr(self, name)) for name in self.__slots__ if name != "notes"})
            == 1,
            "types are 0 to 20": bool(((self.types >= 0) & (self.types <= UNKNOWN)).all()),
            "a designed residue may have some type": bool(self.allowed[self.designed].any(1).all()),
            "bias and weights are finite": bool(np.isfinite(self.bias).all() and np.isfinite(self.weights).all()),
            "groups are numbered from 0 by their first residues": bool(
                (np.diff(first) > 0).all() and self.groups.max(initial=-1) < len(first)
            ),
            "absolute weights add up to 1 in each group": bool(
                np.allclose(np.bincount(self.groups, np.abs(self.weights), len(first)), 1.0, atol=1e-5)
            ),
        }
        if broken := [rule for rule, holds in rules.items() if not holds]:
            raise ValueError(f"constraints break the rule: {broken[0]}")
        own = first[self.groups]
        if (self.allowed != self.allowed[own]).any() or (self.bias != self.bias[own]).any():
            raise ValueError("constraints break the rule: allowed types and bias are equal within a group")
        if (~self.designed & (np.bincount(self.groups)[self.groups] > 1)).any():
            raise ValueError("constraints break the rule: tied residues are designed")

    def __len__(self) -> int:
        return len(self.types)

    @property
    def representatives(self) -> Int[np.ndarray, " N_groups"]:
        """The first residue of each group."""
        return np.unique(self.groups, return_index=True)[1]

    @property
    def designed_groups(self) -> Int[np.ndarray, " N_designed"]:
        """Groups to be sampled."""
        return np.unique(self.groups[self.designed])

    def check(self, sequence: Int[np.ndarray, " N_res"]) -> None:
        """Verify a finished design.

        Raises:
            RuntimeError: a residue breaks a constraint; the message names it. This is a mistake of the sampler, not of the user.
        """
        if len(sequence) != len(self):
            raise RuntimeError(f"a design of {len(self)} residues came back with {len(sequence)}")
        letters = RESIDUES + "X"
        for row in np.flatnonzero(~self.designed & (sequence != self.types)):
            raise RuntimeError(
                f"{self.names[row]} is not designed and {letters[self.types[row]]}, but came back as {sequence[row]}"
            )
        for row in np.flatnonzero(self.designed & ((sequence < 0) | (sequence >= NUM_TYPES))):
            raise RuntimeError(f"{self.names[row]} came back as type {sequence[row]}, which is none of the 20")
        for row in np.flatnonzero(self.designed & ~self.allowed[np.arange(len(self)), np.minimum(sequence, NUM_TYPES - 1)]):
            raise RuntimeError(f"{self.names[row]} came back as {letters[sequence[row]]}, which is excluded there")
        first = self.representatives[self.groups]
        for row in np.flatnonzero(sequence != sequence[first]):
            raise RuntimeError(
                f"{self.names[row]} came back as {letters[sequence[row]]},"
                f" {self.names[first[row]]}, tied to it, as {letters[sequence[first[row]]]}"
            )
