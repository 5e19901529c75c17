"""Tables of a designer's card from files of measure_designer.py: `python -m benchmarks.designer_tables RESULTS.json ...`."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from protfold.constants.residues import RESIDUES

ROWS = {
    "native context argmax": "recovery, native neighbors, most probable type",
    "native context sampled": "recovery, native neighbors, drawn at the temperature",
    "native context perplexity": "perplexity, native neighbors",
    "alone argmax": "recovery, no type known, most probable type",
    "alone perplexity": "perplexity, no type known",
    "native beats shuffled": "chains whose native sequence scores better than itself shuffled",
    "designed": "recovery of designs",
    "designed best score": "recovery of the design with the best score",
    "designed nssr62": "nssr62 of designs",
    "identity between designs": "identity between designs",
    "designed helix": "recovery of designs, helices",
    "designed strand": "recovery of designs, strands",
    "designed coil": "recovery of designs, elsewhere",
    "designed buried": "recovery of designs, buried (below 25 %)",
    "designed exposed": "recovery of designs, exposed",
    "chi1 right": "chi1 within 40°, native types",
    "chi1 and chi2 right": "chi1 and chi2 within 40°, native types",
    "score of designs": "score of designs, nats",
    "score of native": "score of the native sequence, nats",
    "converged": "searches that converged",
    "iterations": "iterations of a search",
    "CPU seconds a residue": "CPU seconds a designed residue, one thread",
}
DIGITS = {"CPU seconds a residue": 4, "native context perplexity": 2, "alone perplexity": 2, "iterations": 0}


def main() -> None:
    """Prints all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measures", type=Path, nargs="+")
    results = {path.stem: json.loads(path.read_text())["sets"] for path in parser.parse_args().measures}
    columns = {f"{name}, {part}": measured for name, sets in results.items() for part, measured in sets.items()}
    print("| mean over chains | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    print("| chains | " + " | ".join(str(measured["chains"]) for measured in columns.values()) + " |")
    for key, title in ROWS.items():
        print(f"| {title} | " + " | ".join(shown(measured, key) for measured in columns.values()) + " |")
    print("\n| type | " + " | ".join(f"{name}: native, designed (%)" for name in columns) + " |\n|---|" + "---|" * len(columns))
    for letter in RESIDUES:
        shares = (f"{100 * one[f'{letter} native']:.1f}, {100 * one[f'{letter} designed']:.1f}" for one in columns.values())
        print(f"| {letter} | " + " | ".join(shares) + " |")


def shown(measured: dict[str, Any], key: str) -> str:
    """A number of the table; - where there is none, as the side chains of TS50."""
    value = measured.get(key, math.nan)
    return "-" if math.isnan(value) else f"{value:.{DIGITS.get(key, 3)}f}"


if __name__ == "__main__":
    main()
