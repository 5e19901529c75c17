"""Accuracy of a designer on TS50 and on chains of a store: `python -m benchmarks.measure_designer --out FILE.json [--weights designer]`.

Every number is a mean over chains. Protocols:

- `native context`: types of all neighbors are the native ones; the most probable type, one drawn at the temperature, and the perplexity;
- `alone`: no type is known;
- `designed`: sequences by the self-consistent search from random types, with what they are like;
- `chi1 right`: side chains placed on the native sequence, torsions within 40 degrees of the observed ones.
"""

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from protfold.constants.atoms import BACKBONE
from protfold.constants.residues import RESIDUE_CODE, RESIDUES, UNKNOWN
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.designer import Designer, SamplerOptions
from protfold.design.resolve import resolve_constraints
from protfold.entities import Protein
from protfold.metrics.accessibility import relative_accessibility
from protfold.metrics.recovery import perplexity, sequence_recovery, similarity_recovery
from protfold.metrics.rotamers import rotamer_agreement
from protfold.metrics.secondary_structure import secondary_structure, three_states
from protfold.model.environment_output import HIDDEN_TYPE
from protfold.model.runtime import RuntimeOptions
from protfold.train.chain_store import ChainStore

SETS = ("TS50", "test")
BURIED = 0.25
"""Relative accessibility below which a residue is buried."""


def main() -> None:
    """Measures both sets and writes one JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", default="designer")
    parser.add_argument("--store", type=Path, default=Path("local/store"))
    parser.add_argument("--ts50", type=Path, default=Path("../shared/data/ts50.json"))
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--designs", type=int, default=10)
    parser.add_argument("--temperature", type=float, default=0.1)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--chains", type=int, help="at most so many of each set")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    designer = Designer(arguments.weights, RuntimeOptions(device="cpu", threads=1))
    results = {}
    for name in arguments.sets:
        proteins = list(ts50(arguments.ts50) if name == "TS50" else test_chains(arguments.store, arguments.max_length))
        measured = []
        for number, protein in enumerate(proteins[: arguments.chains], start=1):
            measured.append(measure(designer, protein, designs=arguments.designs, temperature=arguments.temperature))
            print(name, number, protein.name, json.dumps({key: round(value, 3) for key, value in measured[-1].items()}), flush=True)
        results[name] = {"chains": len(measured), **mean(measured)}
    content = {"weights": designer.weights.name, "sha256": designer.weights.sha256, "designs": arguments.designs}
    arguments.out.write_text(json.dumps(content | {"temperature": arguments.temperature, "sets": results}, indent=1) + "\n")


def measure(designer: Designer, protein: Protein, *, designs: int, temperature: float) -> dict[str, float]:
    """Of one chain."""
    native = protein.aatype.astype(np.int64)
    counted = protein.atom37_mask[:, BACKBONE].all(-1) & (native < UNKNOWN)
    backbone = designer.encode(protein)
    in_native = backbone.score(native)
    alone = backbone.score(np.full_like(native, HIDDEN_TYPE)).log_probabilities
    generator = np.random.default_rng(0)
    noise = generator.gumbel(size=(designs, len(native), len(RESIDUES)))
    drawn = (in_native.log_probabilities + temperature * noise).argmax(-1)
    shuffled = native.copy()
    shuffled[counted] = generator.permutation(native[counted])
    result = {
        "native context argmax": float(sequence_recovery(in_native.log_probabilities.argmax(-1), native, counted)),
        "native context sampled": float(sequence_recovery(drawn, native, counted).mean()),
        "native context perplexity": float(perplexity(in_native.log_probabilities, native, counted)),
        "alone argmax": float(sequence_recovery(alone.argmax(-1), native, counted)),
        "alone perplexity": float(perplexity(alone, native, counted)),
        "native beats shuffled": float(in_native.score < backbone.score(shuffled).score),
    }
    constraints = resolve_constraints(ConstraintOptions(), protein)
    started = time.process_time()
    found = backbone.design(constraints, num_sequences=designs, options=SamplerOptions(temperature=temperature))
    seconds = time.process_time() - started
    types = np.stack([one.types for one in found])
    recovered = sequence_recovery(types, native, counted)
    result |= {
        "designed": float(recovered.mean()),
        "designed best score": float(recovered[0]),
        "designed nssr62": float(similarity_recovery(types, native, counted).mean()),
        "identity between designs": float(
            np.mean([(one == other)[counted].mean() for one, other in itertools.combinations(types, 2)])
        )
        if designs > 1
        else 1.0,
        "score of designs": float(np.mean([one.score for one in found])),
        "score of native": in_native.score,
        "converged": float(np.mean([one.converged for one in found])),
        "iterations": float(np.mean([one.iterations for one in found])),
        "CPU seconds a residue": seconds / designs / len(native),
    }
    if protein.atom37_mask[:, 5:36].any():
        rotamers = rotamer_agreement(backbone.with_side_chains(native), protein)
        result |= {"chi1 right": rotamers.share_right(1), "chi1 and chi2 right": rotamers.share_right(2)}
    result |= {f"designed {name}": float(sequence_recovery(types, native, part).mean()) for name, part in parts(protein, counted)}
    for letter in RESIDUES:
        code = RESIDUE_CODE[letter]
        result[f"{letter} native"] = float((native == code)[counted].mean())
        result[f"{letter} designed"] = float((types == code)[:, counted].mean())
    return result


def parts(protein: Protein, counted: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Kinds of residues; burial is told of chains with side chains only."""
    states = np.array(list(three_states(secondary_structure(protein))))
    for name, state in (("helix", "H"), ("strand", "E"), ("coil", "-")):
        yield name, counted & (states == state)
    if protein.atom37_mask[:, 5:36].any():
        buried = relative_accessibility(protein) < BURIED
        yield "buried", counted & buried
        yield "exposed", counted & ~buried


def mean(measured: list[dict[str, float]]) -> dict[str, float]:
    """Over the chains that have the number."""
    names = dict.fromkeys(name for one in measured for name in one)
    return {name: float(np.nanmean([one.get(name, np.nan) for one in measured])) for name in names}


def ts50(path: Path) -> Iterator[Protein]:
    """TS50 as structures of N, CA, C and O."""
    for entry in json.loads(path.read_text()):
        coordinates = np.array(entry["coords"], dtype=np.float64)
        known = np.isfinite(coordinates).all(-1)
        positions, mask = np.zeros((len(known), 37, 3), dtype=np.float32), np.zeros((len(known), 37), dtype=np.float32)
        positions[:, BACKBONE], mask[:, BACKBONE] = np.where(known[..., None], coordinates, 0.0), known
        yield Protein(
            atom37_positions=positions,
            atom37_mask=mask,
            aatype=np.array([RESIDUE_CODE.get(letter, UNKNOWN) for letter in entry["seq"]], dtype=np.int32),
            residue_index=np.arange(1, len(known) + 1),
            insertion_codes=np.full(len(known), " "),
            chain_index=np.zeros(len(known), dtype=np.int32),
            chain_ids=("A",),
            b_factors=np.zeros_like(mask),
            name=entry["name"],
        )


def test_chains(store: Path, max_length: int) -> Iterator[Protein]:
    """The test split up to a length."""
    for chain in ChainStore(store).split("test"):
        if len(chain) <= max_length:
            yield chain.protein()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
