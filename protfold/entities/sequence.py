"""A named protein sequence, as the user gave it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Sequence:
    """One record of a sequence file; several chains make a complex.

    Attributes:
        id: first word of the header, unique within one input.
        description: the rest of the header.
        chains: one-letter residues of each chain, upper case, at least one chain; `A:B` in a file gives two.
    """

    id: str
    chains: tuple[str, ...]
    description: str = ""

    def __post_init__(self) -> None:
        if not self.chains or not all(self.chains):
            raise ValueError(f"sequence {self.id!r} has an empty chain")

    def __len__(self) -> int:
        return sum(map(len, self.chains))
