"""Draws what folding weights reach: `python benchmarks/draw_mini.py --chains STORE --measures RESULTS.json --out docs/images`.

`mini_calibration.png`: pLDDT against observed lDDT-CA, from the table `sequence` of measure_mini.py. `mini_folds.png`: held-out chains
with a deep alignment, the best, the median and the worst by lDDT-CA, over the observed chain, with the distances of both.
`mini_curve.png`: what validation said while the runs went on, each from where the one before had been measured last.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.measure_mini import deep_chains
from protfold.constants.atoms import ATOM37_INDEX
from protfold.geometry.superposition import superpose
from protfold.report.plots import figure_to_png
from protfold.train.chain import Chain
from protfold.train.chain_store import ChainStore
from protfold.train.evaluate import Measured, Predicted, measure, network_predictor
from protfold.weights import load_weights

ALPHA = ATOM37_INDEX["CA"]
FARTHEST = 40.0
"""Å; the end of the colours of distance maps."""


def main() -> None:
    """Two pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=Path, required=True, help="store written by `protfold train prepare`")
    parser.add_argument("--weights", default="mini", help="name or path")
    parser.add_argument("--measures", type=Path, required=True, help="file written by measure_mini.py")
    parser.add_argument("--runs", type=Path, nargs="+", required=True, help="folders of the training runs, in their order")
    parser.add_argument("--max-length", type=int, default=160)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    weights = load_weights(arguments.weights)
    predict = network_predictor(weights.model, weights.feature_config, use_msa=True)
    test = ChainStore(arguments.chains).split("test")
    chains = deep_chains([chain for chain in test if len(chain) <= arguments.max_length])
    ranked = sorted(zip(measure(predict, chains), chains, strict=True), key=lambda pair: -pair[0].lddt_ca)
    shown = [ranked[0], ranked[len(ranked) // 2], ranked[-1]]
    arguments.out.mkdir(parents=True, exist_ok=True)
    folds = drawn_folds([(one, chain, predict(chain)) for one, chain in shown])
    (arguments.out / "mini_folds.png").write_bytes(figure_to_png(folds))
    table = json.loads(arguments.measures.read_text())["sequence"]["all"]
    (arguments.out / "mini_curve.png").write_bytes(figure_to_png(drawn_curve(arguments.runs)))
    (arguments.out / "mini_calibration.png").write_bytes(figure_to_png(drawn_calibration(table)))


def drawn_calibration(table: dict[str, float]) -> Figure:
    """Mean lDDT-CA of the residues within each tenth of pLDDT, with their number."""
    figure = Figure(figsize=(4.6, 4.0), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color="#999999", linewidth=1, linestyle="--", label="as told")
    for lower in range(0, 100, 10):
        count = table.get(f"plddt_{lower}_{lower + 10}_residues")
        if count:
            observed = table[f"plddt_{lower}_{lower + 10}_lddt"]
            axes.bar(lower + 5, observed, width=9, color="#0072B2")
            axes.text(lower + 5, observed + 1, f"{count:,.0f}", ha="center", fontsize=7)
    axes.set(xlim=(0, 100), ylim=(0, 100), xlabel="pLDDT", ylabel="mean lDDT-CA of residues (0-100)")
    axes.set_title(f"{table['chains']:.0f} test chains, sequence alone: r = {table['plddt_correlation']:.2f}")
    axes.legend(frameon=False)
    return figure


def drawn_curve(runs: list[Path]) -> Figure:
    """Measures of the average of the weights on short chains of the split `valid`, sequence alone, against steps."""
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axes = figure.add_subplot()
    lines: dict[str, list[tuple[int, float]]] = {"lddt_ca": [], "tm_score": [], "plddt_correlation": []}
    start = 0
    for number, run in enumerate(runs):
        records = [json.loads(line) for line in (run / "validation.jsonl").read_text().splitlines()]
        for name, points in lines.items():
            points += [(start + record["step"], record[name]) for record in records]
        if number:
            axes.axvline(start, color="#999999", linewidth=1, linestyle="--")
        start += records[-1]["step"]
    for (name, points), color in zip(lines.items(), ("#0072B2", "#D55E00", "#009E73"), strict=True):
        axes.plot(*zip(*points, strict=True), marker="o", markersize=3, color=color, label=name)
    axes.set(xlabel="steps", ylim=(0, None), title=f"{records[-1]['chains']} validation chains, sequence alone")
    axes.legend(frameon=False, loc="lower right")
    return figure


def drawn_folds(shown: list[tuple[Measured, Chain, Predicted]]) -> Figure:
    """One column a chain: CA traces, superposed, and distance maps, predicted above the diagonal and observed below."""
    figure = Figure(figsize=(4.0 * len(shown), 7.6), layout="constrained")
    for column, (measured, chain, predicted) in enumerate(shown, start=1):
        observed = torch.from_numpy(chain.atom37_positions[:, ALPHA])
        known = torch.from_numpy(chain.atom37_mask[:, ALPHA]) > 0
        placed = superpose(predicted.alpha, observed, known.float()).apply(predicted.alpha)
        axes = figure.add_subplot(2, len(shown), column, projection="3d")
        axes.plot(*observed[known].T.numpy(), color="#999999", linewidth=2, label="observed")
        axes.plot(*placed.T.numpy(), color="#D55E00", linewidth=2, label="mini")
        axes.set_title(f"{chain.id}, {len(chain)} residues\nlDDT-CA {measured.lddt_ca:.2f}, TM-score {measured.tm_score:.2f}")
        axes.set_axis_off()
        axes.set_box_aspect((1, 1, 1))
        axes.legend(frameon=False, loc="lower left")
        _draw_distances(figure.add_subplot(2, len(shown), len(shown) + column), predicted.alpha, observed, known)
    return figure


def _draw_distances(axes: Axes, predicted: torch.Tensor, observed: torch.Tensor, known: torch.Tensor) -> None:
    upper, lower = (torch.cdist(points, points).numpy() for points in (predicted, observed))
    lower[~(known[:, None] & known).numpy()] = np.nan
    image = axes.imshow(np.where(np.triu(np.ones_like(upper)) > 0, upper, lower), cmap="viridis_r", vmax=FARTHEST)
    axes.set(xlabel="residue", ylabel="residue", title="mini above, observed below")
    axes.figure.colorbar(image, ax=axes, label="CA distance, Å", shrink=0.8)


if __name__ == "__main__":
    main()
