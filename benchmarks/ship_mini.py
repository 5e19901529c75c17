"""Writes trained weights as the shipped `mini`, in float16: `python benchmarks/ship_mini.py --weights RUN/final.safetensors --out FILE`."""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from protfold.weights.checkpoint import load_checkpoint, save_checkpoint


def main() -> None:
    """Reads a checkpoint of `protfold train fold` and, where given, a file of measures for the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="final.safetensors or best.safetensors of a run")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors file")
    parser.add_argument("--measures", type=Path, help="JSON written by measure_mini.py")
    parser.add_argument("--recycles", type=int, default=1, help="passes after the first that inference takes by default")
    arguments = parser.parse_args()

    trained = load_checkpoint(arguments.weights)
    card = replace(
        trained.card,
        name="mini",
        description="a small AlphaFold network, trained on two CPU cores in some hours: for trying protfold out, not for results",
        licence="Apache-2.0",
        training_data="3,951 public PDB chains (CC0) of the train split, 56 with an alignment; named in mini.chains.txt",
        feature_config=replace(trained.card.feature_config, num_recycles=arguments.recycles),
        measures=flat_measures(arguments.measures),
    )
    save_checkpoint(trained.model, arguments.out, card, storage_dtype=torch.float16)


def flat_measures(path: Path | None) -> dict[str, float]:
    """lDDT-CA and TM-score over all chains of each table; none without a file."""
    if path is None:
        return {}
    tables = json.loads(path.read_text())
    return {
        f"{table}_{measure}": round(groups["all"][measure], 4)
        for table, groups in tables.items()
        for measure in ("chains", "lddt_ca", "tm_score")
    }


if __name__ == "__main__":
    main()
