"""Engines that make alignments for a sequence, and the cache of what they found. No torch, no network."""

from protfold.search.cache import cached_search
from protfold.search.database import SequenceDatabase, open_database
from protfold.search.engine import MsaEngine, SearchResult
from protfold.search.jackhmmer import Jackhmmer

__all__ = ["Jackhmmer", "MsaEngine", "SearchResult", "SequenceDatabase", "cached_search", "open_database"]
