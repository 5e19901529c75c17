"""Draw the Ramachandran regions of `protfold/constants/ramachandran.py` from experimental chains.

    python benchmarks/ramachandran_table.py CHAINS.csv FOLDER [--resolution 2.0] [--b-factor 30]

`CHAINS.csv` has the columns `file` (within FOLDER), `split`, `nature` and `resolution`. Only chains of the training split with deposited
coordinates (`exp`) of the given resolution or better are read, and residues whose backbone atoms all have B-factors below the given one.
Residues are counted on a grid of 10 degrees, for four classes; counts are smoothed once with weights 1/4, 1/2, 1/4 along phi and psi,
which are periodic. Cells are then taken from the densest on until they hold 98 % (favoured) and 99.8 % (allowed) of the residues.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

from protfold.io import read_structure
from protfold.metrics.backbone_torsions import backbone_torsions
from protfold.metrics.ramachandran import CLASSES, cell, residue_classes

FAVOURED, ALLOWED = 0.98, 0.998
NUM_CELLS = 36
TARGET = Path(__file__).parents[1] / "protfold" / "constants" / "ramachandran.py"
BEGIN = "REGIONS = {\n"


def main() -> None:
    """Count, draw, and write the drawing into the constants."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chains", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--resolution", type=float, default=2.0)
    parser.add_argument("--b-factor", type=float, default=30.0)
    options = parser.parse_args()
    counts, num_chains = np.zeros((len(CLASSES), NUM_CELLS, NUM_CELLS)), 0
    for row in csv.DictReader(options.chains.open()):
        if row["split"] == "train" and row["nature"] == "exp" and 0.0 < float(row["resolution"] or 0) <= options.resolution:
            num_chains += 1
            _count(counts, options.folder / row["file"].removesuffix(".gz"), options.b_factor)
    print(f"{num_chains} chains;", ", ".join(f"{name} {int(one.sum())}" for name, one in zip(CLASSES, counts, strict=True)))
    drawn = "".join(f'    "{name}": (\n{_drawing(one)}    ),\n' for name, one in zip(CLASSES, counts, strict=True))
    text = TARGET.read_text()
    start = text.index(BEGIN) + len(BEGIN)
    TARGET.write_text(text[:start] + drawn + text[text.index("}\n", start) :])


def _count(counts: np.ndarray, path: Path, b_factor: float) -> None:
    protein = read_structure(path)
    torsions, kinds = backbone_torsions(protein), residue_classes(protein)
    ordered = (protein.b_factors[:, [0, 1, 2, 4]] < b_factor).all(axis=1)
    chosen = np.isfinite(torsions.phi) & np.isfinite(torsions.psi) & ordered & (protein.aatype < 20)
    np.add.at(counts, (kinds[chosen], cell(torsions.phi[chosen]), cell(torsions.psi[chosen])), 1.0)


def _drawing(counts: np.ndarray) -> str:
    """Rows from psi 180 down, columns from phi -180 up."""
    density = counts
    for axis in (0, 1):
        density = (np.roll(density, 1, axis) + 2.0 * density + np.roll(density, -1, axis)) / 4.0
    order = np.argsort(-density, axis=None, kind="stable")
    held = np.concatenate([[0.0], counts.ravel()[order].cumsum()[:-1]]) / counts.sum()
    letters = np.full(density.size, ".")
    letters[order[held < ALLOWED]] = "A"
    letters[order[held < FAVOURED]] = "F"
    return "".join(f'        "{"".join(row)}",\n' for row in letters.reshape(density.shape).T[::-1])


if __name__ == "__main__":
    main()
