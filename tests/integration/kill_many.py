"""Run one batch again and again, each time killed at a random moment, until it finishes; print what went wrong as JSON.

    python -m tests.integration.kill_many FOLDER KILLS

Written as a program because a killed run must be a process of its own, and forking one is quick only where nothing else runs.
"""

import json
import math
import os
import random
import signal
import sys
import time
from pathlib import Path

from protfold.runs import relaxation, result_files
from protfold.runs.fold import fold_targets
from protfold.runs.options import FoldOptions
from protfold.runs.targets import collect_targets
from tests.unit.runs.fake_predictor import FakePredictor
from tests.unit.runs.fake_relaxation import fake_relax

NUM_TARGETS = 20
OPTIONS = FoldOptions(num_seeds=2, relax="all")
LONGEST = 5.0  # seconds that a batch should take; a disk that stalls once does not stretch every round


class LoggingPredictor(FakePredictor):
    """Notes each question in a file that outlives the process."""

    log: Path

    def predict(self, msas, **settings):
        with self.log.open("a") as file:
            file.write(f"{settings['chains'][0]} {settings['seed']}\n")
        time.sleep(0.002)
        return super().predict(msas, **settings)


def run(fasta: Path, output: Path, log: Path) -> None:
    predictor = LoggingPredictor("mini")
    predictor.log = log
    fold_targets(collect_targets([fasta]).found, OPTIONS, output, load=lambda weights, options: predictor)


def run_and_kill(fasta: Path, output: Path, log: Path, after: float | None) -> int:
    """Exit status of the run, or minus the signal that ended it."""
    child = os.fork()
    if child == 0:
        run(fasta, output, log)
        os._exit(0)
    deadline = time.perf_counter() + (math.inf if after is None else after)
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        if time.perf_counter() > deadline:
            os.kill(child, signal.SIGKILL)
            deadline = math.inf
        time.sleep(0.001)
    return os.waitstatus_to_exitcode(ended[1])


def visible_files(output: Path) -> dict[str, bytes]:
    """Files under their final names; temporaries, stage files, and the summary and page of the run (which hold times) aside."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in output.rglob("*")
        if path.is_file() and ".stages" not in path.parts and not path.name.startswith((".protfold-", "summary"))
        if path != output / "report.html"
    }


def main(folder: Path, kills: int) -> dict[str, object]:
    relaxation.relax = fake_relax
    result_files.figure_to_png = lambda figure: b"picture" * 2000
    for name in ("plot_plddt", "plot_pae", "plot_msa_coverage", "plot_contacts"):
        setattr(result_files.FoldResult, name, lambda result: None)
    rng = random.Random(0)
    fasta = folder / "many.fasta"
    sequences = {f"target_{i}": "".join(rng.choices("ACDEFGHIKLMNPQRSTVWY", k=12)) for i in range(NUM_TARGETS)}
    fasta.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    started = time.perf_counter()
    run_and_kill(fasta, folder / "reference", folder / "reference.log", None)
    whole = min(time.perf_counter() - started, LONGEST)
    reference = visible_files(folder / "reference")

    report: dict[str, object] = {"killed": 0, "finished": 0, "torn": [], "computed_again": [], "unreadable_summaries": 0}
    round_number = 0
    while report["killed"] < kills:
        round_number += 1
        output, log = folder / f"round_{round_number}", folder / f"round_{round_number}.log"
        log.touch()
        status = -signal.SIGKILL
        while status != 0:
            done = {path.parent.name for path in output.glob("*/DONE")}
            asked = len(log.read_text().splitlines())
            status = run_and_kill(fasta, output, log, rng.uniform(0, 0.6 * whole) if report["killed"] < kills else None)
            report["killed" if status else "finished"] += 1
            again = [line.split()[0] for line in log.read_text().splitlines()[asked:]]
            report["computed_again"] += [name for name in done if sequences[name] in again]
            report["torn"] += [name for name, content in visible_files(output).items() if content != reference.get(name)]
            if (output / "summary.json").exists():
                rows = json.loads((output / "summary.json").read_text())
                report["unreadable_summaries"] += not isinstance(rows, list)
        report["torn"] += sorted(set(reference) ^ set(visible_files(output)))
        report["stages_left"] = [str(path) for path in output.glob("*/.stages")]
    return report


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
