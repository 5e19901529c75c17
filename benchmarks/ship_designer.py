"""Writes trained weights as shipped ones, in float16: `python -m benchmarks.ship_designer --weights RUN/final.safetensors --out FILE`.

The name of the file is the name of the weights.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import torch

from protfold.weights.checkpoint import load_checkpoint, save_checkpoint

DESCRIPTIONS = {
    "designer": "sequences for backbones of crystal structures",
    "designer_noisy": "sequences for backbones that are a few tenths of an angstrom off, as predicted or invented ones are",
}
MEASURES = ("chains", "native context argmax", "native context sampled", "native context perplexity", "designed")


def main() -> None:
    """Reads a checkpoint of `protfold train design` and, where given, a file of measures for the card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="final.safetensors or best.safetensors of a run")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors file")
    parser.add_argument("--measures", type=Path, help="JSON written by measure_designer.py")
    arguments = parser.parse_args()

    trained = load_checkpoint(arguments.weights)
    card = replace(
        trained.card,
        name=arguments.out.stem,
        description=DESCRIPTIONS[arguments.out.stem],
        licence="Apache-2.0",
        training_data="public PDB chains (CC0) of the train split without relatives of TS50; named in designer.chains.txt",
        measures=flat_measures(arguments.measures),
    )
    save_checkpoint(trained.model, arguments.out, card, storage_dtype=torch.float16)


def flat_measures(path: Path | None) -> dict[str, float]:
    """What counts most, over each set; none without a file."""
    if path is None:
        return {}
    sets = json.loads(path.read_text())["sets"]
    return {
        f"{name}_{measure}".replace(" ", "_"): round(measured[measure], 4)
        for name, measured in sets.items()
        for measure in MEASURES
    }


if __name__ == "__main__":
    main()
