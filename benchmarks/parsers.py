"""How long an A3M of 100,000 rows takes to read, and how much memory: protfold, AlphaFold's parser, Biopython and Easel.

    python benchmarks/parsers.py [--alphafold-python PATH] [--rows 100000] [--columns 300] [--repeats 5] [--output FILE]

Each reader runs in a fresh process, the readers in turn, so that a busy spell of the machine meets all of them. The time is that
of reading and parsing the file, without importing libraries; peak memory is the growth of the process over its state after that.
`--alphafold-python` is the interpreter of an environment that has the package `alphafold`.
"""

import argparse
import importlib.metadata
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

PROGRAM = """
import json, resource, sys, time
path = sys.argv[1]
{imports}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start, wall = time.process_time(), time.perf_counter()
{statement}
seconds, wall = time.process_time() - start, time.perf_counter() - wall
peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
print(json.dumps(dict(seconds=seconds, wall=wall, peak=peak, rows={rows})))
"""
READERS = {
    "protfold": ("from protfold.io import read_msa", "msa = read_msa(path)", "msa.depth", "residue codes and deletion counts"),
    "AlphaFold": (
        "from alphafold.data.parsers import parse_a3m",
        "msa = parse_a3m(open(path).read())",
        "len(msa.sequences)",
        "aligned letters and deletion counts",
    ),
    "AlphaFold, with make_msa_features": (
        "from alphafold.data.parsers import parse_a3m; from alphafold.data.pipeline import make_msa_features",
        "msa = make_msa_features([parse_a3m(open(path).read())])",
        "len(msa['msa'])",
        "residue codes and deletion counts, without duplicates",
    ),
    "Biopython, SeqIO.parse": ("from Bio import SeqIO", "msa = list(SeqIO.parse(path, 'fasta'))", "len(msa)", "records of letters"),
    "Biopython, SimpleFastaParser": (
        "from Bio.SeqIO.FastaIO import SimpleFastaParser",
        "msa = list(SimpleFastaParser(open(path)))",
        "len(msa)",
        "pairs of text",
    ),
    "pyhmmer (Easel), A2M": (
        "from pyhmmer.easel import MSAFile",
        "msa = MSAFile(path, format='a2m').read()",
        "len(msa.names)",
        "letters, insertions padded",
    ),
}


def write_alignment(path: Path, *, rows: int, columns: int) -> None:
    """An A3M whose rows cover random parts of the query; every other row has an insertion of up to eight residues."""
    random = np.random.default_rng(20261120)
    letters = np.frombuffer(b"ARNDCQEGHILKMFPSTWYV", dtype=np.uint8)
    place, length = random.integers(1, columns, rows), random.integers(0, 9, rows)
    length[::2] = 0
    with path.open("w") as file:
        for row in range(rows):
            text = letters[random.integers(0, 20, columns)].tobytes().decode()
            if row:
                start, end = sorted(random.integers(0, columns, 2).tolist())
                text = "-" * start + text[start:end] + "-" * (columns - end)
            inserted = "acdefghi"[: length[row]]
            file.write(f">UniRef100_A0A{row:07d}\t111\t0.855\t4.441E-26\t0\t{columns - 1}\t{columns}\t9\t84\t86\n")
            file.write(f"{text[: place[row]]}{inserted}{text[place[row] :]}\n")


def measure(reader: str, python: str, path: Path) -> dict[str, float]:
    """Seconds, MiB and rows of one reading in a fresh process."""
    imports, statement, rows, _ = READERS[reader]
    program = PROGRAM.format(imports=imports, statement=statement, rows=rows)
    done = subprocess.run([python, "-c", program, str(path)], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def report(runs: dict[str, list[dict[str, float]]], options: argparse.Namespace, megabytes: float) -> Iterator[str]:
    """The lines of a Markdown page."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "biopython", "pyhmmer"))
    yield f"# Reading an A3M of {options.rows:,} rows and {options.columns} columns"
    yield ""
    yield f"{options.date}; {options.hardware}; Python {sys.version.split()[0]}, {versions}{options.note}."
    yield f"One file of {megabytes:.0f} MB, half of its rows with an insertion; {options.repeats} readings each, in turn."
    yield "CPU seconds (one thread) of reading and parsing alone; memory is the growth of the process after the imports."
    yield ""
    yield "| reader | gives | CPU s, min | CPU s, median | median / protfold's | wall s, min | peak MiB |"
    yield "|---|---|---|---|---|---|---|"
    own = statistics.median(run["seconds"] for run in runs["protfold"])
    for reader, of_reader in runs.items():
        seconds = [run["seconds"] for run in of_reader]
        median, peak = statistics.median(seconds), max(run["peak"] for run in of_reader)
        wall = min(run["wall"] for run in of_reader)
        times = f"{min(seconds):.2f} | {median:.2f} | {median / own:.1f} | {wall:.2f}"
        yield f"| {reader} | {READERS[reader][3]} | {times} | {peak:,.0f} |"
    yield ""
    yield "Again: `python benchmarks/parsers.py --alphafold-python PATH`."


def main() -> None:
    """Measure, print, and write the page if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alphafold-python", help="interpreter of an environment with alphafold; left out if not given")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--columns", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--date", default="undated", help="for the page")
    parser.add_argument("--hardware", default="hardware not told", help="for the page")
    parser.add_argument("--note", default="", help="for the page: a further version or condition, with its leading comma")
    parser.add_argument("--output", type=Path, help="Markdown file")
    options = parser.parse_args()
    pythons = {
        reader: options.alphafold_python if "AlphaFold" in reader else sys.executable
        for reader in READERS
        if "AlphaFold" not in reader or options.alphafold_python
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alignment.a3m"
        write_alignment(path, rows=options.rows, columns=options.columns)
        runs: dict[str, list[dict[str, float]]] = {reader: [] for reader in pythons}
        for _ in range(options.repeats):
            for reader, python in pythons.items():
                run = measure(reader, python, path)
                if run["rows"] != options.rows:
                    raise SystemExit(f"{reader} read {run['rows']} rows of {options.rows}")
                runs[reader].append(run)
        page = "\n".join(report(runs, options, path.stat().st_size / 1e6)) + "\n"
    print(page)
    if options.output:
        options.output.write_text(page)


if __name__ == "__main__":
    main()
