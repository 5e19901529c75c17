"""Training chains in memory, and the one file they are kept in between runs. Å."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protfold.entities import Msa
from protfold.errors import InputError
from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chain:
    """One chain to learn from or to be measured on.

    Attributes:
        id: name in the data table.
        split: train, valid or test.
        cluster: sequence cluster; its chains share one weight in sampling.
        resolution: Å; 0 where unknown.
        aatype: residue codes 0-20.
        residue_index: numbers that grow by one along the chain and by more over a break.
        atom37_positions: Å, zeros where absent.
        atom37_mask: 1 where the atom was observed.
        msa: its alignment; None for most chains.
    """

    id: str
    split: str
    cluster: str
    resolution: float
    aatype: Int[np.ndarray, " N_res"]
    residue_index: Int[np.ndarray, " N_res"]
    atom37_positions: Float[np.ndarray, "N_res 37 3"]
    atom37_mask: Float[np.ndarray, "N_res 37"]
    msa: Msa | None = None

    def __len__(self) -> int:
        return len(self.aatype)

    def query(self) -> Msa:
        """The sequence alone, as an alignment of one row."""
        return Msa(
            residues=self.aatype[None].astype(np.int8),
            deletions=np.zeros((1, len(self)), dtype=np.int32),
            descriptions=(self.id,),
            source=self.id,
        )


def save_chains(chains: Sequence[Chain], path: Path) -> None:
    """Writes chains to one compressed NumPy file; only observed atoms take room."""
    masks = np.concatenate([chain.atom37_mask > 0 for chain in chains])
    positions = np.concatenate([chain.atom37_positions for chain in chains])
    aligned = [chain.msa for chain in chains if chain.msa is not None]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        id=np.array([chain.id for chain in chains]),
        split=np.array([chain.split for chain in chains]),
        cluster=np.array([chain.cluster for chain in chains]),
        resolution=np.array([chain.resolution for chain in chains], dtype=np.float32),
        length=np.array([len(chain) for chain in chains]),
        aatype=np.concatenate([chain.aatype for chain in chains]).astype(np.int8),
        residue_index=np.concatenate([chain.residue_index for chain in chains]).astype(np.int32),
        atom37_mask=np.packbits(masks),
        observed_positions=positions[masks].astype(np.float32),
        depth=np.array([0 if chain.msa is None else chain.msa.depth for chain in chains]),
        msa_residues=np.concatenate([np.zeros(0, np.int8), *(msa.residues.ravel() for msa in aligned)]),
        msa_deletions=np.concatenate([np.zeros(0, np.int16), *(msa.deletions.ravel().clip(max=9999) for msa in aligned)]).astype(
            np.int16
        ),
    )


def load_chains(path: Path) -> list[Chain]:
    """The chains of a file that `save_chains` wrote.

    Raises:
        InputError: there is no such file.
    """
    if not path.is_file():
        raise InputError("no such file of training chains; make it from the data first", file=path)
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    num_residues = int(arrays["length"].sum())
    masks = np.unpackbits(arrays["atom37_mask"], count=num_residues * 37).reshape(-1, 37).astype(bool)
    positions = np.zeros((num_residues, 37, 3), dtype=np.float32)
    positions[masks] = arrays["observed_positions"]

    chains, stop, msa_stop = [], 0, 0
    for index, (length, depth) in enumerate(zip(arrays["length"].tolist(), arrays["depth"].tolist(), strict=True)):
        start, stop = stop, stop + length
        msa_start, msa_stop = msa_stop, msa_stop + length * depth
        name = str(arrays["id"][index])
        chains.append(
            Chain(
                id=name,
                split=str(arrays["split"][index]),
                cluster=str(arrays["cluster"][index]),
                resolution=float(arrays["resolution"][index]),
                aatype=arrays["aatype"][start:stop],
                residue_index=arrays["residue_index"][start:stop],
                atom37_positions=positions[start:stop],
                atom37_mask=masks[start:stop].astype(np.float32),
                msa=_msa(arrays, slice(msa_start, msa_stop), depth, name),
            )
        )
    return chains


def _msa(arrays: dict[str, np.ndarray], part: slice, depth: int, name: str) -> Msa | None:
    if depth == 0:
        return None
    return Msa(
        residues=arrays["msa_residues"][part].reshape(depth, -1),
        deletions=arrays["msa_deletions"][part].reshape(depth, -1).astype(np.int32),
        descriptions=("",) * depth,
        source=name,
    )
