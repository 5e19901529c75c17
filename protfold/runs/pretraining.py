"""What a pretraining run is worth: probes of it beside the same network with random weights, a table and pictures."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np

from protfold.io import write_atomically
from protfold.report import figure_to_png, plot_filled_in
from protfold.train.filled_in import fill_in
from protfold.train.pretraining_config import PretrainingSettings
from protfold.train.probe_config import ProbeSettings, probe_settings
from protfold.train.task import Measures
from protfold.train.training_data import TrainingData
from protfold.weights import load_pretrained

Start = Literal["pretrained", "random"]
Learns = Literal["head", "all"]

PROBES: tuple[tuple[Start, Learns], ...] = (("pretrained", "head"), ("random", "head"), ("pretrained", "all"), ("random", "all"))
"""What a network starts from, and what of it learns."""
TABLE, PICTURE = "probes.csv", "filled_in.png"
MEASURES = ("bond_precision", "far_bond_precision")
PICTURED = 4
"""Chains of the picture."""


def probe_of(training: PretrainingSettings, weights: Path, start: Start, learns: Learns) -> ProbeSettings:
    """One of `PROBES`, in a folder of its own below that of the run; a run that was prolonged has new ones.

    Args:
        training: of the run.
        weights: what it has left.
        start, learns: which of them.

    Raises:
        WeightsError: the weights that the run went on from cannot be read.
    """
    output = training.run.output / f"probes_after_{training.steps}_steps" / f"{start}_{learns}"
    return probe_settings(training, output, weights=weights if start == "pretrained" else None, frozen=learns == "head")


def write_results(training: PretrainingSettings, weights: Path, measured: Mapping[tuple[Start, Learns], Measures]) -> list[Path]:
    """The table of all probes and the picture of some held-out chains, in the folder of the run; gives both paths.

    Args:
        training: of the run.
        weights: what it has left.
        measured: by what each probe starts from, and what of it learned.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["start", "learns", *MEASURES])
    for (start, learns), measures in measured.items():
        writer.writerow([start, learns, *(f"{measures[name]:.4f}" if name in measures else "" for name in MEASURES)])
    table, picture = (training.run.output / name for name in (TABLE, PICTURE))
    write_atomically(table, text.getvalue())
    model, places = load_pretrained(weights), TrainingData(training.data, training.validation).validated
    chosen = np.linspace(0, len(places) - 1, min(PICTURED, len(places))).round().astype(int)
    filled = [fill_in(model, store[index], training.examples) for store, index in (places[place] for place in chosen)]
    titles = [f"{one.name}, {len(one.true)} residues\n{one.explained:.0%} explained" for one in filled]
    if filled and training.examples.least_variance is None:
        maps = {title: (one.true, one.seen, one.filled) for title, one in zip(titles, filled, strict=True)}
        write_atomically(picture, figure_to_png(plot_filled_in(maps)))
        return [table, picture]
    return [table]
