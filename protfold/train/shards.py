"""Shards: files of training chains, read chain by chain. Å.

A shard is a safetensors file, mapped into memory: only what is asked for is read. Arrays of all its chains lie end to end:

| array | content |
|---|---|
| `offsets` | [N_chains + 1, 4] int64: where each chain begins in residues, atoms, alignment letters and deletions |
| `aatype`, `residue_index`, `atom37_mask` | int8, int32, five bytes of bits; one row a residue |
| `b_factors` | uint16, one a residue, in units of 0.01 Å² |
| `positions` | [N_atoms, 3] int16: the observed atoms in units of 0.01 Å around the chain's centre |
| `msa_residues` | int8, row after row |
| `deletion_place`, `deletion_count` | int32, uint16: where in the chain's alignment letters residues were inserted, and how many |

Coordinates are exact to 0.005 Å along each axis, a third of the spread of a covalent bond in crystal structures, in half the room
of float32; a chain may reach 327 Å from its centre. B-factors above 655.35 Å² are stored as that. The header holds one text, `note`,
for what is known about the whole.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from protfold.constants.atoms import NUM_ATOM37
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.train.chain import Chain
from protfold.typing import Float, Int

UNIT = 0.01
"""Å of one step of a stored coordinate."""
REACH = 32_767 * UNIT
"""Å from the centre of a chain beyond which coordinates cannot be stored."""
MAX_DELETIONS = 65_535
B_FACTOR_UNIT = 0.01
"""Å² of one step of a stored B-factor."""
MAX_B_FACTOR = 65_535 * B_FACTOR_UNIT
_DTYPES = {"I8": "i1", "U8": "u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "I64": "<i8"}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ChainArrays:
    """What a shard holds of a chain; see `Chain`."""

    aatype: Int[np.ndarray, " N_res"]
    residue_index: Int[np.ndarray, " N_res"]
    atom37_positions: Float[np.ndarray, "N_res 37 3"]
    atom37_mask: Float[np.ndarray, "N_res 37"]
    b_factors: Float[np.ndarray, " N_res"]
    msa: Msa | None


def encode_shard(chains: Sequence[Chain], note: str) -> bytes:
    """The bytes of a shard; equal chains give equal bytes.

    Args:
        chains: within `REACH`.
        note: about all of them.
    """
    masks = [chain.atom37_mask > 0 for chain in chains]
    alignments = [None if chain.msa is None else (chain.msa.residues, chain.msa.deletions.ravel()) for chain in chains]
    letters = [np.zeros(0, np.int8) if one is None else one[0].ravel() for one in alignments]
    places = [np.zeros(0, np.int64) if one is None else np.flatnonzero(one[1]) for one in alignments]
    counts = [np.zeros(0, np.int32) if one is None else one[1][place] for one, place in zip(alignments, places, strict=True)]
    sizes = [
        (len(chain), mask.sum(), len(row), len(place))
        for chain, mask, row, place in zip(chains, masks, letters, places, strict=True)
    ]
    arrays = {
        "offsets": np.cumsum([(0, 0, 0, 0), *sizes], axis=0, dtype=np.int64),
        "aatype": _joined([chain.aatype for chain in chains], np.int8),
        "residue_index": _joined([chain.residue_index for chain in chains], np.int32),
        "atom37_mask": _joined([np.packbits(mask, axis=1) for mask in masks], np.uint8, 5),
        "b_factors": _joined([np.rint(chain.b_factors.clip(0.0, MAX_B_FACTOR) / B_FACTOR_UNIT) for chain in chains], np.uint16),
        "positions": _joined([_steps(chain, mask) for chain, mask in zip(chains, masks, strict=True)], np.int16, 3),
        "msa_residues": _joined(letters, np.int8),
        "deletion_place": _joined(places, np.int32),
        "deletion_count": _joined([count.clip(max=MAX_DELETIONS) for count in counts], np.uint16),
    }
    return save(arrays, metadata={"note": note})


def center(positions: Float[np.ndarray, "N_atoms 3"]) -> Float[np.ndarray, " 3"]:
    """The point a chain is stored around: the middle of its extent along each axis."""
    return (positions.min(axis=0) + positions.max(axis=0)) / 2.0


def _steps(chain: Chain, mask: np.ndarray) -> np.ndarray:
    observed = chain.atom37_positions[mask].astype(np.float64)
    return np.rint((observed - center(observed)) / UNIT) if len(observed) else observed


def _joined(parts: Sequence[np.ndarray], dtype: type, *shape: int) -> np.ndarray:
    return np.concatenate([np.zeros((0, *shape)), *parts]).astype(dtype)


class Shard:
    """An open shard.

    Raises:
        InputError: the file is missing or damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            content = np.memmap(path, mode="r")
            start = 8 + int(content[:8].view("<u8")[0])
            header: dict[str, Any] = json.loads(content[8:start].tobytes())
            self.note: str = header.pop("__metadata__")["note"]
            self._arrays = {name: _view(content[start:], entry) for name, entry in header.items()}
            self._offsets: Int[np.ndarray, "N 4"] = np.array(self._arrays["offsets"])
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            raise InputError(f"is no readable shard of training chains ({error}); prepare the store again", file=path) from error
        self.path = path

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def read(self, row: int) -> ChainArrays:
        """One chain; nothing else is read from the disk."""
        residues, atoms, letters, deletions = (
            slice(int(start), int(stop)) for start, stop in zip(self._offsets[row], self._offsets[row + 1], strict=True)
        )
        aatype = np.array(self._arrays["aatype"][residues])
        mask = np.unpackbits(self._arrays["atom37_mask"][residues], axis=1, count=NUM_ATOM37).astype(bool)
        positions = np.zeros((*mask.shape, 3), dtype=np.float32)
        positions[mask] = self._arrays["positions"][atoms] * np.float32(UNIT)
        return ChainArrays(
            aatype=aatype,
            residue_index=np.array(self._arrays["residue_index"][residues]),
            atom37_positions=positions,
            atom37_mask=mask.astype(np.float32),
            b_factors=self._arrays["b_factors"][residues] * np.float32(B_FACTOR_UNIT),
            msa=self._msa(letters, deletions, len(aatype)) if letters.stop > letters.start else None,
        )

    def _msa(self, letters: slice, deletions: slice, num_residues: int) -> Msa:
        residues = np.array(self._arrays["msa_residues"][letters]).reshape(-1, num_residues)
        counts = np.zeros(residues.size, dtype=np.int32)
        counts[self._arrays["deletion_place"][deletions]] = self._arrays["deletion_count"][deletions]
        return Msa(
            residues=residues,
            deletions=counts.reshape(residues.shape),
            descriptions=("",) * len(residues),
            source=str(self.path),
        )


def _view(content: np.ndarray, entry: dict[str, Any]) -> np.ndarray:
    """An array of a safetensors file by its entry in the header, without reading it."""
    start, stop = entry["data_offsets"]
    return np.asarray(content[start:stop]).view(_DTYPES[entry["dtype"]]).reshape(entry["shape"])
