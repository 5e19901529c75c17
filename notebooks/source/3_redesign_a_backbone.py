# %% [markdown]
# # 3 · Redesign a backbone, and check by refolding
#
# Folding asks which structure a sequence has; design asks which sequences a structure would have. `designer`, the small network that ships with protfold, writes new
# sequences for the backbone of ubiquitin (PDB entry 1UBI, in no training set of protfold). Then each design is folded *from its sequence alone* and compared with the
# backbone it was made for: the usual check before anything is ordered from a synthesis company.
#
# **Reading guide**
#
# | measure | good | what it does not say |
# |---|---|---|
# | score (nats a residue, mean of -log p, lower is better) | below that of the native sequence | compares sequences on *one* backbone by *one* network; low can also mean dull (poly-alanine helices) |
# | recovery (%, equal to the native type) | 30 to 50 % for networks of this kind; the core more, the surface less | a design with 30 % may fold and one with 60 % may not |
# | diversity | enough for the round of experiments you can pay for | nothing about quality |
# | scTM (0-1) and scRMSD (Å) after refolding | above 0.5, better 0.9; below 2 Å | only as good as the folding network: **see the control below** |
#
# **Do not conclude** that a good score or a good refold means a protein that is expressed, soluble and active. Function is not designed here: residues that bind or
# catalyse must be held fixed by you.

# %%
# %matplotlib inline
from dataclasses import replace
from pathlib import Path

import numpy as np

import protfold
from protfold.constants.residues import decode
from protfold.runs.design.score import score_sequences
from protfold.runs.design.search import load_designer_once

EXAMPLES = Path("../data/examples")

# %% [markdown]
# ## Design
#
# Ubiquitin is recognised by its hydrophobic patch (L8, I44, V70) and works through its tail (71-76): these stay. Cysteine, which would cross-link, is excluded.

# %%
native = replace(protfold.read_structure(EXAMPLES / "ubiquitin.pdb"), name="1UBI")
designs = protfold.design(
    native, fix="A8,A44,A70-76", exclude="C", num_sequences=6, seed=1, refold=True
)
designs

# %% [markdown]
# `designs.to_dataframe()` gives the whole table to pandas, `designs.save(folder)` writes FASTA, tables, models and a report page.
#
# ## What the network is sure of
#
# Heights are information: a tall letter is nearly certain, a low stack is open. Below each stack stands the native type; grey columns were held fixed. Expect tall
# letters at glycines with positive phi, at buried hydrophobic residues and at turns, and low stacks on the surface.

# %%
designs.plot_logo()

# %% [markdown]
# ## Scores
#
# The grey line is the native sequence on the same residues. Designs beat it by construction, because they were searched for this score: a design is not
# "better than nature" for that.

# %%
designs.plot_scores()

# %% [markdown]
# A scale to read scores by, measured here: the same residues in random order, which keeps
# composition and destroys everything else (all 76 residues count here, those held fixed, too).

# %%
rng = np.random.default_rng(0)
changeable = np.flatnonzero(designs.backbone.constraints.designed)
shuffled = native.aatype.astype(np.int64).copy()
shuffled[changeable] = rng.permutation(shuffled[changeable])
given = [
    ("native, shuffled", shuffled),
    ("best design", designs.designs[0].types),
]
for one in score_sequences(load_designer_once(designs.options), native, given):
    print(
        f"{one.name:18s} score {one.scored.score:5.2f} nats a residue, perplexity {np.exp(one.scored.score):5.1f}"
    )

# %% [markdown]
# ## Composition
#
# A check for bias: networks like alanine, glutamate and lysine. Designs with twice the charge of the native protein, or hardly any aromatic residue, deserve a second look.
# Compare glutamate (E) and glutamine (Q) here.

# %%
designs.plot_composition()

# %% [markdown]
# ## Recovery from surface to core
#
# Where a backbone leaves little choice, in the core, designs should agree with nature; on the surface they need not.

# %%
designs.plot_recovery_by_burial()

# %% [markdown]
# ## How different are the designs?

# %%
designs.plot_identity()

# %% [markdown]
# ## Folded again
#
# Every design was folded from its sequence alone by `mini`.

# %%
designs.plot_refolding()

# %%
designs.view(rank=1)

# %% [markdown]
# ## The control that decides what this means
#
# **Fold the native sequence the same way.** If the folding network cannot bring even the native sequence back to this backbone, a low scTM says nothing against a design.

# %%
letters = decode(native.aatype)
control = protfold.fold(letters, weights="mini", relax="none", name="native sequence")
beside = protfold.compare(control.protein, native)
best = max(one.refolding.sc_tm for one in designs.designs)
print(f"native sequence: TM-score {beside.tm_score:.2f}, mean pLDDT {control.plddt.mean():.0f}")
print(f"best of {len(designs.designs)} designs: TM-score {best:.2f}")
if beside.tm_score < 0.5:
    print("-> mini cannot judge designs on this backbone.")
else:
    print("-> mini brings the native sequence back, so that refolding means something here.")

# %% [markdown]
# With AlphaFold 2's parameters (`refold_weights="model_3_ptm"`, once they are installed: notebook 7) make the same control first; where it succeeds, scTM and pLDDT can
# tell designs apart. Choose weights for the check that had no part in making the designs, and remember that both networks learned from the same database.
