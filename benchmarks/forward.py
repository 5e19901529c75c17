"""Time a forward pass of protfold beside DeepMind's AlphaFold 2 code, in alternation, with the same parameters and features.

    python benchmarks/forward.py --reference reference/bin/python --residues 128 256 --report benchmarks/results/forward-<date>.md

`--reference` is the interpreter of the environment that `tests/parity/make_reference.py` describes. Each measurement is a fresh
process on two CPU threads: 4 Evoformer and 4 extra-MSA blocks of model_3_ptm's layout with random parameters, 512 clusters, 1,024 extra
rows, one pass. "First" is the first result after loading (DeepMind's includes compilation); "warm" the best later pass; memory the peak
of the process. `difference` is the largest one of the distogram logits in units of their root mean square, so that no one is fast by
being wrong.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "parity")]
THREADS, BLOCKS, WARM_PASSES = 2, 4, 3


def measure_protfold(features: Path, params: Path, dtype: str, outputs: Path) -> dict[str, Any]:
    """In this process: one first and several warm passes."""
    started = time.perf_counter()
    import torch

    from protfold.features import FoldFeatures
    from protfold.inference.predictor import PREFERRED_CHUNK
    from protfold.model.execution import execution
    from protfold.weights import load_alphafold2

    torch.set_num_threads(THREADS)
    imported = time.perf_counter()
    model = load_alphafold2(params).eval()
    if dtype == "bfloat16":
        model.set_trunk_dtype(torch.bfloat16)
    with np.load(features) as file:
        batch = FoldFeatures.from_alphafold(dict(file))
    loaded = time.perf_counter()
    seconds = []
    with torch.inference_mode(), execution(chunk_elements=PREFERRED_CHUNK["cpu"]):
        for _ in range(1 + WARM_PASSES):
            start = time.perf_counter()
            logits = model(batch).distogram_logits
            seconds.append(time.perf_counter() - start)
    np.savez(outputs, distogram_logits=logits.numpy())
    return {
        "import_s": imported - started,
        "load_s": loaded - imported,
        "first_s": seconds[0],
        "warm_min_s": min(seconds[1:]),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def make_inputs(folder: Path, residues: int) -> tuple[Path, Path]:
    """Features of a random alignment under DeepMind's names, and parameters, as files both systems read."""
    from parameters import layout, parameters

    from benchmarks.reference_forward import random_features

    features, params = folder / "features.npz", folder / "params_model_3_ptm.npz"
    arrays = {name: np.asarray(value)[None] for name, value in random_features(residues).items()}
    shape = arrays["msa_feat"].shape[:3]
    arrays |= {"bert_mask": np.zeros(shape, np.float32), "true_msa": np.zeros(shape, np.int32)}
    np.savez(features, **arrays)
    np.savez(params, **parameters(layout("model_3_ptm", BLOCKS, BLOCKS)))
    return features, params


def run(command: list[str | Path]) -> dict[str, Any]:
    """A child's last line of standard output."""
    environment = os.environ | {"OMP_NUM_THREADS": str(THREADS)}
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True, env=environment)
    line: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return line


def best(runs: list[dict[str, Any]]) -> dict[str, float]:
    """The least of each figure over repeated processes."""
    return {name: min(line[name] for line in runs) for name in ("first_s", "warm_min_s", "peak_rss_mib")}


def compare(residues: int, reference: str, rounds: int, subbatch: int) -> list[str]:
    """Rows of the table for one length."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        features, params = make_inputs(folder, residues)
        theirs = folder / "theirs.npz"
        commands: dict[str, list[str | Path]] = {
            "DeepMind float32": [
                reference, "-W", "ignore", ROOT / "benchmarks/reference_forward.py", "--features", features, "--params", params,
                "--repeats", str(WARM_PASSES), "--threads", str(THREADS), "--subbatch", str(subbatch), "--outputs", theirs,
            ],
        }  # fmt: skip
        for dtype in ("float32", "bfloat16"):
            files = ["--features", features, "--params", params, "--outputs", folder / f"{dtype}.npz"]
            commands[f"protfold {dtype}"] = [sys.executable, __file__, "--worker", dtype, *files]
        runs: dict[str, list[dict[str, Any]]] = {system: [] for system in commands}
        for _ in range(rounds):
            for system, command in commands.items():
                runs[system].append(run(command))
                print(residues, system, json.dumps(runs[system][-1]), file=sys.stderr, flush=True)
        found = {system: best(lines) for system, lines in runs.items()}
        base = found["DeepMind float32"]
        with np.load(theirs) as file:
            expected = file["distogram_logits"]
        rows = []
        for system, line in found.items():
            difference = ""
            if system.startswith("protfold"):
                with np.load(folder / f"{system.split()[1]}.npz") as file:
                    apart = np.abs(file["distogram_logits"] - expected).max() / np.sqrt(np.square(expected).mean())
                    difference = f"{apart:.1e}"
            keys = ("warm_min_s", "first_s", "peak_rss_mib")
            figures = [f"{line[key]:.2f}" for key in keys] + [f"{base[key] / line[key]:.2f}" for key in keys]
            rows.append(" | ".join(["", str(residues), system, *figures, difference, ""]).strip())
        return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", help="Python of the reference environment")
    parser.add_argument("--residues", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--rounds", type=int, default=2, help="fresh processes of each system, in alternation")
    parser.add_argument("--subbatch", type=int, default=4, help="DeepMind's subbatch_size; 4 is its default, 0 for none")
    parser.add_argument("--report", type=Path, help="Markdown file to write")
    parser.add_argument("--worker", choices=["float32", "bfloat16"], help=argparse.SUPPRESS)
    for name in ("--features", "--params", "--outputs"):
        parser.add_argument(name, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        print(json.dumps(measure_protfold(arguments.features, arguments.params, arguments.worker, arguments.outputs)))
        return
    if not arguments.reference:
        parser.error("--reference is needed")
    table = [
        "| residues | system | warm s | first s | peak MiB | warm ratio | first ratio | memory ratio | difference |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for residues in arguments.residues:
        table += compare(residues, arguments.reference, arguments.rounds, arguments.subbatch)
    print("\n".join(table))
    if arguments.report:
        arguments.report.write_text("\n".join(table) + "\n")


if __name__ == "__main__":
    main()
