"""Run independent programs on the chains of `data/examples/training` and keep what they print, for `test_tools.py`.

    python -m tests.parity.make_tool_numbers --tmtools-python PATH

`TMscore` (Debian's tm-align 20190822) and `mkdssp` (Debian's dssp 4.2.2) are on the path; Biopython 1.88 and biotite 1.6.0 are in the
environment that runs this; `--tmtools-python` is the interpreter of one that has tmtools 0.3.0 (GPL, therefore apart). Models are the
chains warped by formula (`tests/support/examples.py`), so that nothing but names and numbers is kept.
"""

import argparse
import json
import subprocess
from pathlib import Path

from benchmarks.structure_tools import biopython_rmsd, biotite_lddt, mkdssp_accessibility, mkdssp_states, tm_score_program
from protfold.constants.residues import decode
from protfold.entities import Protein
from tests.support.examples import EXAMPLES, example, warped

TARGET = Path(__file__).parent / "tool_numbers.json"
AMPLITUDES = (0.3, 2.0, 6.0)
UNRELATED = (("1a7g_E", "4cup_A"), ("1a8o_A", "1orc_A"), ("2ofg_X", "1gbt_A"))
BACKBONE = ("N", "CA", "C", "O")
TM_ALIGN = """
import json, sys
import numpy as np, tmtools
x, y, a, b = json.load(sys.stdin)
found = tmtools.tm_align(np.array(x), np.array(y), a, b)
print(json.dumps([found.seqxA, found.seqyA, round(found.tm_norm_chain2, 5)]))
"""


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tmtools-python", required=True)
    python = parser.parse_args().tmtools_python
    models = {f"{name} {amplitude}": _numbers(example(name), amplitude) for name in EXAMPLES for amplitude in AMPLITUDES}
    states = {name: mkdssp_states(example(name)) for name in EXAMPLES}
    warped_states = {name: mkdssp_states(warped(example(name), 0.3)) for name in EXAMPLES}
    surfaces = {name: " ".join(map(str, mkdssp_accessibility(example(name)))) for name in EXAMPLES}
    pairs = {f"{first} {second}": _tm_align(python, example(first), example(second)) for first, second in UNRELATED}
    found = {"models": models, "mkdssp": states, "mkdssp of models": warped_states, "tm_align": pairs}
    found["mkdssp accessibility"] = surfaces
    TARGET.write_text(json.dumps(found, indent=1) + "\n")


def _numbers(reference: Protein, amplitude: float) -> dict[str, float]:
    model = warped(reference, amplitude)
    printed = {name: float(value) for name, value in tm_score_program(model, reference).items()}
    return printed | {
        "rmsd_backbone": round(biopython_rmsd(model, reference, BACKBONE), 5),
        "rmsd_all": round(biopython_rmsd(model, reference), 5),
        "lddt": round(biotite_lddt(model, reference, rename=True), 5),
    }


def _tm_align(python: str, first: Protein, second: Protein) -> list[object]:
    """Both sequences as TM-align aligns them, and its score by the length of the second."""
    given = [one.atom37_positions[:, 1].tolist() for one in (first, second)] + [decode(one.aatype) for one in (first, second)]
    run = subprocess.run([python, "-c", TM_ALIGN], input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


if __name__ == "__main__":
    main()
