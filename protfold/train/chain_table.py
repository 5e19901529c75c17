"""What is known of every chain without reading it: the columns that filters and the sampler work with."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from protfold.train.chain import Chain
from protfold.typing import Bool, Float, Int, Shaped

DTYPES: dict[str, type] = {
    "id": str, "split": str, "cluster": str, "resolution": np.float32, "length": np.int64, "depth": np.int64, "backbone_only": bool,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ChainTable:
    """One row a chain, in the order of the chains.

    Attributes:
        id, split, cluster, resolution: as in `Chain`.
        length: residues.
        depth: rows of the alignment; 0 without one.
        backbone_only: whether it has no side chain beyond CB.
    """

    id: Shaped[np.ndarray, " N_chains"]
    split: Shaped[np.ndarray, " N_chains"]
    cluster: Shaped[np.ndarray, " N_chains"]
    resolution: Float[np.ndarray, " N_chains"]
    length: Int[np.ndarray, " N_chains"]
    depth: Int[np.ndarray, " N_chains"]
    backbone_only: Bool[np.ndarray, " N_chains"]

    def __len__(self) -> int:
        return len(self.id)

    @classmethod
    def of(cls, chains: Sequence[Chain]) -> "ChainTable":
        """The table of chains in memory."""
        return cls.from_columns(
            id=[chain.id for chain in chains],
            split=[chain.split for chain in chains],
            cluster=[chain.cluster for chain in chains],
            resolution=[chain.resolution for chain in chains],
            length=[len(chain) for chain in chains],
            depth=[0 if chain.msa is None else chain.msa.depth for chain in chains],
            backbone_only=[chain.backbone_only for chain in chains],
        )

    @classmethod
    def from_columns(cls, **columns: Sequence[Any]) -> "ChainTable":
        """From a list for each column."""
        return cls(**{name: np.array(columns[name], dtype=dtype) for name, dtype in DTYPES.items()})

    def as_columns(self) -> dict[str, list[Any]]:
        """A list for each column, of Python's types."""
        columns = {field.name: getattr(self, field.name).tolist() for field in fields(self)}
        return columns | {"resolution": [round(value, 3) for value in columns["resolution"]]}

    def take(self, which: Shaped[np.ndarray, " N_selected"]) -> "ChainTable":
        """The rows of a boolean mask or index array."""
        return ChainTable(**{field.name: getattr(self, field.name)[which] for field in fields(self)})
