"""The store: a folder of shards with `index.json`, written once by `protfold train prepare`, read chain by chain.

Opening reads the index only, so a store may be far larger than memory. `index.json` holds the columns of `ChainTable` for every
chain, where each chain lies, and what was left out for which reason.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, overload

import numpy as np

from protfold.errors import InputError
from protfold.train.chain import Chain
from protfold.train.chain_table import ChainTable
from protfold.train.shards import Shard
from protfold.typing import Int, Shaped

INDEX = "index.json"
VERSION = 2


class ChainStore(Sequence[Chain]):
    """The chains of a store, or a selection of them; a chain is read when it is asked for.

    May be handed to other processes: each opens the shards it needs for itself.

    Args:
        folder: of the store.

    Attributes:
        table: what is known of the chains without reading them.

    Raises:
        InputError: there is no store, or it was written by another version.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        index = read_index(self.folder)
        self.table = ChainTable.from_columns(**index["chains"])
        self._shard_names: list[str] = index["shards"]
        self._places: Int[np.ndarray, "N_chains 2"] = np.array(index["places"], dtype=np.int64).reshape(-1, 2)
        self._open: dict[int, Shard] = {}

    def __len__(self) -> int:
        return len(self.table)

    @overload
    def __getitem__(self, index: int) -> Chain: ...
    @overload
    def __getitem__(self, index: slice) -> "ChainStore": ...
    def __getitem__(self, index: int | slice) -> "Chain | ChainStore":
        if isinstance(index, slice):
            return self.select(np.arange(len(self))[index])
        shard, row = self._places[index].tolist()
        if shard not in self._open:
            self._open[shard] = Shard(self.folder / self._shard_names[shard])
        arrays = self._open[shard].read(row)
        return Chain(
            id=str(self.table.id[index]),
            split=str(self.table.split[index]),
            cluster=str(self.table.cluster[index]),
            resolution=float(self.table.resolution[index]),
            **{field.name: getattr(arrays, field.name) for field in fields(arrays)},
        )

    def select(self, which: Shaped[np.ndarray, " N_selected"]) -> "ChainStore":
        """The chains of a boolean mask or index array, from the same files."""
        selection = ChainStore.__new__(ChainStore)
        selection.__dict__.update(self.__dict__)
        selection.table, selection._places = self.table.take(which), self._places[which]
        return selection

    def split(self, name: str) -> "ChainStore":
        """The chains of train, valid or test.

        Raises:
            InputError: there are none.
        """
        which = self.table.split == name
        if not which.any():
            raise InputError(f"holds no chain of the split {name!r}; it has {_counted(self.table.split)}", file=self.folder)
        return self.select(which)

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_open": {}}


def read_index(folder: Path) -> dict[str, Any]:
    """The content of `index.json`.

    Raises:
        InputError: it is missing, damaged, or of another version.
    """
    path = folder / INDEX
    if not path.is_file():
        raise InputError("holds no training chains; make them with `protfold train prepare`", file=folder)
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = index["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("is damaged; prepare the store again", file=path) from error
    if version != VERSION:
        raise InputError(f"has version {version}, this protfold reads version {VERSION}; prepare the store again", file=path)
    return index


def format_index(table: ChainTable, places: Sequence[tuple[int, int]], shards: Sequence[str], summary: dict[str, Any]) -> str:
    """The text of `index.json`.

    Args:
        table: of all chains.
        places: shard and row of each.
        shards: file names.
        summary: how the store was made, for readers.
    """
    content = {"version": VERSION, **summary, "shards": list(shards), "places": list(places), "chains": table.as_columns()}
    return json.dumps(content) + "\n"


def _counted(splits: np.ndarray) -> str:
    counts = Counter(splits.tolist())
    return ", ".join(f"{counts[name]} of {name!r}" for name in sorted(counts)) or "no chain at all"
