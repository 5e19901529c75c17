"""What each backbone costs on one CPU thread, in the sizes that are compared: parameters, operations, time, memory, growth.

    python -m benchmarks.vision_cost --out FILE [NAME ...]

Each measurement is a fresh process: one pass in evaluation mode to warm up, then the quickest of three by CPU time; memory is what the peak
of the process rises by. Operations are counted by `torch.utils.flop_counter` (multiplications and additions of matrix products and
convolutions), at the shortest length. Growth is the exponent p of time ~ N^p between the first and the last length; 2 is linear in pixels.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.compare_encoders import FORMS
from protfold.vision import PairMapEncoder
from protfold.vision.registry import BACKBONES

ROOT = Path(__file__).resolve().parents[1]
IN_CHANNELS = 48
C_Z = 32
RESIDUES = (128, 256, 384)


def main() -> None:
    """Measures one backbone after another; one line of JSON each, and nothing again that has its line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(FORMS), metavar="NAME")
    parser.add_argument("--out", type=Path, help="file of lines, added to")
    parser.add_argument("--worker", type=int, metavar="RESIDUES", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure(arguments.names[0], arguments.worker)))
        return
    done = {json.loads(line)["name"] for line in arguments.out.read_text().splitlines()} if arguments.out.exists() else set()
    for name in arguments.names:
        if name not in done:
            line = json.dumps(figures(name))
            print(line, flush=True)
            with arguments.out.open("a") as file:
                file.write(line + "\n")


def figures(name: str) -> Mapping[str, Any]:
    """Of one backbone at all lengths, each in a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    found = {}
    for residues in RESIDUES:
        command = [sys.executable, "-m", "benchmarks.vision_cost", name, "--worker", str(residues)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
        found[residues] = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
    first, last = found[RESIDUES[0]], found[RESIDUES[-1]]
    growth = math.log(last["seconds"] / first["seconds"]) / math.log(RESIDUES[-1] / RESIDUES[0]) if first and last else None
    return {
        "name": name,
        "parameters": first["parameters"],
        "gflop": round(first["flop"] / 1e9, 2),
        "seconds": [one and round(one["seconds"], 3) for one in found.values()],
        "peak_mib": [one and round(one["peak_mib"]) for one in found.values()],
        "growth": growth and round(growth, 2),
    }


def measure(name: str, residues: int) -> dict[str, float]:
    """In this process; a backbone of one length is built for it."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    settings = dict(FORMS[name]) | ({"length": residues} if BACKBONES[name].fixed_length else {})
    encoder = PairMapEncoder(backbone=name, c_z=C_Z, in_channels=IN_CHANNELS, **settings).eval()
    x, mask = torch.randn(1, IN_CHANNELS, residues, residues), torch.ones(1, residues)
    counter = FlopCounterMode(display=False)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    with torch.inference_mode():
        encoder(x, mask)
        for _ in range(3):
            started = time.process_time()
            encoder(x, mask)
            seconds.append(time.process_time() - started)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if residues == RESIDUES[0]:
            with counter:
                encoder(x, mask)
    return {
        "parameters": sum(parameter.numel() for parameter in encoder.parameters()),
        "flop": counter.get_total_flops(),
        "seconds": min(seconds),
        "peak_mib": (peak - before) / 1024,
    }


if __name__ == "__main__":
    main()
