# %% [markdown]
# # 7 · Use AlphaFold 2's parameters
#
# protfold's network is AlphaFold 2's; with DeepMind's published parameters it gives AlphaFold 2's numbers ([how that is shown](../docs/parity.md)). They are not part
# of protfold: 5.3 GB, licence CC BY 4.0. This notebook says how to get them, looks for them on this machine, and folds with what it finds: **with AlphaFold 2's
# parameters if they are here, else with `mini`, and it says which.**
#
# **Reading guide**
#
# | look at | good | to be acted upon |
# |---|---|---|
# | `protfold weights list` | the sets you need, with their licence | a set that is missing: download or import |
# | checksum | the same wherever the set is used; it goes into every manifest | refused when one bit differs from what was installed |
# | which set? | `model_1` and `_2` read templates, 3 to 5 do not; `_ptm` also predict PAE and pTM | a run with one set only has no spread between networks |
#
# **Do not conclude** that AlphaFold 2's parameters make every prediction right: with a shallow alignment they, too, guess, and say so by a low pLDDT.
#
# ## Get them
#
# ```sh
# protfold weights download alphafold2   # with internet; shows the licence and asks first, resumable
# protfold weights import params_model_1_ptm.npz   # files you brought
# ```
#
# On a machine without internet: download elsewhere, copy the `.npz` files, `import` them, or set `PROTFOLD_WEIGHTS_DIR` to their folder. Cite Jumper et al. (2021),
# doi 10.1038/s41586-021-03819-2. Nothing below contacts a network.

# %%
# %matplotlib inline
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

import protfold
from protfold.errors import WeightsError
from protfold.model import AlphaFold, AlphaFoldConfig, AttentionStackConfig
from protfold.report import plot_contacts_beside
from protfold.weights import expand_weights, inspect_weights, save_alphafold2
from protfold.weights.install import install_weights
from protfold.weights.registry import (
    ALPHAFOLD2,
    installed_weights,
    search_folders,
    weights_name,
)

EXAMPLES = Path("../data/examples")

# %% [markdown]
# ## What is here

# %%
print("Searched, in this order:", *search_folders(), sep="\n  ")
here = {weights_name(path): path for path in installed_weights()}
print("\nFound:", *here, sep="\n  ")
print("\n`alphafold2` stands for:", ", ".join(expand_weights("alphafold2")))

# %%
found = [name for name in ALPHAFOLD2 if name in here]
preferred = [name for name in ("model_3_ptm", "model_1_ptm") if name in found] + found
weights = preferred[0] if preferred else "mini"
if weights == "mini":
    print("AlphaFold 2's parameters are NOT on this machine.")
    print("The cells below show the same steps with `mini`, which is a demonstration:")
    print("its numbers say nothing about AlphaFold 2.")
else:
    known = ALPHAFOLD2[weights]
    print(f"AlphaFold 2's parameters are here: using {weights}, licence {known.licence}.")
    print(known.description)

# %% [markdown]
# ## What is inside a file
#
# The architecture is read from the arrays themselves, never from a preset, and every array must be used exactly once: a file that was cut short or belongs to another network
# is refused with the names of what is missing or left over.

# %%
inside = inspect_weights(weights)
parameters = sum(int(np.prod(shape)) for shape in inside.shapes.values())
print(
    f"{inside.name}: {inside.format} file, {parameters:,} parameters in {len(inside.shapes)} arrays"
)
print(f"sha256 {inside.sha256}")
print(f"Evoformer blocks: {inside.config.evoformer.num_blocks}")
print(f"channels of a pair: {inside.config.c_z}")
print(f"reads templates: {'no' if inside.config.template is None else 'yes'}")
for topic in ("licence", "training data"):
    if topic in inside.card:
        print(f"{topic}: {inside.card[topic]}")

# %% [markdown]
# ## The way of an import
#
# Shown with a **stand-in**: a tiny network of AlphaFold 2's kind with random numbers, written in DeepMind's own layout (`.npz`, DeepMind's names). It goes through the very steps
# that the real files do: read, checked in full, copied, its checksum recorded. What it would fold is nonsense, so it is not used.

# %%
stack = AttentionStackConfig(
    num_blocks=1,
    num_msa_heads=2,
    c_msa_head=4,
    num_pair_heads=2,
    c_pair_head=4,
    c_outer_product=4,
    c_triangle=8,
    transition_factor=2,
)
torch.manual_seed(0)
stand_in = AlphaFold(
    AlphaFoldConfig(
        c_m=16, c_z=8, c_s=16, c_e=8, evoformer=stack, extra_msa=stack, template=None, c_plddt=8
    )
)
kept = os.environ.get("PROTFOLD_WEIGHTS_DIR")
with tempfile.TemporaryDirectory() as folder:
    os.environ["PROTFOLD_WEIGHTS_DIR"] = folder + "/installed"
    file = Path(folder) / "params_stand_in.npz"
    save_alphafold2(stand_in, file)
    installed = install_weights(file)
    print("imported:", ", ".join(sorted(path.name for path in installed.parent.iterdir())))
    summary = inspect_weights("stand_in")
    print(
        f"inspected: {summary.format} layout, {len(summary.shapes)} arrays, for example {next(iter(summary.shapes))}"
    )

    # A file that was cut short, as after a broken download:
    damaged = Path(folder) / "params_damaged.npz"
    damaged.write_bytes(file.read_bytes()[:-1000])
    try:
        install_weights(damaged)
    except WeightsError as error:
        print("refused:", str(error).replace(folder, "..."))
os.environ.pop("PROTFOLD_WEIGHTS_DIR")
if kept is not None:
    os.environ["PROTFOLD_WEIGHTS_DIR"] = kept

# %% [markdown]
# ## Fold
#
# Ubiquitin with its six-row alignment, against the crystal structure. AlphaFold 2's parameters should bring the fold back: look for a TM-score well above 0.5 and a
# pLDDT that says so, rather than taking it on trust. With `mini` expect a wrong fold with low confidence.

# %%
result = protfold.fold(
    "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG",
    msa=EXAMPLES / "ubiquitin.a3m",
    weights=weights,
    name=f"ubiquitin by {weights}",
)
result

# %%
native = replace(protfold.read_structure(EXAMPLES / "ubiquitin.pdb"), name="1UBI")
comparison = protfold.compare(result.protein, native)
comparison

# %%
result.view(native)

# %%
plot_contacts_beside(comparison)

# %%
print(f"Folded with {weights}.")
if weights not in ALPHAFOLD2:
    print("These are the demonstration weights, NOT AlphaFold 2's parameters.")

# %% [markdown]
# ## On the command line
#
# ```sh
# protfold fold target.fasta --msa target.a3m --weights model_1_ptm -o out   # one set
# protfold fold target.fasta --msa target.a3m --weights alphafold2 -o out   # five, ranked together
# protfold doctor   # memory for a length, on this machine
# ```
#
# A chain of 300 residues takes minutes on a GPU and much longer on two CPU cores; memory and speed are in [inference](../docs/inference.md).
