"""Chains of a store damaged on purpose and relaxed: violations left, how far CA atoms moved, failures, and whether bytes repeat.

    python -m benchmarks.relax_violations [--store local/store] [--split test] [--chains 50] [--processes 1] [--shortest] [--once]

Damage: noise of 0.1 Å on every coordinate; one residue in thirty (two at least) shifted as a whole by 2 Å; in as many others the
side chain laid onto the nearest atom of another residue. Each chain is relaxed twice, in two processes, with the default settings.
"""

import argparse
import hashlib
import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.errors import ProtfoldError
from protfold.relax import relax
from protfold.train.chain_store import ChainStore

NOISE, SHIFT = 0.1, 2.0
BACKBONE = [ATOM37_INDEX[name] for name in ("N", "CA", "C", "O", "OXT")]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """One relaxation; everything but `name` and `failure` is missing when it failed."""

    name: str
    failure: str = ""
    residues: int = 0
    before: int = 0
    after: int = 0
    ca_rmsd: float = 0.0
    energy: float = 0.0
    rounds: int = 0
    seconds: float = 0.0
    digest: str = ""
    notes: tuple[str, ...] = ()


def damaged_chain(store: str, split: str, index: int) -> Protein:
    """A chain of the store, damaged; the same each time."""
    chain = ChainStore(store).split(split)[index]
    generator = np.random.default_rng(index)
    mask = chain.atom37_mask > 0
    positions = chain.atom37_positions + NOISE * generator.normal(size=chain.atom37_positions.shape)
    count = max(2, len(chain) // 30)
    shifted, laid = generator.permutation(len(chain))[: 2 * count].reshape(2, count)
    for row in shifted:
        direction = generator.normal(size=3)
        positions[row] += SHIFT * direction / np.linalg.norm(direction)
    for row in laid:
        side_chain = [slot for slot in np.flatnonzero(mask[row]) if slot not in BACKBONE]
        others = mask.copy()
        others[max(row - 1, 0) : row + 2] = False
        if side_chain and others.any():
            tip, there = positions[row, side_chain[-1]], positions[others]
            toward = there[np.linalg.norm(there - tip, axis=-1).argmin()] - tip
            positions[row, side_chain] += toward * max(0.0, 1.0 - 0.5 / np.linalg.norm(toward))  # ends half an Å from it
    return Protein(
        atom37_positions=(positions * mask[..., None]).astype(np.float32),
        atom37_mask=chain.atom37_mask,
        aatype=chain.aatype,
        residue_index=chain.residue_index,
        insertion_codes=np.full(len(chain), " "),
        chain_index=np.zeros(len(chain), dtype=np.int32),
        chain_ids=("A",),
        b_factors=chain.atom37_mask * 50.0,
        name=chain.id,
    )


def outcome(index: int, *, store: str, split: str) -> Outcome:
    """Damage and relax one chain."""
    protein = damaged_chain(store, split, index)
    try:
        found = relax(protein)
    except ProtfoldError as error:
        return Outcome(name=protein.name, failure=str(error))
    return Outcome(
        name=protein.name,
        residues=len(protein),
        before=found.violations_before.count,
        after=found.violations_after.count,
        ca_rmsd=found.ca_rmsd,
        energy=found.energy_after,
        rounds=len(found.rounds),
        seconds=found.seconds,
        digest=hashlib.sha256(found.protein.atom37_positions.tobytes()).hexdigest()[:12],
        notes=found.left_out + found.warnings,
    )


def main() -> None:
    """Print a row for each chain and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default="local/store")
    parser.add_argument("--split", default="test")
    parser.add_argument("--chains", type=int, default=50)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--shortest", action="store_true", help="the shortest chains of the first 50, not the first")
    parser.add_argument("--once", action="store_true", help="do not repeat")
    arguments = parser.parse_args()
    lengths = ChainStore(arguments.store).split(arguments.split).table.length[: max(50, arguments.chains)]
    order = np.argsort(lengths, kind="stable") if arguments.shortest else np.arange(len(lengths))
    indices = order[: arguments.chains].tolist()
    run = partial(outcome, store=arguments.store, split=arguments.split)
    spawn = multiprocessing.get_context("spawn")
    results = []
    for _ in range(1 if arguments.once else 2):  # new processes each time
        with ProcessPoolExecutor(arguments.processes, mp_context=spawn) as pool:
            results.append(list(pool.map(run, indices)))
            print_table(results[-1]) if len(results) == 1 else print_repeats(results)


def print_table(outcomes: list[Outcome]) -> None:
    """A row for each chain, then the sums."""
    print("| chain | residues | in violation before | after | CA RMSD, Å | energy, kcal/mol | rounds | s | |")
    print("|---|---|---|---|---|---|---|---|---|")
    for one in outcomes:
        numbers = (
            f"{one.residues} | {one.before} | {one.after} | {one.ca_rmsd:.2f} | {one.energy:.0f} | {one.rounds} | {one.seconds:.0f}"
        )
        print(f"| {one.name} | {numbers} | {one.failure or '; '.join(one.notes)} |")
    relaxed = [one for one in outcomes if not one.failure]
    print(
        f"no violation left in {sum(one.after == 0 for one in relaxed)} of {len(outcomes)}; failures: {len(outcomes) - len(relaxed)}"
    )
    if relaxed:
        moved = [one.ca_rmsd for one in relaxed]
        print(f"CA RMSD: median {statistics.median(moved):.2f} Å, largest {max(moved):.2f} Å", flush=True)


def print_repeats(results: list[list[Outcome]]) -> None:
    """Whether both times gave the same bytes."""
    same = sum(first.digest == second.digest and first.failure == second.failure for first, second in zip(*results, strict=True))
    print(f"same bytes twice in {same} of {len(results[0])}")


if __name__ == "__main__":
    main()
