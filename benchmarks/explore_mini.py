"""Compares forms of `mini` after equal minutes or steps: `python benchmarks/explore_mini.py --minutes 4 --out FILE NAME:key=value,...`.

A key is a path into the settings of benchmarks/mini_exploration.toml; `stage.` means its only stage. Every form is trained from the same
seed on one thread, for so many steps or as many as fit into the minutes, and measured on chains of the split `valid`: alone, and with
their alignment.
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.measure_mini import deep_chains
from protfold.cli.train import read_fold_training
from protfold.entities import Msa
from protfold.features import pipeline
from protfold.features.couplings import coupling_scores
from protfold.train.chain import Chain
from protfold.train.chain_store import ChainStore
from protfold.train.evaluate import measure, network_predictor, summarize
from protfold.train.fold_config import FoldTraining
from protfold.train.fold_run import fold_trainer
from protfold.train.fold_task import FoldTask, evaluating
from protfold.train.simulated_couplings import SimulatedCouplings

BASE = Path(__file__).resolve().with_name("mini_exploration.toml")
MAPS = BASE.parents[1] / "local" / "coevolution"
"""Kept from form to form, as those of benchmarks/pair_encoder.toml."""
TIMED_STEPS = 20
SHOWN = ("lddt_ca", "tm_score", "ca_spacing", "contact_precision", "plddt_correlation")


def main() -> None:
    """Trains and measures one form after another; one line of JSON each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("forms", nargs="+", metavar="NAME:key=value,...")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--steps", type=int, help="instead of minutes")
    parser.add_argument("--chains", type=int, default=40, help="measured without an alignment")
    parser.add_argument("--max-length", type=int, default=110)
    parser.add_argument("--out", type=Path, required=True, help="file of lines, added to")
    arguments = parser.parse_args()

    for form in arguments.forms:
        name, _, changes = form.partition(":")
        with tempfile.TemporaryDirectory() as folder:
            steps = arguments.steps or steps_within(arguments.minutes, changes, Path(folder, "timed"))
            result = explored(changes, steps=steps, folder=Path(folder), chains=arguments.chains, max_length=arguments.max_length)
        with arguments.out.open("a") as file:
            file.write(json.dumps({"name": name, "changes": changes, **result}) + "\n")
        print(name, json.dumps(result), flush=True)


def explored(changes: str, *, steps: int, folder: Path, chains: int, max_length: int) -> dict[str, Any]:
    """What a form of the network reaches in so many steps."""
    training = settings(changes, folder / "run", steps=steps)
    with fold_trainer(training) as trainer:
        trainer.task.sampler.couplings = donors(trainer.task)
        if trainer.task.sampler.maps is not None:
            trainer.task.sampler.maps.folder = MAPS
        started = time.monotonic()
        while trainer.progress.step < steps:
            trainer.take_step()
        trained = time.monotonic() - started
        model, config = trainer.task.model, trainer.task.features
        short, aligned = validation_chains(training.data.stores[0], chains, max_length)
        with trainer.average.in_place(), evaluating(model):
            alone = summarize(measure(network_predictor(model, config, use_msa=False), short))
            with_rows = summarize(measure(network_predictor(model, config, use_msa=True), aligned))
    sizes = sum(parameter.numel() for parameter in model.parameters())
    return {
        "parameters": sizes,
        "steps": steps,
        "minutes": round(trained / 60.0, 2),
        "alone": {key: round(alone[key], 3) for key in SHOWN},
        "aligned": {key: round(with_rows[key], 3) for key in SHOWN},
    }


_DONORS: list[SimulatedCouplings] = []
_SCORES: dict[bytes, np.ndarray] = {}


def remembered_scores(msa: Msa) -> np.ndarray:
    """`coupling_scores`, once for each alignment."""
    key = hashlib.sha256(msa.residues.tobytes()).digest()
    if key not in _SCORES:
        _SCORES[key] = coupling_scores(msa)
    return _SCORES[key]


def donors(task: FoldTask) -> SimulatedCouplings:
    """The couplings of all aligned chains, computed once for all forms, as once in a long run."""
    if not _DONORS:
        _DONORS.append(task.sampler.couplings)
    return _DONORS[0]


def settings(changes: str, output: Path, *, steps: int) -> FoldTraining:
    """The base with changes."""
    training = read_fold_training(BASE)
    for change in filter(None, changes.split(",")):
        path, _, value = change.partition("=")
        training = changed(training, path.split("."), tomllib.loads(f"value = {value}")["value"])
    stage = replace(training.stage[0], steps=steps)
    return replace(training, stage=(stage,), run=replace(training.run, output=output))


def changed(settings: Any, path: list[str], value: Any) -> Any:
    """Frozen settings with one value replaced."""
    name, *below = path
    part = getattr(settings, name)
    if not below:
        return replace(settings, **{name: value})
    return replace(
        settings, **{name: (changed(part[0], below, value),) if isinstance(part, tuple) else changed(part, below, value)}
    )


def steps_within(minutes: float, changes: str, folder: Path) -> int:
    """How many steps take so long, from the mean of some; without the time of couplings, which are computed once in a run."""
    with fold_trainer(settings(changes, folder, steps=10**6)) as trainer:
        trainer.task.sampler.couplings = donors(trainer.task)
        seconds = statistics.fmean(trainer.take_step()["seconds"] for _ in range(TIMED_STEPS))
    return round(60.0 * minutes / seconds)


def validation_chains(store: Path, count: int, max_length: int) -> tuple[list[Chain], list[Chain]]:
    """Short chains, and those up to 160 residues with a deep alignment."""
    held_out = list(ChainStore(store).split("valid"))
    return [chain for chain in held_out if len(chain) <= max_length][:count], deep_chains(
        chain for chain in held_out if len(chain) <= 160
    )


if __name__ == "__main__":
    pipeline.coupling_scores = remembered_scores
    torch.set_num_threads(1)
    main()
