"""Measures folding weights on held-out chains: `python benchmarks/measure_mini.py --chains STORE --out RESULTS.json`."""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.baselines import couplings, secondary_structure
from protfold.features.couplings import effective_weights
from protfold.model import AlphaFold
from protfold.train.chain import Chain
from protfold.train.chain_store import ChainStore
from protfold.train.evaluate import Measured, Predictor, by_length, ideal_helix, measure, network_predictor, summarize
from protfold.weights import load_weights

MIN_EFFECTIVE = 64
"""Effective sequences of an alignment that is measured with."""
DEPTH_LIMITS = (MIN_EFFECTIVE, 500, 1025)
"""Effective sequences; edges of the groups of aligned chains, whose stored alignments have 1,024 rows at most."""


def main() -> None:
    """Prints and writes one table for each kind of prediction."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=Path, required=True, help="store written by `protfold train prepare`")
    parser.add_argument("--weights", default="mini", help="name or path")
    parser.add_argument("--split", default="test", choices=("train", "valid", "test"))
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--recycles", type=int, help="instead of what the weights were made for")
    parser.add_argument("--only", nargs="*", help="names of the tables to make; all by default")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    chains = [chain for chain in ChainStore(arguments.chains).split(arguments.split) if len(chain) <= arguments.max_length]
    aligned = deep_chains(chains)
    depths = {chain.id: effective_rows(chain) for chain in aligned}
    tables: dict[str, dict[str, dict[str, int | float]]] = {}
    for name, (predictor, measured_chains) in predictors(arguments.weights, arguments.recycles, chains, aligned).items():
        if arguments.only is None or name in arguments.only:
            measured = measure(predictor, measured_chains)
            tables[name] = by_length(measured) | (by_depth(measured, depths) if measured_chains is aligned else {})
            print(name, json.dumps(tables[name], indent=1), flush=True)
            arguments.out.write_text(json.dumps(tables, indent=1) + "\n")


def effective_rows(chain: Chain) -> float:
    """Effective sequences of a chain's alignment; 0 without one."""
    return 0.0 if chain.msa is None else float(effective_weights(chain.msa.residues).sum())


def deep_chains(chains: Iterable[Chain]) -> list[Chain]:
    """Those whose alignment has enough effective sequences to be measured with."""
    return [chain for chain in chains if effective_rows(chain) >= MIN_EFFECTIVE]


def by_depth(measured: Sequence[Measured], depths: Mapping[str, float]) -> dict[str, dict[str, int | float]]:
    """`summarize` of the chains within each range of effective sequences."""
    groups = {
        f"depth {fewest}-{most - 1}": [one for one in measured if fewest <= depths[one.chain] < most]
        for fewest, most in pairwise(DEPTH_LIMITS)
    }
    return {name: summarize(group) for name, group in groups.items() if group}


def predictors(
    name: str, recycles: int | None, chains: list[Chain], aligned: list[Chain]
) -> dict[str, tuple[Predictor, list[Chain]]]:
    """Each kind of prediction with the chains it is measured on; what has learned nothing comes last."""
    weights = load_weights(name)
    config = weights.feature_config if recycles is None else replace(weights.feature_config, num_recycles=recycles)
    torch.manual_seed(0)
    untrained = AlphaFold(weights.model.config).eval()
    return {
        "sequence": (network_predictor(weights.model, config, use_msa=False), chains),
        "alignment": (network_predictor(weights.model, config, use_msa=True), aligned),
        "aligned_chains_by_sequence": (network_predictor(weights.model, config, use_msa=False), aligned),
        "helix": (ideal_helix, chains),
        "secondary_structure": (secondary_structure, chains),
        "couplings": (couplings, aligned),
        "untrained": (network_predictor(untrained, config, use_msa=False), chains),
    }


if __name__ == "__main__":
    main()
