"""Writes a trained encoder as shipped weights, in float16: `python -m benchmarks.ship_encoder --weights RUN/best.safetensors --out FILE`.

Beside them `NAME.chains.txt`, the chains it learned from, those with an alignment first. The name of the file is the name of the weights.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import torch

from benchmarks.compare_encoders import BASE, measured_chains, precisions
from protfold.cli.train import read_pair_encoder_training
from protfold.train.chain_store import ChainStore
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.vision import DistanceNetwork
from protfold.weights import load_checkpoint, load_pair_encoder, save_checkpoint


def main() -> None:
    """Rounds, measures what was rounded, and writes it with its card."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="final.safetensors or best.safetensors of a run")
    parser.add_argument("--out", type=Path, required=True, help="the .safetensors file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    base = read_pair_encoder_training(BASE)
    trained = load_checkpoint(arguments.weights)
    assert isinstance(trained.model, DistanceNetwork)
    table = ChainStore(base.data.stores[0]).split("train").table
    listed = [*sorted(table.id[table.depth > 0]), *sorted(table.id[table.depth == 0])]
    arguments.out.with_suffix(".chains.txt").write_text("".join(f"{one}\n" for one in listed))
    card = replace(
        trained.card,
        name=arguments.out.stem,
        description="distances and contacts from the co-evolution of an alignment",
        licence="Apache-2.0",
        training_data=f"public PDB chains (CC0) of the train split, the first {(table.depth > 0).sum()} of {arguments.out.stem}.chains.txt "
        "with alignments",
        measures={},
    )
    save_checkpoint(trained.model, arguments.out, card, storage_dtype=torch.float16)

    model = load_pair_encoder(arguments.out)
    chains, maps = measured_chains(base.data.stores[0], "test"), CoevolutionMaps(model.config.input, base.maps_folder)
    found = precisions(chains, [model.contacts(maps.of(chain), chain.residue_index) for chain in chains])
    measures = {f"test_{name}".replace(" ", "_").replace("/", ""): float(value) for name, value in found.items()}
    save_checkpoint(trained.model, arguments.out, replace(card, measures=measures), storage_dtype=torch.float16)
    print(measures)


if __name__ == "__main__":
    main()
