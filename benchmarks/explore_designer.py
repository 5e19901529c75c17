"""Compares forms of the designer after the same steps: `python -m benchmarks.explore_designer --steps 250 --out FILE NAME:key=value;...`.

A key is a path into the settings of benchmarks/designer.toml. Every form sees the same chains in the same order on one thread and is
measured on the split `valid`, by the average of its weights: the perplexity and the share of residues whose most probable type is
native, given the native types of all neighbors and given none.
"""

import argparse
import json
import tempfile
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.explore_mini import changed
from protfold.cli.train import read_design_training
from protfold.train.design_config import DesignTraining
from protfold.train.design_run import design_trainer
from protfold.train.design_targets import DesignTargets

BASE = Path(__file__).resolve().with_name("designer.toml")


def main() -> None:
    """Trains and measures one form after another; one line of JSON each, and nothing again that has its line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("forms", nargs="+", metavar="NAME:key=value;...")
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--out", type=Path, required=True, help="file of lines, added to")
    arguments = parser.parse_args()

    lines = arguments.out.read_text().splitlines() if arguments.out.exists() else []
    done = {json.loads(line)["name"] for line in lines}
    targets = DesignTargets()
    for form in arguments.forms:
        name, _, changes = form.partition(":")
        if name in done:
            continue
        with tempfile.TemporaryDirectory() as folder:
            result = explored(settings(changes, Path(folder), steps=arguments.steps), targets)
        with arguments.out.open("a") as file:
            file.write(json.dumps({"name": name, "changes": changes, **result}) + "\n")
        print(name, json.dumps(result), flush=True)


def explored(training: DesignTraining, targets: DesignTargets) -> dict[str, Any]:
    """What a form reaches.

    Args:
        training: its settings.
        targets: remembers surfaces and secondary structures from form to form.
    """
    with design_trainer(training) as trainer:
        trainer.task.sampler.targets = targets
        seconds = []
        for _ in range(training.steps):
            started = time.process_time()
            trainer.take_step()
            seconds.append(time.process_time() - started)
        with trainer.average.in_place():
            measures = trainer.task.validate(trainer.world)
    return {
        "parameters": sum(parameter.numel() for parameter in trainer.task.model.parameters()),
        "steps": training.steps,
        "cpu_seconds_per_step": round(sorted(seconds)[len(seconds) // 2], 3),
        **{name: round(value, 4) for name, value in measures.items()},
    }


def settings(changes: str, output: Path, *, steps: int) -> DesignTraining:
    """The base with changes."""
    training = read_design_training(BASE)
    for change in filter(None, changes.split(";")):
        path, _, value = change.partition("=")
        training = changed(training, path.split("."), tomllib.loads(f"value = {value}")["value"])
    return replace(training, steps=steps, run=replace(training.run, output=output))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
