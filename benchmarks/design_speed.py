"""What a designed sequence costs, against the length: `python -m benchmarks.design_speed --out FILE.json [--weights designer]`.

On one thread. For each length the chain of the store that is nearest to it (two of them side by side, 100 Å apart, where none is long
enough) is designed by the search as it is, which computes the environments that hold a changed residue, and by one that computes all of
them again in each iteration; in turn, and they must find the same sequences.
"""

import argparse
import json
import platform
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from protfold.design import designer as designer_module
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.designer import Design, Designer
from protfold.design.resolve import resolve_constraints
from protfold.design.self_consistency import SelfConsistentSampler
from protfold.entities import Protein
from protfold.model.runtime import RuntimeOptions
from protfold.train.chain_store import ChainStore

LENGTHS = (50, 100, 200, 300, 500, 750, 1000)


class WholeSampler(SelfConsistentSampler):
    """Computes everything again whenever anything has changed."""

    def _renew(self, log_p: Tensor, types: Tensor, changed: Tensor) -> None:
        if len(changed):
            log_p.copy_(self.log_probabilities(types))


def main() -> None:
    """Measures and writes one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default="designer")
    parser.add_argument("--store", type=Path, default=Path("local/store"))
    parser.add_argument("--designs", type=int, default=4)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    designer = Designer(arguments.weights, RuntimeOptions(device="cpu", threads=1))
    rows = []
    for length in LENGTHS:
        protein = backbone(ChainStore(arguments.store), length)
        started = time.process_time()
        designer.encode(protein)
        encoding = time.process_time() - started
        seconds, found = {}, {}
        for name, kind in (("local", SelfConsistentSampler), ("whole", WholeSampler)) * 2:
            spent, found[name] = timed(designer, protein, kind, designs=arguments.designs)
            seconds[name] = min(spent, seconds.get(name, spent))
        assert all((one.types == other.types).all() for one, other in zip(found["local"], found["whole"], strict=True))
        rows.append(
            {
                "residues": len(protein),
                "iterations": float(np.mean([one.iterations for one in found["local"]])),
                "seconds to encode": round(encoding, 4),
                "seconds a sequence": round(seconds["local"] / arguments.designs, 4),
                "milliseconds a residue": round(1e3 * seconds["local"] / arguments.designs / len(protein), 3),
                "seconds a sequence, all computed again": round(seconds["whole"] / arguments.designs, 4),
                "peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    machine = {"processor": platform.processor() or platform.machine(), "threads": 1, "torch": torch.__version__}
    arguments.out.write_text(json.dumps(machine | {"weights": arguments.weights, "rows": rows}, indent=1) + "\n")


def timed(designer: Designer, protein: Protein, kind: type[SelfConsistentSampler], *, designs: int) -> tuple[float, list[Design]]:
    """CPU seconds of the searches, and what they found."""
    designer_module.SelfConsistentSampler = kind  # type: ignore[misc]
    encoded, constraints = designer.encode(protein), resolve_constraints(ConstraintOptions(), protein)
    started = time.process_time()
    found = encoded.design(constraints, num_sequences=designs)
    return time.process_time() - started, found


def backbone(store: ChainStore, length: int) -> Protein:
    """The chain nearest to a length; half of it twice where the store has none within a fifth."""
    chains = [chain for split in ("test", "valid", "train") for chain in store.split(split)]
    nearest = min(chains, key=lambda chain: abs(len(chain) - length))
    if abs(len(nearest) - length) <= length / 5:
        return nearest.protein()
    half = backbone(store, length // 2)
    shift = half.atom37_mask[..., None] * np.array([100.0, 0.0, 0.0])
    other = replace(half, atom37_positions=(half.atom37_positions + shift).astype(np.float32))
    joined = {
        name: np.concatenate([getattr(half, name), getattr(other, name)])
        for name in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "b_factors")
    }
    chain_index = np.concatenate([half.chain_index, other.chain_index + len(half.chain_ids)])
    return replace(half, **joined, chain_index=chain_index, chain_ids=("A", "B"))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
