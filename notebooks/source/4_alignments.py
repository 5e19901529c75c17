# %% [markdown]
# # 4 · Alignments: depth, conservation, co-evolution, contacts
#
# Folding networks of AlphaFold's kind read structure out of alignments: residues that touch change together through evolution. This notebook looks at two
# alignments that ship with protfold, a shallow one (ubiquitin, 6 rows) and a deep one (CheY, a bacterial response regulator, 918 rows), and goes from depth to
# conservation, to co-evolution, to contacts.
#
# **Reading guide**
#
# | look at | good | bad |
# |---|---|---|
# | effective sequences (rows that are 80 % identical count as one) | as many as residues or more; above 1,000 is comfortable | below 30: co-evolution has nothing to go by |
# | coverage along the query | even | a domain that few rows cover: expect low confidence there |
# | conservation (bits) | 4.3 = never changes; active sites, glycines in turns | a whole alignment at 4.3: rows are copies, not relatives |
# | precision of the strongest long-range couplings (top L/5, L = length) | above 0.6 | near chance (the dotted line): no signal |
#
# **Do not conclude** that a conserved column co-evolves (a column that never changes cannot), that a strong coupling which is no contact is wrong (it may be a contact in
# a complex, or in another state of the protein), or that more rows are always better: rows of another family mislead.

# %%
# %matplotlib inline
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

import protfold
from protfold.features.coevolution import coevolution
from protfold.features.couplings import coupling_scores, effective_weights
from protfold.metrics.contacts import LONG_RANGE, contact_probabilities, ranked_pairs
from protfold.report import (
    alignment_columns,
    plot_alignment_columns,
    plot_by_depth,
    plot_contact_precision,
    plot_couplings,
)

EXAMPLES = Path("../data/examples")

# %% [markdown]
# ## Two alignments

# %%
ubiquitin = protfold.read_msa(EXAMPLES / "ubiquitin.a3m")
ubiquitin

# %%
chey = protfold.read_msa(EXAMPLES / "chey.a3m")
chey

# %% [markdown]
# ## Rows and what they are worth
#
# A thousand sequences of one species are worth one. Each row is weighted by one over the number of rows at least 80 % identical to it; the sum of the weights is
# the number of **effective sequences** (Neff).

# %%
for name, msa in (("ubiquitin", ubiquitin), ("CheY", chey)):
    effective = effective_weights(msa.residues).sum()
    print(
        f"{name:10s} {msa.depth:4d} rows are worth {effective:6.1f} effective sequences, {effective / msa.num_residues:.2f} for each residue"
    )

# %% [markdown]
# ## Columns of CheY
#
# Three panels: effective sequences with a residue there, gaps, and conservation. The ends are covered by fewer rows, as in most alignments, because relatives are found
# over their common core. The most conserved columns should make sense to you; in CheY they are the acidic pocket (D12, D13), the aspartate that is
# phosphorylated (D57), T87 and K109 (numbers of the protein; columns are listed with both).

# %%
columns = alignment_columns(chey)
plot_alignment_columns(columns)

# %%
with open(EXAMPLES / "chey_contacts.csv") as file:
    contacts = list(csv.DictReader(file))
number = {
    int(row[f"column_{side}"]): int(row[f"number_{side}"]) for row in contacts for side in "12"
}
covered = np.where(columns.occupancy > 0.7, columns.conservation, -1)
letters = np.array(list("ARNDCQEGHILKMFPSTWYVX-"))[chey.residues[0]]
for column in np.argsort(-covered)[:8] + 1:
    print(
        f"column {column:3d}  {letters[column - 1]}{number[column]:<4d} {columns.conservation[column - 1]:.2f} bits"
    )

# %% [markdown]
# ## Co-evolution beside the crystal structure
#
# Above the diagonal: **mean-field direct couplings** (the inverse covariance of the columns), which separate direct dependence from dependence passed on
# through third residues. Below: native contacts (grey; CB atoms within 8 Å in PDB entry 1JBE) and the 126 strongest pairs. Look for lines parallel to the diagonal:
# CheY has a parallel sheet, and strand beside strand gives such lines far from it.

# %%
native = np.zeros((chey.num_residues, chey.num_residues), dtype=bool)
for row in contacts:
    first, second = int(row["column_1"]) - 1, int(row["column_2"]) - 1
    native[first, second] = native[second, first] = True
scores = coevolution(chey)
plot_couplings(scores.scores["mean_field"], native)

# %% [markdown]
# ## Which score finds contacts?
#
# Mutual information and covariance mix direct and indirect dependence; mean-field and pseudo-likelihood couplings try to tell them apart. Long-range pairs only
# (24 steps or more along the chain), which carry the fold. The further right a curve stays high, the more contacts it offers to a folding method. Mutual
# information fails here for a reason worth knowing: its strongest pairs have one residue at an end of the chain, where few rows have any residue, and in a small
# sample chance looks like information. **Look at the gaps before you believe a score.**

# %%
plot_contact_precision(
    {name.replace("_", " "): one.numpy() for name, one in scores.scores.items()},
    native,
    min_separation=LONG_RANGE,
)

# %% [markdown]
# ## How deep must an alignment be?
#
# The same alignment, thinned at random: precision of the strongest long-range couplings against effective sequences, three draws each. Below 10 effective
# sequences protfold computes no couplings at all, since they would be noise.


# %%
def thinned(msa, rows, rng):
    """The query and as many other rows, drawn at random."""
    kept = np.concatenate([[0], 1 + np.sort(rng.permutation(msa.depth - 1)[: rows - 1])])
    return replace(
        msa,
        residues=msa.residues[kept],
        deletions=msa.deletions[kept],
        descriptions=tuple(msa.descriptions[row] for row in kept),
    )


def precision(scores, pairs):
    """Share of the strongest long-range pairs that are contacts."""
    first, second = ranked_pairs(
        scores, np.ones(len(native), dtype=bool), min_separation=LONG_RANGE
    )
    return native[first[:pairs], second[:pairs]].mean()


length, rng = chey.num_residues, np.random.default_rng(0)
depths, values = [], {"top L/5 (25 pairs)": [], "top L (126 pairs)": []}
for rows in (30, 60, 120, 240, 480, chey.depth):
    draws = [thinned(chey, rows, rng) for _ in range(3 if rows < chey.depth else 1)]
    depths.append(np.mean([effective_weights(one.residues).sum() for one in draws]))
    measured = [coupling_scores(one) for one in draws]
    for name, pairs in zip(values, (length // 5, length), strict=True):
        values[name].append(np.mean([precision(one, pairs) for one in measured]))
    found = ", ".join(f"{name} {one[-1]:.2f}" for name, one in values.items())
    print(f"{rows:4d} rows, {depths[-1]:6.1f} effective: {found}")
plot_by_depth(
    np.array(depths),
    {name: np.array(one) for name, one in values.items()},
    label="Precision, long range",
)

# %% [markdown]
# ## What a folding network makes of it
#
# CheY by `mini`, without and with its relatives: contacts from the distogram, measured as above. **Not a fair test**: entry 1JBE is among the chains that `mini`
# was trained on, so that the prediction without relatives is better than it would be for a new protein. The step from one to the other is the lesson.

# %%
sequence = "".join(letters)
for label, msa in (("sequence alone", None), (f"{chey.depth} rows", chey)):
    result = protfold.fold(sequence, msa=msa, name=f"CheY, {label}", relax="none")
    found = contact_probabilities(result.distogram_probabilities)
    print(
        f"{label:15s} long-range contacts: top L/5 {precision(found, length // 5):.2f},"
        f" top L {precision(found, length):.2f}; mean pLDDT {result.plddt.mean():.0f}, pTM {result.ptm:.2f}"
    )

# %%
result.view()

# %% [markdown]
# **In your own work**: look at coverage and effective sequences before you look at any structure. When a target fails, a deeper search (`protfold fold --search jackhmmer
# --database ...`) is worth more than more seeds.
