# %% [markdown]
# # 1 · Fold a protein and read its confidence
#
# You give a sequence and an alignment of its relatives; you get coordinates, and for every residue a statement of how far to trust them. This notebook folds
# human ubiquitin (76 residues) with `mini`, the small weights that ship with protfold, and reads each measure of confidence in turn.
#
# > **`mini` is a demonstration, not a predictor.** Its local structure is mostly right and its folds mostly are not. The pictures below therefore show what *low*
# > confidence looks like, which is what a careful reader needs to recognise first. Notebook 7 puts AlphaFold 2's parameters in its place: nothing else changes.
#
# **Reading guide**
#
# | look at | good | bad |
# |---|---|---|
# | pLDDT (0-100, each residue) | above 90: side chains may be trusted; above 70: the backbone | below 50: no structure is predicted here, often a disordered stretch |
# | PAE (Å, each pair of residues) | below 5 Å between two domains: their placement is trusted | near 30 Å: nothing is known of how they lie to each other |
# | pTM (0-1, whole chain) | above 0.5: the fold is probably right | below 0.3: the fold is a guess |
# | alignment depth | hundreds of different rows over every column | a handful of rows, or columns that few rows cover |
#
# **Do not conclude** that a confident model is the only state of the protein, that a point mutation's effect can be read from pLDDT, or that a loop with low
# pLDDT "has" the drawn shape.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import numpy as np

import protfold

EXAMPLES = Path("../data/examples")

# %% [markdown]
# ## Fold
#
# `protfold.fold` writes nothing; it returns a `FoldResult`. Two seeds give two predictions, ranked by
# confidence (they differ in which rows of the alignment are drawn, so hardly at all where there are six); the best is relaxed in a force field.

# %%
alignment = protfold.read_msa(EXAMPLES / "ubiquitin.a3m")
result = protfold.fold(
    "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG",
    msa=alignment,
    weights="mini",
    num_seeds=2,
    name="ubiquitin",
)
result

# %% [markdown]
# The table ranks the predictions. **Two seeds that agree are no proof**: they share the network and the alignment.
#
# ## The structure
#
# Colours are those of the AlphaFold Database. Drag to turn; choose the rank and the colouring above the picture. The view is part of the notebook: it works
# without network, also in a saved copy.

# %%
result.view()

# %% [markdown]
# ## pLDDT along the sequence
#
# pLDDT is the network's forecast of lDDT-CA: how well distances to neighbours within 15 Å are kept. It is **local**: a chain of well-made helices in the wrong
# arrangement can have a high pLDDT.

# %%
result.plot_plddt()

# %%
bands = {
    "very high (90 and more)": 90,
    "high (70 to 90)": 70,
    "low (50 to 70)": 50,
    "very low (below 50)": 0,
}
upper = np.inf
for name, lower in bands.items():
    share = ((result.plddt >= lower) & (result.plddt < upper)).mean()
    print(f"{name:25s} {100 * share:5.1f} % of the residues")
    upper = lower

# %% [markdown]
# ## Predicted aligned error
#
# Row *i*, column *j*: the error (Å) expected at residue *j* if prediction and truth are laid over each other at residue *i*. Dark blocks on the diagonal are parts
# that are rigid in themselves; **what lies off the diagonal tells whether two parts may be read together.** The map is not symmetric, and need not be.

# %%
result.plot_pae()

# %%
print(
    f"pTM {result.ptm:.2f}; pairs of residues with an expected error below 5 Å: {100 * (result.pae < 5).mean():.0f} %"
)

# %% [markdown]
# ## What the network had to go by
#
# Confidence follows the alignment. This one has only six rows, put together by hand as an example; a search in a large database finds thousands for ubiquitin.
# White is a gap; the black line counts the rows that cover each residue.

# %%
alignment

# %%
result.plot_msa_coverage()

# %% [markdown]
# The same sequence without its relatives:

# %%
alone = protfold.fold(
    "".join(result.chains), weights="mini", name="ubiquitin, alone", relax="none"
)
for label, one in (("with six rows", result), ("sequence alone", alone)):
    print(f"{label:15s} mean pLDDT {one.plddt.mean():5.1f}   pTM {one.ptm:.2f}")

# %% [markdown]
# The two hardly differ, and should not: `mini` reads an alignment through its profile and its couplings, couplings need at least ten effective sequences, and these
# six rows are worth five. Notebook 4 shows what hundreds of rows do.
#
# ## Contacts
#
# From the network's distogram: the probability that two CB atoms lie within 8 Å. Helices run beside the diagonal; strands that lie side by side give lines away
# from it, parallel (parallel strands) or at right angles to it (antiparallel ones).

# %%
result.plot_contacts()

# %% [markdown]
# ## Relaxation
#
# The network places atoms without knowing chemistry; relaxation in the Amber force field takes out clashes and strained bonds. **It does not correct a fold**: CA atoms
# move by tenths of an Å, and confidence stays what it was. Energies compare only before with after, never one protein with another.

# %%
relaxation = result.relaxations[0].numbers
before, after = relaxation["violations_before"], relaxation["violations_after"]
print(
    f"energy            {relaxation['energy_before']:12.1f} -> {relaxation['energy_after']:10.1f} kcal/mol"
)
print(f"CA atoms moved by {relaxation['ca_rmsd']:12.2f} Å")
for name in before:
    print(f"{name + ' residues':17s} {before[name]:12d} -> {after[name]:10d}")

# %% [markdown]
# ## Keep it
#
# `save` writes what the command `protfold fold` writes: structures (pLDDT as B-factors), scores, pictures, a report page, and a manifest that names versions, weights and seeds.

# %%
with tempfile.TemporaryDirectory() as folder:
    for file in sorted(result.save(Path(folder) / "ubiquitin").iterdir()):
        print(f"{file.stat().st_size:9,d} bytes  {file.name}")

# %% [markdown]
# **Next**: notebook 2 lays this prediction over the crystal structure and asks whether its confidence told the truth.
