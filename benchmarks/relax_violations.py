"""Chains of a store damaged on purpose and relaxed: violations left, how far CA atoms moved, failures, and whether bytes repeat.

    python -m benchmarks.relax_violations [--store local/store] [--split test] [--chains 50] [--only CHAIN...]
                                          [--processes 1] [--shortest] [--once] [--lines FILE]

Damage: noise of 0.1 Å on every coordinate; one residue in thirty (two at least) shifted as a whole by 2 Å; in as many others the
side chain laid onto the nearest atom of another residue. Each chain is relaxed twice, in two processes, with the default settings.
With `--lines`, a run that was stopped goes on where it was when started again; lines of one store and split belong in one file.
"""

import argparse
import hashlib
import json
import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

import protfold.relax
from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.entities import Protein
from protfold.errors import ProtfoldError
from protfold.relax import relax
from protfold.train.chain_store import ChainStore

NOISE, SHIFT = 0.1, 2.0
MAIN_CHAIN = (*BACKBONE, ATOM37_INDEX["OXT"])


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
        side_chain = [slot for slot in np.flatnonzero(mask[row]) if slot not in MAIN_CHAIN]
        others = mask.copy()
        others[max(row - 1, 0) : row + 2] = False
        if side_chain and others.any():
            tip, there = positions[row, side_chain[-1]], positions[others]
            toward = there[np.linalg.norm(there - tip, axis=-1).argmin()] - tip
            positions[row, side_chain] += toward * max(0.0, 1.0 - 0.5 / np.linalg.norm(toward))  # ends half an Å from it
    return replace(
        chain.protein(),
        atom37_positions=(positions * mask[..., None]).astype(np.float32),
        b_factors=chain.atom37_mask * 50.0,
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
    parser.add_argument("--only", nargs="+", metavar="CHAIN", help="only these chains of the split")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--shortest", action="store_true", help="the shortest chains of the first 50, not the first")
    parser.add_argument("--once", action="store_true", help="do not repeat")
    parser.add_argument(
        "--lines", type=Path, metavar="FILE", help="a line of JSON for each outcome; those there are not computed again"
    )
    arguments = parser.parse_args()
    names, code = chosen_chains(arguments), code_digest()
    relax_chain = partial(outcome, store=arguments.store, split=arguments.split)
    spawn = multiprocessing.get_context("spawn")
    for time in (1,) if arguments.once else (1, 2):
        known = read_lines(arguments.lines, code, time)
        left = [index for index, name in names.items() if name not in known]
        with ProcessPoolExecutor(arguments.processes, mp_context=spawn) as pool:  # new processes each time
            for one in pool.map(relax_chain, left):
                known[one.name] = one
                add_line(arguments.lines, code, time, one)
        found = [known[name] for name in names.values()]
        if time == 1:
            first = found
            print_table(found)
        else:
            print_repeats(first, found)


def chosen_chains(arguments: argparse.Namespace) -> dict[int, str]:
    """Names by place in the split, in the order to relax them."""
    table = ChainStore(arguments.store).split(arguments.split).table
    names = [str(name) for name in table.id]
    if arguments.only:
        unknown = sorted(set(arguments.only) - set(names))
        if unknown:
            raise SystemExit(f"not in the split {arguments.split} of {arguments.store}: {', '.join(unknown)}")
        return {names.index(name): name for name in arguments.only}
    lengths = table.length[: max(50, arguments.chains)]
    order = np.argsort(lengths, kind="stable") if arguments.shortest else np.arange(len(lengths))
    return {index: names[index] for index in order[: arguments.chains].tolist()}


def code_digest() -> str:
    """Of the code that decides what comes out; lines that another one wrote do not count."""
    folder = Path(protfold.relax.__file__).parent
    sources = [*sorted(folder.glob("*.py")), folder.parent / "metrics" / "violations.py"]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def read_lines(lines: Path | None, code: str, time: int) -> dict[str, Outcome]:
    """Outcomes by chain of the first or second time, of earlier runs of the same code; none for no file."""
    if lines is None or not lines.exists():
        return {}
    found = (json.loads(line) for line in lines.read_text().splitlines())
    kept = (line["outcome"] for line in found if (line["code"], line["time"]) == (code, time))
    return {one["name"]: Outcome(**{**one, "notes": tuple(one["notes"])}) for one in kept}


def add_line(lines: Path | None, code: str, time: int, one: Outcome) -> None:
    """Append an outcome, if there is a file to append to."""
    if lines is not None:
        with lines.open("a") as file:
            file.write(json.dumps({"code": code, "time": time, "outcome": asdict(one)}) + "\n")


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


def print_repeats(first: list[Outcome], second: list[Outcome]) -> None:
    """Whether both times gave the same bytes, and where not."""
    other = [
        one.name for one, again in zip(first, second, strict=True) if (one.digest, one.failure) != (again.digest, again.failure)
    ]
    print(f"same bytes twice in {len(first) - len(other)} of {len(first)}{': not ' if other else ''}{', '.join(other)}")


if __name__ == "__main__":
    main()
