"""protfold's comparison of 20 pairs of related chains beside independent programs.

    python benchmarks/compare_tools.py CHAINS.csv FOLDER [--pairs 20] [--output FILE]

`CHAINS.csv` has the columns `id`, `file` (within FOLDER), `split`, `nature`, `cluster30` and `cluster90`. Pairs are the first two chains
of the test split with deposited coordinates that share a cluster at 30 % identity and not at 90 %. Residues are paired by sequence.
Needs `TMscore`, `mkdssp`, Biopython and biotite; see `structure_tools.py`. TMscore pairs the residues by the same alignment and divides by
the length of the reference; biotite compares the atoms that both chains have.
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.structure_tools import as_one_chain, biopython_rmsd, biotite_lddt, mkdssp_states, tm_score_program
from protfold.entities import Protein
from protfold.io import read_structure
from protfold.metrics.comparison import Comparison, compare_structures
from protfold.metrics.secondary_structure import secondary_structure

PRINTED = {"tm_score": 4, "gdt_ts": 4, "gdt_ha": 4, "rmsd_ca": 3, "rmsd_all": 4, "lddt_ca": 4, "lddt": 4}
TOOLS = ("TMscore",) * 4 + ("Biopython",) + ("biotite",) * 2
CA = 1


def main() -> None:
    """Compare, and print a table of protfold's number / the program's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chains", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    head = [f"{name} ({tool})" for name, tool in zip(PRINTED, TOOLS, strict=True)]
    lines = ["| pair | matched | " + " | ".join(head) + " | same states (mkdssp) |", "|---" * (len(PRINTED) + 3) + "|"]
    num_equal = 0
    for first, second in _pairs(options.chains)[: options.pairs]:
        model, reference = (read_structure(options.folder / row["file"].removesuffix(".gz")) for row in (first, second))
        comparison, ours, theirs = _measured(model, reference)
        num_equal += sum(ours[name] == theirs[name] for name in PRINTED)
        states = [(secondary_structure(one), mkdssp_states(one)) for one in (model, reference)]
        same = sum(own == other for pair in states for own, other in zip(*pair, strict=True))
        cells = [f"{ours[name]} / {theirs[name]}" for name in PRINTED]
        matched = f"{comparison.num_matched} of {comparison.num_reference}"
        lines.append(" | ".join([f"| {first['id']} {second['id']}", matched, *cells, f"{same} of {len(model) + len(reference)} |"]))
        print(lines[-1], flush=True)
    lines.append(f"\n{num_equal} of {len(PRINTED) * (len(lines) - 2)} numbers are equal to the last digit shown.")
    print(lines[-1])
    if options.output:
        options.output.write_text("\n".join(lines) + "\n")


def _pairs(path: Path) -> list[tuple[dict[str, str], dict[str, str]]]:
    clusters: dict[str, list[dict[str, str]]] = {}
    for row in csv.DictReader(path.open()):
        if row["split"] == "test" and row["nature"] in ("exp", "exp-prep"):
            members = clusters.setdefault(row["cluster30"], [])
            if all(row["cluster90"] != other["cluster90"] for other in members):
                members.append(row)
    return [(members[0], members[1]) for members in clusters.values() if len(members) > 1]


def _measured(model: Protein, reference: Protein) -> tuple[Comparison, dict[str, str], dict[str, str]]:
    """Our comparison, and our numbers and theirs as printed."""
    comparison = compare_structures(model, reference, match="sequence")
    pairs = comparison.correspondence
    own, true = model.select(pairs.model_rows), reference.select(pairs.reference_rows)
    numbered = as_one_chain(own, pairs.reference_rows + 1), as_one_chain(reference, np.arange(1, len(reference) + 1))
    printed = tm_score_program(*numbered)
    common = (own.atom37_mask * true.atom37_mask) * ((own.aatype == true.aatype)[:, None] | (np.arange(37) < 5))
    own, true = (replace(one, atom37_mask=common.astype(np.float32), aatype=true.aatype) for one in (own, true))
    numbers = np.arange(1, len(own) + 1)
    shared = compare_structures(as_one_chain(own, numbers), as_one_chain(true, numbers))
    ours = {"lddt_ca": shared.lddt_ca, "lddt": shared.lddt}
    only_ca = [replace(one, atom37_mask=common * (np.arange(37) == CA)) for one in (own, true)]
    theirs = {
        "rmsd_all": biopython_rmsd(own, true),
        "lddt_ca": biotite_lddt(*only_ca, rename=False),
        "lddt": biotite_lddt(own, true, rename=True),
    }
    return (
        comparison,
        {name: f"{ours.get(name, getattr(comparison, name)):.{digits}f}" for name, digits in PRINTED.items()},
        printed | {name: f"{value:.{PRINTED[name]}f}" for name, value in theirs.items()},
    )


if __name__ == "__main__":
    main()
