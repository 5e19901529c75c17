"""The settings of a design as a user writes them, and what they say about a structure."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from protfold.design.constraints import NUM_TYPES
from protfold.design.residue_selection import ResidueSelection, rows_by_chain, select_chains, select_residues
from protfold.design.ties import Ties, join_ties, parse_homo_oligomer, parse_ties
from protfold.design.type_settings import parse_bias, parse_bias_at, parse_exclude_at, parse_letters
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.typing import Bool, Float, Int

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ConstraintOptions:
    """Empty text means that nothing is said. Residues are written as `protfold.design.residue_selection` says, lists with commas.

    Attributes:
        chains: chains to design, all by default; others are context and keep their types.
        design: only these residues of them.
        fix: these not.
        exclude: types that no designed residue gets, `CP`.
        exclude_at: types that some do not get, `A10:CP`.
        bias: nats added for a type to log p / T everywhere, `W:0.5,A:-0.3`.
        bias_at: the same for some residues, on top of `bias`, `A10:W:0.5`.
        tie: residues of one type, `A1-100=B1-100`, with weights `A1-10*2=B1-10`.
        homo_oligomer: chains of one sequence, `A,B,C`; several groups are joined by semicolons, `A,B;C,D`.
    """

    chains: str = ""
    design: str = ""
    fix: str = ""
    exclude: str = ""
    exclude_at: str = ""
    bias: str = ""
    bias_at: str = ""
    tie: str = ""
    homo_oligomer: str = ""

    def union(self, other: "ConstraintOptions") -> "ConstraintOptions":
        """What both say together; where they contradict each other, resolving them is an error."""
        both = {field.name: (getattr(self, field.name), getattr(other, field.name)) for field in fields(self)}
        return ConstraintOptions(**{name: ";".join(filter(str.strip, texts)) for name, texts in both.items()})


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ReadOptions:
    """`ConstraintOptions` read for one structure; attributes as there.

    Attributes:
        region: residues of the chains to design.
        design: None for all of them.
        bias_at: NaN where nothing is given.
        ties: of `tie` and `homo_oligomer`.
    """

    region: Bool[np.ndarray, " N_res"]
    design: ResidueSelection | None
    fix: Int[np.ndarray, " N_fixed"]
    exclude: Int[np.ndarray, " N_letters"]
    exclude_at: Bool[np.ndarray, "N_res 20"]
    bias: Float[np.ndarray, " 20"]
    bias_at: Float[np.ndarray, "N_res 20"]
    ties: Ties


def read_options(options: ConstraintOptions, protein: Protein) -> ReadOptions:
    """Read every setting against a structure.

    Raises:
        InputError: one cannot be read or does not fit the structure; the message begins with its name.
    """
    size, none = len(protein), np.zeros(0, dtype=np.int64)

    def read(name: str, parse: Callable[[str], T], default: T) -> T:
        text = getattr(options, name)
        try:
            return parse(text) if text.strip() else default
        except InputError as error:
            raise InputError(f"{name}: {error.problem}", file=error.file, line=error.line, record=error.record) from None

    ties = [
        read("tie", lambda text: parse_ties(text, protein), join_ties([], size)),
        read("homo_oligomer", lambda text: parse_homo_oligomer(text, protein), join_ties([], size)),
    ]
    return ReadOptions(
        region=read("chains", lambda text: _in_chains(text, protein), np.ones(size, dtype=bool)),
        design=read("design", lambda text: select_residues(text, protein), None),
        fix=read("fix", lambda text: select_residues(text, protein).rows, none),
        exclude=read("exclude", parse_letters, none),
        exclude_at=read("exclude_at", lambda text: parse_exclude_at(text, protein), np.zeros((size, NUM_TYPES), dtype=bool)),
        bias=read("bias", parse_bias, np.zeros(NUM_TYPES)),
        bias_at=read("bias_at", lambda text: parse_bias_at(text, protein), np.full((size, NUM_TYPES), np.nan)),
        ties=join_ties(ties, size),
    )


def _in_chains(text: str, protein: Protein) -> Bool[np.ndarray, " N_res"]:
    chains = rows_by_chain(protein)
    region = np.zeros(len(protein), dtype=bool)
    for name in select_chains(text, protein):
        region[chains[name]] = True
    return region
