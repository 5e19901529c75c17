"""Chains from the data folder: two tables (`chains.csv`, `msas.csv`), PDB files and alignments."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from Bio.Align import PairwiseAligner

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import GAP, RESIDUE_CODE, decode
from protfold.constants.rigid_groups import IDEAL_ATOM_POSITIONS
from protfold.entities import Msa, Protein
from protfold.io.msa import read_msa
from protfold.io.structure import read_structure
from protfold.train.chain_store import Chain
from protfold.typing import Float, Int

REPACKED = "exp-repack"
PEPTIDE_BOND_LIMIT = 2.5
"""C-N distance (Å) beyond which neighbouring residues are taken as not bonded."""
MAX_STORED_ROWS = 512


def read_chain_table(folder: Path, *, max_length: int) -> Iterator[Chain]:
    """Every chain of the table up to a length, with its deepest alignment.

    Repacked side chains are left out. CB is added in ideal geometry where only the backbone was deposited.
    """
    alignments = _deepest_alignments(folder)
    with (folder / "chains.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["nature"] == REPACKED or int(row["length"]) > max_length:
                continue
            protein = read_structure(folder / row["file"].removesuffix(".gz"))
            positions, mask = add_ideal_cb(protein)
            yield Chain(
                id=row["id"],
                split=row["split"],
                cluster=row["cluster30"],
                resolution=float(row["resolution"] or 0.0),
                aatype=protein.aatype,
                residue_index=bonded_residue_index(protein),
                atom37_positions=positions,
                atom37_mask=mask,
                msa=_aligned_to(protein.aatype, alignments[row["id"]]) if row["id"] in alignments else None,
            )


def bonded_residue_index(protein: Protein) -> Int[np.ndarray, " N_res"]:
    """Numbers from 0 that grow by one over a peptide bond, and over a break by what the author's numbers do, at least by two."""
    carbon = protein.atom37_positions[:-1, ATOM37_INDEX["C"]]
    nitrogen = protein.atom37_positions[1:, ATOM37_INDEX["N"]]
    bonded = np.linalg.norm(nitrogen - carbon, axis=-1) < PEPTIDE_BOND_LIMIT
    steps = np.where(bonded, 1, np.diff(protein.residue_index).clip(min=2))
    return np.concatenate([[0], np.cumsum(steps)])


def add_ideal_cb(protein: Protein) -> tuple[Float[np.ndarray, "N_res 37 3"], Float[np.ndarray, "N_res 37"]]:
    """Atoms and mask with CB placed on the backbone frame of residues that should have one and lack every side-chain atom."""
    n, ca, c, cb = (ATOM37_INDEX[name] for name in ("N", "CA", "C", "CB"))
    positions, mask = protein.atom37_positions.copy(), protein.atom37_mask.copy()
    backbone_only = (mask[:, [n, ca, c]].min(axis=-1) > 0) & (mask[:, cb] == 0) & (protein.aatype != RESIDUE_CODE["G"])
    x_axis = positions[:, c] - positions[:, ca]
    x_axis /= np.linalg.norm(x_axis, axis=-1, keepdims=True).clip(min=1e-6)
    y_axis = positions[:, n] - positions[:, ca]
    y_axis -= x_axis * (x_axis * y_axis).sum(axis=-1, keepdims=True)
    y_axis /= np.linalg.norm(y_axis, axis=-1, keepdims=True).clip(min=1e-6)
    ideal = {atom: xyz for atom, _, xyz in IDEAL_ATOM_POSITIONS["ALA"]}["CB"]
    placed = positions[:, ca] + ideal[0] * x_axis + ideal[1] * y_axis + ideal[2] * np.cross(x_axis, y_axis)
    positions[backbone_only, cb] = placed[backbone_only]
    mask[backbone_only, cb] = 1.0
    return positions.astype(np.float32), mask.astype(np.float32)


def _deepest_alignments(folder: Path) -> dict[str, Path]:
    deepest: dict[str, tuple[int, Path]] = {}
    with (folder / "msas.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            native, depth = row["native_chain"], int(row["depth"])
            if native and depth > deepest.get(native, (0, folder))[0]:
                deepest[native] = depth, folder / row["file"].removesuffix(".gz")
    return {native: path for native, (_, path) in deepest.items()}


def _aligned_to(aatype: Int[np.ndarray, " N_res"], path: Path) -> Msa:
    """The alignment over the columns of the chain's own residues, which become its first row.

    Columns of residues that the chain lacks are dropped; residues that the query lacks get gaps.
    """
    msa = read_msa(path)
    aligner = PairwiseAligner(mode="global", match_score=2.0, mismatch_score=-1.0, open_gap_score=-5.0, extend_gap_score=-0.5)
    aligner.end_gap_score = 0.0
    alignment = aligner.align(decode(msa.residues[0]), decode(aatype))[0]
    residues = np.full((min(msa.depth, MAX_STORED_ROWS), len(aatype)), GAP, dtype=np.int8)
    deletions = np.zeros(residues.shape, dtype=np.int32)
    for (start, stop), (own_start, own_stop) in zip(*alignment.aligned, strict=True):
        residues[:, own_start:own_stop] = msa.residues[: len(residues), start:stop]
        deletions[:, own_start:own_stop] = msa.deletions[: len(residues), start:stop]
    residues[0] = aatype
    return Msa(residues=residues, deletions=deletions, descriptions=msa.descriptions[: len(residues)], source=msa.source)
