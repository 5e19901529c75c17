"""One pass of jackhmmer, in process through pyhmmer, with AlphaFold's settings.

A single-iteration jackhmmer search scores every target with a profile made from the query alone, so the query's residues are the
profile's match states and each hit's alignment maps straight onto query columns: nothing is written as Stockholm and read back.
"""

import gzip
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pyhmmer
from pyhmmer.easel import Alphabet, DigitalSequence, DigitalSequenceBlock, SequenceFile, TextSequence
from pyhmmer.plan7 import Builder, Domain, Pipeline, TopHits

from protfold.constants.residues import GAP, LETTER_TO_CODE, UNKNOWN, encode
from protfold.entities import Msa
from protfold.errors import SearchError
from protfold.search.database import SequenceDatabase
from protfold.search.engine import SearchResult

MAX_TARGET_LENGTH = 100_000  # HMMER's own limit on one target
BLOCK_RESIDUES = 4_000_000  # residues of the database held in memory for each thread

_AMINO: Alphabet = Alphabet.amino()
_STOP = _AMINO.symbols.index("*")
_ANY_RESIDUE = _AMINO.symbols.index("X")


@dataclass(frozen=True, kw_only=True, slots=True)
class Jackhmmer:
    """`jackhmmer -N 1` against one FASTA file, streamed in blocks.

    Defaults are those of AlphaFold's data pipeline (`-E 1e-4 --incE 1e-4 --F1 5e-4 --F2 5e-5 --F3 5e-7`, 10,000 rows for UniRef90);
    the other thresholds are jackhmmer's own.

    Attributes:
        database: where to search.
        e_value: a target is reported and included up to this E-value.
        domain_e_value: a domain of an included target becomes a row up to this conditional E-value.
        f1, f2, f3: P-value thresholds of the MSV, Viterbi and Forward filters.
        max_rows: rows kept, best first, the query included.
        threads: blocks of the database searched at once; the result does not depend on it.
    """

    database: SequenceDatabase
    e_value: float = 1e-4
    domain_e_value: float = 1e-3
    f1: float = 5e-4
    f2: float = 5e-5
    f3: float = 5e-7
    max_rows: int = 10_000
    threads: int = 1

    @property
    def identity(self) -> dict[str, str | int | float]:
        """Settings, versions and the database's digest; not its path and not the number of threads."""
        return {
            "engine": "jackhmmer",
            "engine_version": f"pyhmmer {pyhmmer.__version__}",
            "iterations": 1,
            "e_value": self.e_value,
            "domain_e_value": self.domain_e_value,
            "f1": self.f1,
            "f2": self.f2,
            "f3": self.f3,
            "max_rows": self.max_rows,
            "database_sha256": self.database.sha256,
        }

    def search(self, sequence: str) -> SearchResult:
        """Homologs of `sequence`, best E-value first; ties in the order of HMMER's hit list.

        Raises:
            SearchError: the database is damaged, holds no sequence, or the query has a residue HMMER does not know.
        """
        query = TextSequence(name=b"query", sequence=sequence).digitize(_AMINO)
        skipped = _Skipped()
        try:
            with _open_sequences(self.database.path) as sequences:
                hits = self._search_blocks(query, _blocks(sequences, skipped))
        except (OSError, EOFError, ValueError) as error:
            raise SearchError(f"{self.database.path}: cannot search this database: {error or 'it ends too early'}") from error
        if hits is None:
            raise SearchError(f"{self.database.path}: the database holds no usable sequence")
        return self._align(sequence, hits, skipped)

    def _search_blocks(self, query: DigitalSequence, blocks: Iterator[DigitalSequenceBlock]) -> TopHits | None:
        found: list[TopHits] = []
        with ThreadPoolExecutor(self.threads) as pool:
            while batch := list(islice(blocks, self.threads)):
                found += pool.map(lambda block: self._pipeline().search_seq(query, block, Builder(_AMINO)), batch)
        return found[0].merge(*found[1:]) if found else None

    def _pipeline(self) -> Pipeline:
        return Pipeline(
            _AMINO,
            E=self.e_value,
            incE=self.e_value,
            incdomE=self.domain_e_value,
            F1=self.f1,
            F2=self.f2,
            F3=self.f3,
        )

    def _align(self, sequence: str, hits: TopHits, skipped: "_Skipped") -> SearchResult:
        domains = [domain for hit in hits.included for domain in hit.domains.included]
        kept = domains[: self.max_rows - 1]
        residues = np.full((len(kept) + 1, len(sequence)), GAP, dtype=np.int8)
        deletions = np.zeros(residues.shape, dtype=np.int32)
        residues[0] = encode(sequence)
        descriptions = ["query"]
        for row, domain in enumerate(kept, start=1):
            _place(domain, residues[row], deletions[row])
            descriptions.append(_description(domain))
        notes = list(skipped.notes())
        if len(kept) < len(domains):
            notes.append(f"{len(domains) - len(kept)} of {len(domains)} aligned hits are beyond the limit of {self.max_rows} rows")
        source = f"jackhmmer against {self.database.path.name}"
        return SearchResult(
            msa=Msa(residues=residues, deletions=deletions, descriptions=tuple(descriptions), source=source), notes=tuple(notes)
        )


class _Skipped:
    """Targets that HMMER cannot search, counted while the database streams by."""

    def __init__(self) -> None:
        self.too_long: list[str] = []
        self.empty = 0

    def notes(self) -> Iterator[str]:
        if self.too_long:
            shown = ", ".join(self.too_long[:3]) + (", ..." if len(self.too_long) > 3 else "")
            yield f"{len(self.too_long)} database sequences over {MAX_TARGET_LENGTH} residues were not searched: {shown}"
        if self.empty:
            yield f"{self.empty} database records without residues were not searched"


@contextmanager
def _open_sequences(path: Path) -> Iterator[Any]:
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        with gzip.open(raw) if compressed else raw as file:
            file.peek(1)  # damage at the very beginning shows here, as an error that says what it is
            with SequenceFile(cast(BinaryIO, file), format="fasta", digital=True, alphabet=_AMINO) as sequences:
                yield sequences


def _blocks(sequences: Any, skipped: _Skipped) -> Iterator[DigitalSequenceBlock]:
    """The database in blocks that fit in memory, without the targets HMMER refuses."""
    while block := sequences.read_block(residues=BLOCK_RESIDUES):
        usable = DigitalSequenceBlock(_AMINO)
        for target in block:
            target = _without_stops(target)
            if len(target) > MAX_TARGET_LENGTH:
                skipped.too_long.append(_text(target.name))
            elif len(target) == 0:
                skipped.empty += 1
            else:
                usable.append(target)
        yield usable


def _without_stops(target: DigitalSequence) -> DigitalSequence:
    """Translated genes end in `*`, which is no residue: cut it there, and read it as X inside a sequence."""
    codes = np.asarray(target.sequence)
    if not (codes == _STOP).any():
        return target
    last = np.flatnonzero(codes != _STOP)
    codes = codes[: last[-1] + 1].copy() if len(last) else codes[:0].copy()
    codes[codes == _STOP] = _ANY_RESIDUE
    return DigitalSequence(_AMINO, name=target.name, description=target.description, sequence=bytes(codes))


def _place(domain: Domain, residues: np.ndarray, deletions: np.ndarray) -> None:
    """Write one aligned domain over the query's columns; residues between two columns count for the column after them."""
    alignment = domain.alignment
    model = np.frombuffer(alignment.hmm_sequence.encode(), dtype=np.uint8)
    target = np.frombuffer(alignment.target_sequence.upper().encode(), dtype=np.uint8)
    is_match = model != ord(".")
    first, last = alignment.hmm_from - 1, alignment.hmm_to
    codes = LETTER_TO_CODE[target[is_match]]
    residues[first:last] = np.where(codes < 0, UNKNOWN, codes)
    inserted_before = np.cumsum(~is_match)[is_match]
    deletions[first:last] = np.diff(inserted_before, prepend=0)


def _description(domain: Domain) -> str:
    alignment = domain.alignment
    name = f"{_text(alignment.target_name)}/{alignment.target_from}-{alignment.target_to}"
    return f"{name} e-value={domain.hit.evalue:.2g} score={domain.hit.score:.1f}"


def _text(name: bytes | str) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name
