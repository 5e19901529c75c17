"""The command line that asks for a design again."""

import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from protfold.design.constraint_options import ConstraintOptions
from protfold.runs.design.options import DesignOptions

CONSTRAINT_FLAGS = {field.name: f"--{field.name.replace('_', '-')}" for field in fields(ConstraintOptions)}


def rerun_command(options: DesignOptions, backbones: Sequence[str]) -> str | None:
    """The command that makes the same result again; None for structures that are in no file."""
    if not backbones:
        return None
    command = ["protfold", "design", *(str(Path(path).resolve()) for path in backbones), "-o", "again"]
    if len(backbones) > 1:
        command += ["--states"]
    if options.state_weights is not None:
        command += ["--state-weights", ",".join(f"{weight!r}" for weight in options.state_weights)]
    for name, flag in CONSTRAINT_FLAGS.items():
        if text := getattr(options.constraints, name):
            command += [f"{flag}={text}"]
    if options.constraint_file is not None:
        command += ["--constraints", str(Path(options.constraint_file).resolve())]
    for name in ("num_sequences", "temperature", "diversity", "seed", "start", "restarts", "relax", "device", "threads"):
        if (value := getattr(options, name)) is not None:
            command += [f"--{name.replace('_', '-')}", str(value)]
    weights = options.weights
    command += ["--weights", str(Path(weights).resolve()) if Path(weights).is_file() else weights]
    if options.refold:
        folding = options.refold_weights
        command += ["--refold", "--refold-weights", str(Path(folding).resolve()) if Path(folding).is_file() else folding]
    if not options.side_chains:
        command += ["--no-side-chains"]
    return shlex.join(command)
