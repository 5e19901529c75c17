"""The tables of a model card from a file of measure_mini.py: `python benchmarks/mini_tables.py RESULTS.json`."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAMES = {
    "sequence": "`mini`, sequence alone",
    "alignment": "`mini`, with the alignment",
    "aligned_chains_by_sequence": "`mini`, sequence alone, same chains",
    "couplings": "mean-field couplings (contacts)",
    "helix": "one ideal helix",
    "secondary_structure": "true secondary structure, no fold",
    "untrained": "the same network untrained",
}
COLUMNS = {"lddt_ca": 3, "tm_score": 3, "ca_spacing": 2, "contact_precision": 2, "plddt": 0, "plddt_correlation": 2}
WITHOUT_STRUCTURE = "couplings"
HEAD = """| prediction | chains of | number | lDDT-CA | TM-score | CA-CA (Å) | contacts | mean pLDDT | pLDDT-lDDT correlation |
|---|---|---|---|---|---|---|---|---|"""


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measures", type=Path)
    tables = json.loads(parser.parse_args().measures.read_text())
    print(HEAD)
    for name, title in NAMES.items():
        for group, values in tables.get(name, {}).items():
            print(row(title, group, values, structure=name != WITHOUT_STRUCTURE))
    print("\n| pLDDT | residues | mean lDDT-CA (0-100) |\n|---|---|---|")
    for line in calibration_rows(tables["sequence"]["all"]):
        print(line)


def row(title: str, group: str, values: dict[str, Any], *, structure: bool) -> str:
    """One kind of prediction on one group of chains."""
    shown = {name: f"{values[name]:.{digits}f}" if name in values else "-" for name, digits in COLUMNS.items()}
    if not structure:
        shown |= dict.fromkeys(("lddt_ca", "tm_score", "ca_spacing"), "-")
    chains = group.replace("depth ", "effective sequences ") if group.startswith("depth") else group.replace("all", "all lengths")
    chains = chains if group.startswith(("depth", "all")) else f"{chains} residues"
    return "| " + " | ".join([title, chains, f"{values['chains']:.0f}", *shown.values()]) + " |"


def calibration_rows(values: dict[str, Any]) -> Iterator[str]:
    """Each tenth of pLDDT that has residues."""
    for lower in range(0, 100, 10):
        count = values.get(f"plddt_{lower}_{lower + 10}_residues")
        if count:
            yield f"| {lower}-{lower + 10} | {count:,.0f} | {values[f'plddt_{lower}_{lower + 10}_lddt']:.0f} |"


if __name__ == "__main__":
    main()
