"""Markdown of what backbones cost and find: `python -m benchmarks.vision_tables ENCODERS.jsonl COSTS.jsonl`.

From the lines of compare_encoders.py and vision_cost.py.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.vision_cost import RESIDUES

FOUND = ("L/5 all", "L/2 all", "L/5 short", "L/2 short")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("encoders", type=Path)
    parser.add_argument("costs", type=Path)
    arguments = parser.parse_args()

    encoders, costs = (_lines(path) for path in (arguments.encoders, arguments.costs))
    most = max(line["chains_all"] for line in encoders)
    short = encoders[0]["chains_short"]
    print(
        f"| | parameters | steps | L/5, {most} chains | L/2 | L/5, {short} chains of up to 128 | L/2 |\n|---|---|---|---|---|---|---|"
    )
    for line in sorted(encoders, key=lambda one: -one["L/5 short"]):
        figures = [f"{line[name]:.3f}" if "all" not in name or line["chains_all"] == most else "-" for name in FOUND]
        learned = [f"{line['parameters']:,}", f"{line['steps']:,}"] if "parameters" in line else ["-", "-"]
        print(_row([f"`{line['name']}`" if "parameters" in line else line["name"].replace("_", " "), *learned, *figures]))
    lengths = ", ".join(map(str, RESIDUES))
    print(
        f"\n| | parameters | GFLOP at {RESIDUES[0]} | CPU s at {lengths} | grows as N^p | MiB at {lengths} |\n|---|---|---|---|---|---|"
    )
    for line in sorted(costs, key=lambda one: one["seconds"][0]):
        seconds, memory = (", ".join("-" if one is None else f"{one:,}" for one in line[name]) for name in ("seconds", "peak_mib"))
        growth = "-" if line["growth"] is None else f"{line['growth']:.1f}"
        print(_row([f"`{line['name']}`", f"{line['parameters']:,}", f"{line['gflop']:.2f}", seconds, growth, memory]))


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
