"""Adds Evoformer blocks whose updates begin as nothing: `python benchmarks/grow_mini.py --weights FILE --blocks 6 --out FILE`."""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from protfold.model import AlphaFold
from protfold.weights.checkpoint import load_checkpoint, save_checkpoint


def main() -> None:
    """The grown network gives the numbers of the small one until it is trained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--blocks", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    small = load_checkpoint(arguments.weights)
    config = small.model.config
    torch.manual_seed(0)
    grown = AlphaFold(replace(config, evoformer=replace(config.evoformer, num_blocks=arguments.blocks)))
    grown.load_state_dict(grown.state_dict() | small.model.state_dict())
    save_checkpoint(grown, arguments.out, small.card)


if __name__ == "__main__":
    main()
