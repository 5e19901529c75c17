"""Writes the table of the project's chains: `python benchmarks/chain_table.py --data DATA --out TABLE.csv`.

Then `protfold train prepare DATA --table TABLE.csv -o STORE`. DATA holds `chains.csv`, `msas.csv`, `chains/` and `msas/`. Repacked side
chains are left out; a chain's alignments are joined, the deepest first.
"""

import argparse
import csv
from collections import defaultdict
from pathlib import Path

REPACKED = "exp-repack"
OF_SEVERAL_QUERIES = ("of3_multimer_bfd",)


def main() -> None:
    """Reads both tables of the data and writes the one that `protfold train prepare` reads."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chains.csv and msas.csv")
    parser.add_argument("--out", type=Path, required=True, help="the table to write")
    arguments = parser.parse_args()

    alignments = alignments_of_chains(arguments.data)
    with (arguments.data / "chains.csv").open(newline="") as file, arguments.out.open("w", newline="") as out:
        table = csv.writer(out, lineterminator="\n")
        table.writerow(("id", "file", "split", "cluster", "resolution", "msa"))
        for row in csv.DictReader(file):
            if row["nature"] != REPACKED:
                path = row["file"].removesuffix(".gz")
                msas = ";".join(alignments.get(row["id"], ()))
                table.writerow((row["id"], path, row["split"], row["cluster30"], row["resolution"], msas))


def alignments_of_chains(data: Path) -> dict[str, list[str]]:
    """Alignment files of each chain that has some, the deepest first."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with (data / "msas.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["native_chain"] and row["id"] not in OF_SEVERAL_QUERIES:
                found[row["native_chain"]].append((int(row["depth"]), row["file"].removesuffix(".gz")))
    return {chain: [path for _, path in sorted(files, key=lambda one: -one[0])] for chain, files in found.items()}


if __name__ == "__main__":
    main()
