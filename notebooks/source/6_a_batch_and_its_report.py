# %% [markdown]
# # 6 · A batch and its report
#
# Real work is many targets, and some of them are broken: a typing error in a sequence, an alignment that belongs to another protein. protfold finishes what can be
# finished, says what cannot and why, and goes on where it stopped when it is started again. This notebook folds a small batch with one bad record on purpose.
#
# **Reading guide**
#
# | look at | good | to be acted upon |
# |---|---|---|
# | `status` | `done`, or `skipped` = complete already | `failed`: the reason names file, record and cure |
# | exit status of the command | 0 | 1: at least one target failed, the others are kept; 2: nothing was started |
# | `DONE` in a target's folder | written last: the result is whole | missing: do not use what lies there |
# | time and memory by stage | prediction grows with the cube of the length, memory with its square | relaxation that takes longer than prediction: many clashes |
#
# **Do not conclude** from a table of mean pLDDT that the highest is the best protein: short helical peptides score high, and values of different lengths do not compare.

# %%
# %matplotlib inline
import json
import tempfile
import time
from pathlib import Path

import protfold
from protfold.report.viewing import show_page
from protfold.runs.fold import fold_targets
from protfold.runs.options import FoldOptions
from protfold.runs.targets import collect_targets

EXAMPLES = Path("../data/examples")
FOLDER = Path(tempfile.mkdtemp(prefix="protfold_batch_"))

# %% [markdown]
# ## Inputs
#
# Two small proteins of the examples, and a record with a `1` among its residues. `collect_targets` reads files or folders and checks everything that can be checked
# before any work: the same as `protfold validate`.

# %%
records = (EXAMPLES / "small_proteins.fasta").read_text().split(">")[2:]
(FOLDER / "batch.fasta").write_text(
    "".join(f">{record}" for record in records)
    + ">typing_error a digit among the residues\nMKV1LAAGIVGSE\n"
)
found = collect_targets([FOLDER / "batch.fasta"])
for target in found.targets:
    print(f"{target.id:20s} {target.length:3d} residues")
for target in found.rejected:
    print(f"{target.id:20s} rejected: {target.reason}")

# %% [markdown]
# ## Run
#
# On the command line: `protfold fold batch.fasta -o out`. The functions below are the ones that the command calls.

# %%
options = FoldOptions(weights=("mini",), relax="best")
start = time.perf_counter()
summary = fold_targets(found.found, options, FOLDER / "out")
print(
    f"{time.perf_counter() - start:.1f} s for {len(summary.rows)} targets, {len(summary.failed)} failed"
)

# %%
print(
    f"{'target':18s} {'status':8s} length  pLDDT  align  predict  relax  save (s)  memory (MiB)"
)
for row in summary.rows:
    if row.status == "failed":
        print(f"{row.target:18s} {row.status:8s} {row.reason}")
    else:
        seconds = (row.align_seconds, row.predict_seconds, row.relax_seconds, row.save_seconds)
        print(
            f"{row.target:18s} {row.status:8s} {row.length:6d} {row.mean_plddt:6.1f}  "
            + "  ".join(f"{value or 0:6.1f}" for value in seconds)
            + f"  {row.peak_memory_mib:10.0f}"
        )

# %% [markdown]
# ## Start it again
#
# Nothing is computed twice: a target is complete when its `DONE` holds the key of sequence, alignment, options, seeds, weights and version. Change any of them and it is
# folded anew. The same holds after a crash or a power cut.

# %%
start = time.perf_counter()
again = fold_targets(found.found, options, FOLDER / "out")
print(
    f"{time.perf_counter() - start:.1f} s:",
    ", ".join(f"{row.target} {row.status}" for row in again.rows),
)

# %% [markdown]
# ## What lies there

# %%
for file in sorted((FOLDER / "out").rglob("*")):
    if file.is_file():
        print(f"{file.stat().st_size:9,d} bytes  {file.relative_to(FOLDER / 'out')}")

# %% [markdown]
# ## Months later: how was this made?
#
# The manifest of each target names versions, weights and alignment by checksum, all options, the seeds, and the command that makes the same again. With the same
# processor the bytes are the same.

# %%
manifest = json.loads((FOLDER / "out" / summary.rows[0].folder / "manifest.json").read_text())
print(
    json.dumps(
        {
            key: manifest[key]
            for key in ("id", "protfold", "weights", "msa", "seeds", "command")
        },
        indent=1,
    )
)

# %% [markdown]
# ## The report of the run
#
# One page that stands alone: it opens from a disk or an e-mail, asks no network for anything, and links to the page of each target. Below it lies in the notebook
# (its links to other files lead nowhere here).

# %%
show_page(FOLDER / "out", height=620)

# %% [markdown]
# And the page of the first target:

# %%
show_page(FOLDER / "out" / summary.rows[0].folder, height=900)

# %% [markdown]
# ## Work on with the results
#
# Structures read back as arrays; `summary.csv` opens in any table program.

# %%
for row in summary.rows:
    if row.status != "failed":
        print(protfold.read_structure(FOLDER / "out" / row.folder / "ranked_1.cif"))

# %% [markdown]
# For hundreds of targets with retries, time limits and a page to watch, the same steps run on Prefect: `python -m workflows.fold targets.fasta -o out`
# ([workflows](../docs/workflows.md)).
