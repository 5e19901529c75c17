"""Draws what an encoder reads and finds: `python -m benchmarks.draw_encoder --weights NAME_OR_FILE --out FILE.png CHAIN ...`.

A row for each chain of the split `test`: pseudo-likelihood scores; the probability of contact, and native contacts below the diagonal;
and precision of the highest-ranked pairs of long range by both.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from benchmarks.compare_encoders import BASE, measured_chains
from protfold.cli.train import read_pair_encoder_training
from protfold.features.coevolution import CoevolutionConfig
from protfold.metrics.contacts import LONG_RANGE, contacts, ranked_pairs
from protfold.report import figure_to_png
from protfold.report.plots import LINE_COLORS, house_style
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.weights import load_pair_encoder

SCORE = "pseudo_likelihood"


def main() -> None:
    """Draws and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("chains", nargs="+", metavar="CHAIN")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    model, base = load_pair_encoder(arguments.weights), read_pair_encoder_training(BASE)
    scores, maps = (CoevolutionMaps(config, base.maps_folder) for config in (CoevolutionConfig(), model.config.input))
    chains = {chain.id: chain for chain in measured_chains(base.data.stores[0], "test")}
    with house_style():
        figure = Figure(figsize=(9.6, 3.1 * len(arguments.chains)), layout="constrained")
        grid = figure.subplots(len(arguments.chains), 3, squeeze=False)
        for row, name in zip(grid, arguments.chains, strict=True):
            chain = chains[name]
            raw, probability = scores.of(chain).scores[SCORE].numpy(), model.contacts(maps.of(chain), chain.residue_index)
            points, known = chain.pseudo_beta()
            native = contacts(points) & known[:, None] & known
            row[0].imshow(raw, cmap="Greens", vmin=0.0, vmax=6.0)
            row[0].set_title("couplings, standard deviations")
            row[0].set_ylabel(f"{name}, {len(chain)} residues")
            row[1].imshow(np.where(np.triu(np.ones_like(native)), probability, 0.0), cmap="Blues", vmin=0.0, vmax=1.0)
            below = np.argwhere(np.tril(native, -6))
            row[1].scatter(below[:, 1], below[:, 0], s=1.5, color="#444444", marker="s", linewidths=0)
            row[1].set_title("contact: predicted above, native below")
            for values, color, style, label in (
                (probability, LINE_COLORS[4], "-", "encoder"),
                (raw, LINE_COLORS[2], "--", "couplings"),
            ):
                right = native[ranked_pairs(values, known, chain.residue_index)][: len(chain)]
                taken = np.arange(1, len(right) + 1)
                row[2].plot(taken / len(chain), right.cumsum() / taken, color=color, linestyle=style, label=label)
            row[2].set_ylim(0.0, 1.03)
            row[2].set_xlabel("pairs taken / length")
            row[2].set_title(f"precision, {LONG_RANGE} steps apart or more")
            row[2].legend(frameon=False)
    arguments.out.write_bytes(figure_to_png(figure))


if __name__ == "__main__":
    main()
