"""Alignments kept by the content of the question: sequence, engine, versions, settings, database."""

import hashlib
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from protfold.errors import ProtfoldError
from protfold.io import format_a3m, parse_a3m, write_atomically
from protfold.search.cache_folder import cache_folder
from protfold.search.engine import MsaEngine, SearchResult

FORMAT = 1


def cached_search(engine: MsaEngine, sequence: str) -> SearchResult:
    """The engine's result for one chain, from the cache where it is there; a damaged entry is searched again.

    An entry is an A3M whose first line, a comment to other readers, holds the digest of the rest, the source and the notes.

    Raises:
        SearchError: the search failed. A cache that cannot be written is no error.
    """
    path = cache_path(engine, sequence)
    result = _read(path)
    if result is None:
        result = engine.search(sequence)
        with suppress(ProtfoldError):  # a cache that cannot be written costs time, not results
            write_atomically(path, _format(result))
    return result


def cache_path(engine: MsaEngine, sequence: str) -> Path:
    """Where the result for this engine and sequence is kept."""
    question = json.dumps({"format": FORMAT, "sequence": sequence, **engine.identity}, sort_keys=True)
    return cache_folder() / "alignments" / f"{hashlib.sha256(question.encode()).hexdigest()}.a3m"


def _format(result: SearchResult) -> str:
    body = format_a3m(result.msa)
    about = {"sha256": hashlib.sha256(body.encode()).hexdigest(), "source": result.msa.source, "notes": result.notes}
    return f"#protfold {json.dumps(about)}\n{body}"


def _read(path: Path) -> SearchResult | None:
    try:
        first, _, body = path.read_text(encoding="utf-8").partition("\n")
        about = json.loads(first.removeprefix("#protfold "))
        if about["sha256"] != hashlib.sha256(body.encode()).hexdigest():
            return None
        msa = replace(parse_a3m(body, source=str(path)), source=about["source"])
        return SearchResult(msa=msa, notes=tuple(about["notes"]))
    except (OSError, ValueError, KeyError, TypeError, ProtfoldError):
        return None
