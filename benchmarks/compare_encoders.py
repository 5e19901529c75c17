"""Contacts by every backbone on one budget: `python -m benchmarks.compare_encoders --out FILE [NAME ...]`.

Each backbone, about half a million parameters in a `DistanceNetwork`, is trained for the same CPU time on one thread with the settings
of benchmarks/pair_encoder.toml: a few steps tell how many fit. Examples come in the same order for all. It is measured by the average of
its weights on the chains of the split `test` whose alignment has enough effective sequences to say something. Beside them the scores that
all of them read, as they are.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from protfold.cli.train import read_pair_encoder_training
from protfold.features.coevolution import CoevolutionConfig
from protfold.features.couplings import MAX_RESIDUES, MIN_EFFECTIVE
from protfold.metrics.contact_detection import ScoredContacts, contact_scores
from protfold.train.chain import Chain
from protfold.train.chain_store import ChainStore
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.train.pair_encoder_config import PairEncoderModelChoice, PairEncoderTraining
from protfold.train.pair_encoder_run import pair_encoder_trainer
from protfold.train.task import evaluating
from protfold.vision import DistanceNetwork, DistanceNetworkConfig
from protfold.vision.registry import BACKBONES
from protfold.weights import load_pair_encoder

BASE = Path(__file__).resolve().with_name("pair_encoder.toml")
SHORT = 128
"""Residues of the longest chain that backbones of one length are measured on."""
TRIED = 9
"""Steps by which the time of a step is told."""
FORMS: Mapping[str, Mapping[str, object]] = {
    "dilated_resnet": {"hidden": 48, "depth": 10},
    "acmix_resnet": {"widths": (32,), "depths": (4,), "expansion": 4},
    "acmix_swin": {"hidden": 48},
    "convmae": {"hidden": (32, 64, 96), "depths": (2, 2, 3)},
    "convmixer": {"hidden": 160, "depth": 10},
    "dynopool": {"widths": (40, 64, 80)},
    "espcn": {"hidden": 48, "widths": (80, 80, 80, 48)},
    "flowformer": {"hidden": (64, 112)},
    "hornet": {"hidden": 24, "depths": (2, 3, 2)},
    "hornet_fpn": {"hidden": 24},
    "hornet_gf": {"hidden": 24, "depths": (2, 3, 2)},
    "mlp_mixer": {"hidden": 80, "depth": 5},
    "relative_vit": {"hidden": 96, "depth": 4},
    "repvgg": {"widths": (48,), "depths": (20,)},
    "vit": {"hidden": 96, "depth": 4},
    "vitdet": {"hidden": 80},
    "yolov7": {},
}


def main() -> None:
    """Trains and measures one backbone after another; one line of JSON each, and nothing again that has its line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(FORMS), metavar="NAME")
    parser.add_argument("--out", type=Path, required=True, help="file of lines, added to")
    parser.add_argument("--weights", nargs="*", default=[], help="networks that are trained already, to be measured only")
    parser.add_argument("--seconds", type=int, default=100, help="CPU time of each training")
    arguments = parser.parse_args()

    base = read_pair_encoder_training(BASE)
    chains = measured_chains(base.data.stores[0], "test")
    maps = CoevolutionMaps(CoevolutionConfig(), base.maps_folder)
    lines = arguments.out.read_text().splitlines() if arguments.out.exists() else []
    done = {json.loads(line)["name"] for line in lines}
    with arguments.out.open("a") as file:
        for name in maps.config.score_names:
            if name not in done:
                scores = [maps.of(chain).scores[name].numpy() for chain in chains]
                _write(file, {"name": name, **precisions(chains, scores)})
        for weights in arguments.weights:
            if weights not in done:
                model = load_pair_encoder(weights)
                known = CoevolutionMaps(model.config.input, base.maps_folder)
                scores = [model.contacts(known.of(chain), chain.residue_index) for chain in chains]
                _write(file, {"name": weights, "parameters": num_parameters(model), **precisions(chains, scores)})
        for name in [] if arguments.weights else arguments.names:
            if name not in done:
                _write(file, {"name": name, **trained(name, base, chains, seconds=arguments.seconds)})


def measured_chains(store: Path, split: str) -> list[Chain]:
    """Chains whose co-evolution says something."""
    chains = ChainStore(store).split(split)
    maps = CoevolutionMaps(CoevolutionConfig(), read_pair_encoder_training(BASE).maps_folder)
    found = [chains[int(row)] for row in np.flatnonzero((chains.table.depth > 0) & (chains.table.length <= MAX_RESIDUES))]
    return [chain for chain in found if maps.of(chain).num_effective >= MIN_EFFECTIVE]


def steps_within(seconds: float, training: PairEncoderTraining) -> int:
    """How many steps of a run take so long, from the median of `TRIED` of them."""
    with pair_encoder_trainer(training) as trainer:
        trainer.take_step()
        times = []
        for _ in range(TRIED):
            started = time.process_time()
            trainer.take_step()
            times.append(time.process_time() - started)
    return max(1, int(seconds / sorted(times)[TRIED // 2]))


def trained(name: str, base: PairEncoderTraining, chains: Sequence[Chain], *, seconds: float) -> dict[str, Any]:
    """What a backbone reaches."""
    model_choice = PairEncoderModelChoice(architecture=DistanceNetworkConfig(backbone=name, settings=FORMS[name]))
    with tempfile.TemporaryDirectory() as folder:
        training = replace(base, model=model_choice, run=replace(base.run, output=Path(folder, "tried")), maps=base.maps_folder)
        if BACKBONES[name].fixed_length:
            training = replace(training, validation=replace(base.validation, max_length=SHORT))
        training = replace(training, steps=steps_within(seconds, training), run=replace(base.run, output=Path(folder, "run")))
        with pair_encoder_trainer(training) as trainer:
            started = time.process_time()
            for _ in range(training.steps):
                trainer.take_step()
            taken = time.process_time() - started
            with trainer.average.in_place():
                model, maps = trainer.task.model, trainer.task.sampler.maps
                length = model.encoder.backbone.length
                readable = [chain for chain in chains if length is None or len(chain) <= length]
                with evaluating(model):
                    scores = [model.contacts(maps.of(chain), chain.residue_index) for chain in readable]
                valid = trainer.task.validate(trainer.world)
    return {
        "parameters": num_parameters(model),
        "steps": training.steps,
        "cpu_seconds": round(taken),
        "valid_distogram": round(valid["distogram"], 3),
        **precisions(readable, scores),
    }


def num_parameters(model: DistanceNetwork) -> int:
    """All of them."""
    return sum(parameter.numel() for parameter in model.parameters())


def precisions(chains: Sequence[Chain], scores: Sequence[np.ndarray]) -> dict[str, Any]:
    """Means over the chains, and over those of up to `SHORT` residues, of the precision of the likeliest contacts of long range."""
    found = {}
    for group, longest in (("all", None), ("short", SHORT)):
        measured = [
            contact_scores([_scored(chain, one)])["long"]
            for chain, one in zip(chains, scores, strict=True)
            if longest is None or len(chain) <= longest
        ]
        found[f"chains_{group}"] = len(measured)
        for top in ("L/5", "L/2"):
            found[f"{top} {group}"] = round(float(np.nanmean([one.precision_at(top) for one in measured])), 3)
    return found


def _scored(chain: Chain, scores: np.ndarray) -> ScoredContacts:
    points, known = chain.pseudo_beta()
    return ScoredContacts(scores=scores, points=points, known=known, residue_index=chain.residue_index)


def _write(file: Any, line: dict[str, Any]) -> None:
    file.write(json.dumps(line) + "\n")
    file.flush()
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
