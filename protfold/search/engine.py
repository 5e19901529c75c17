"""What every alignment engine offers, so that runs and the cache know no engine by name."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from protfold.entities import Msa


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SearchResult:
    """What a search found.

    Attributes:
        msa: the query in row 0, then the hits, best first.
        notes: what was left out and why, one sentence each, for the person who reads the run.
    """

    msa: Msa
    notes: tuple[str, ...] = ()


@runtime_checkable
class MsaEngine(Protocol):
    """Finds homologs of one chain and aligns them to it."""

    @property
    def identity(self) -> dict[str, str | int | float]:
        """Everything besides the sequence that decides the result: engine, version, settings, digest of the database."""
        ...

    def search(self, sequence: str) -> SearchResult:
        """The alignment of one chain, given as upper-case one-letter residues.

        Raises:
            SearchError: the database cannot be read or the engine failed.
        """
        ...
