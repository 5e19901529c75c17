"""Time re-parameterised networks of `protfold.vision` as they are trained and as they are used, on one CPU thread.

    python benchmarks/vision_deploy.py --backbones repvgg --residues 128 256 384 --report benchmarks/results/vision-deploy-<date>.md

Each measurement is a fresh process, the two forms in alternation, both in evaluation mode on the same random maps and weights. "Warm" is
the best pass after the first; memory is what the peak of the process rises by during the passes. `difference` is the largest between both
forms' maps in units of their root mean square, in float32.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FORMS = ("train", "use")
IN_CHANNELS = 44
"""As of the features of couplings, profiles and separations together."""


def measure(backbone: str, settings: dict[str, Any], residues: int, form: str, passes: int) -> dict[str, Any]:
    """In this process: figures of one form, and, for the form for use, how far it is from the other."""
    import torch
    from torch import nn

    from protfold.vision import create_backbone
    from protfold.vision.reparameterization import deployed

    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = create_backbone(backbone, IN_CHANNELS, **settings).eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.normal_(part.running_mean, std=0.1)
            nn.init.uniform_(part.running_var, 0.5, 2.0)
            nn.init.uniform_(part.weight, 0.5, 1.5)
    in_use = deployed(network)
    measured = network if form == "train" else in_use
    x, mask = torch.randn(1, IN_CHANNELS, residues, residues), torch.ones(1, residues)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    with torch.inference_mode():
        for _ in range(1 + passes):
            start = time.perf_counter()
            measured(x, mask)
            seconds.append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        apart = 0.0
        if form == "use":
            for (one, _), (other, _) in zip(in_use(x, mask), network(x, mask), strict=True):
                apart = max(apart, ((one - other).abs().max() / other.square().mean().sqrt()).item())
    return {
        "parameters": sum(parameter.numel() for parameter in measured.parameters()),
        "first_s": seconds[0],
        "warm_s": min(seconds[1:]),
        "peak_mib": (peak - before) / 1024,
        "difference": apart,
    }


def run(arguments: argparse.Namespace, backbone: str, residues: int, form: str) -> dict[str, Any]:
    """The figures of a fresh process."""
    command = [sys.executable, __file__, "--worker", form, "--backbones", backbone, "--residues", str(residues)]
    command += ["--settings", arguments.settings, "--passes", str(arguments.passes)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    print(backbone, residues, form, json.dumps(figures), file=sys.stderr, flush=True)
    return figures


def compare(arguments: argparse.Namespace, backbone: str, residues: int) -> list[str]:
    """Rows of the table for one network and length."""
    runs: dict[str, list[dict[str, Any]]] = {form: [] for form in FORMS}
    for _ in range(arguments.rounds):
        for form in FORMS:
            runs[form].append(run(arguments, backbone, residues, form))
    found = {form: {key: min(line[key] for line in lines) for key in lines[0]} for form, lines in runs.items()}
    rows = []
    for form, line in found.items():
        ratio = found["train"]["warm_s"] / line["warm_s"]
        difference = f"{line['difference']:.1e}" if form == "use" else ""
        figures = (
            f"{line['warm_s']:.3f}",
            f"{line['first_s']:.3f}",
            f"{ratio:.2f}",
            f"{line['peak_mib']:.0f}",
            difference,
        )
        rows.append("| " + " | ".join((backbone, str(residues), form, f"{line['parameters']:,}", *figures)) + " |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbones", nargs="+", default=["repvgg"], help="names of re-parameterised networks")
    parser.add_argument("--settings", default="{}", help="of the networks, as JSON")
    parser.add_argument("--residues", type=int, nargs="+", default=[128, 256, 384])
    parser.add_argument("--passes", type=int, default=3, help="after the first, in each process")
    parser.add_argument("--rounds", type=int, default=3, help="fresh processes of each form, in alternation")
    parser.add_argument("--report", type=Path, help="Markdown file to write")
    parser.add_argument("--worker", choices=FORMS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        settings = {
            key: tuple(value) if isinstance(value, list) else value for key, value in json.loads(arguments.settings).items()
        }
        print(json.dumps(measure(arguments.backbones[0], settings, arguments.residues[0], arguments.worker, arguments.passes)))
        return
    table = [
        "| network | residues | form | parameters | warm s | first s | faster | peak MiB | difference |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for backbone in arguments.backbones:
        for residues in arguments.residues:
            table += compare(arguments, backbone, residues)
    print("\n".join(table))
    if arguments.report:
        arguments.report.write_text("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
