"""Final energy and CPU time of protfold's relaxation beside AlphaFold's own code, on the same structure with one thread.

    python -m benchmarks.relax_against_alphafold --alphafold-python PATH [--structure FILE] [--noise 0.1] [--rounds 3]

`--alphafold-python` is the interpreter of an environment with alphafold-colabfold 2.3.8, jax, openmm and pdbfixer, the last two in the
versions of this one. That release reads its tolerance per Å, so that 0.239 there is 2.39 kcal/mol/nm here. Energies hold that of the
springs, as AlphaFold reports them. The structure must be one unbroken chain in which no atom but OXT is missing.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.io import read_structure, write_pdb
from protfold.relax import RelaxConfig, relax

DEFAULT = Path(__file__).parents[1] / "data" / "examples" / "training" / "2ofg_X.pdb"
REFERENCE = """
import json, sys, time
from alphafold.common import protein
from alphafold.relax import amber_minimize
spent = dict.fromkeys(("_openmm_minimize", "clean_protein", "get_violation_metrics"), 0.0)
def timed(name):
    function = getattr(amber_minimize, name)
    def call(*arguments, **named):
        start = time.process_time()
        try:
            return function(*arguments, **named)
        finally:
            spent[name] += time.process_time() - start
    setattr(amber_minimize, name, call)
for name in spent:
    timed(name)
before = protein.from_pdb_string(open(sys.argv[1]).read())
start = time.process_time()
found = amber_minimize.run_pipeline(before, stiffness=10.0, use_gpu=False, max_outer_iterations=int(sys.argv[2]), max_iterations=2000,
                                    tolerance=0.239)
seconds = time.process_time() - start
after = protein.from_pdb_string(found["min_pdb"])
print(json.dumps(dict(energy=found["efinal"], rounds=found["iteration"] + 1, violations=int(found["num_residue_violations"]),
                      seconds=seconds, parts=spent, ca=after.atom_positions[:, 1].tolist())))
"""


def main() -> None:
    """Print both results and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alphafold-python", type=Path, required=True)
    parser.add_argument("--structure", type=Path, default=DEFAULT)
    parser.add_argument("--noise", type=float, default=0.1, help="Å on every coordinate")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.pdb"
        write_noisy(arguments.structure, path, noise=arguments.noise)
        protein = read_structure(path)
        start = time.process_time()
        ours = relax(protein, RelaxConfig(platform="CPU", max_rounds=arguments.rounds))
        seconds = time.process_time() - start
        environment = os.environ | {"OPENMM_CPU_THREADS": "1", "OMP_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
        run = subprocess.run(
            [arguments.alphafold_python, "-c", REFERENCE, str(path), str(arguments.rounds)],
            env=environment | {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    theirs = json.loads(run.stdout.splitlines()[-1])
    energy = ours.energy_after + ours.rounds[-1].spring_energy
    apart = ours.protein.atom37_positions[:, ATOM37_INDEX["CA"]] - np.array(theirs["ca"])
    print(
        f"{len(protein)} residues of {arguments.structure.name}, noise {arguments.noise} Å; in violation {ours.violations_before.count}"
    )
    print("| | energy, kcal/mol | rounds | residues in violation | CPU s |")
    print("|---|---|---|---|---|")
    print(f"| AlphaFold | {theirs['energy']:.1f} | {theirs['rounds']} | {theirs['violations']} | {theirs['seconds']:.1f} |")
    print(f"| protfold | {energy:.1f} | {len(ours.rounds)} | {ours.violations_after.count} | {seconds:.1f} |")
    print(
        f"energy differs by {100 * abs(energy / theirs['energy'] - 1):.3f} %; CPU time is {seconds / theirs['seconds']:.2f} of AlphaFold's"
    )
    print(f"CA atoms of the two are {np.sqrt((apart**2).sum(-1).mean()):.3f} Å apart; of AlphaFold's time:")
    print("; ".join(f"{name} {spent:.1f} s" for name, spent in theirs["parts"].items()))


def write_noisy(source: Path, target: Path, *, noise: float) -> None:
    """The structure with noise on every atom, as a PDB file that both read."""
    protein = read_structure(source)
    move = noise * np.random.default_rng(0).normal(size=protein.atom37_positions.shape) * protein.atom37_mask[..., None]
    protein.atom37_positions[:] += move.astype(np.float32)
    write_pdb(protein, target)


if __name__ == "__main__":
    main()
