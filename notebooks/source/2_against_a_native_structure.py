# %% [markdown]
# # 2 · A prediction beside a known structure
#
# How wrong is a model, where, and would you have known? The prediction is ubiquitin by `mini`; the truth is its crystal structure, PDB entry 1UBI at 1.8 Å.
# Ubiquitin is in no training set of protfold, so this is a fair test of one protein. One protein is an anecdote: the figures over hundreds stand in the
# [model card](../protfold/weights/pretrained/mini.md).
#
# **Reading guide**
#
# | measure | asks | right fold | no better than chance |
# |---|---|---|---|
# | TM-score (0-1) | is the overall fold right? | above 0.5 | about 0.2 to 0.3 |
# | GDT-TS (0-1) | what share of residues lies near its place? | above 0.5 | about 0.2 to 0.3 in small proteins |
# | lDDT (0-1) | are local distances right, wherever the parts lie? | above 0.7 | below 0.4 |
# | CA RMSD (Å) | how far off on average? | below 2 to 3 Å | above 10 Å; one wrong tail is enough |
# | contacts, precision and recall | are the right residues together? | above 0.7 each | near 0 for long-range ones |
#
# **Do not conclude** from RMSD alone (a single floppy end ruins it), from lDDT alone (it cannot see a mirror image, see below), or that a residue is wrong because
# it differs from *one* crystal: two crystals of the same protein differ, too.

# %%
# %matplotlib inline
from dataclasses import replace
from pathlib import Path

import numpy as np

import protfold
from protfold.report import plot_contacts_beside, plot_distance_error, plot_lddt
from protfold.report.viewing import show_ramachandran

EXAMPLES = Path("../data/examples")

# %%
native = replace(protfold.read_structure(EXAMPLES / "ubiquitin.pdb"), name="1UBI")
result = protfold.fold(
    "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG",
    msa=EXAMPLES / "ubiquitin.a3m",
    name="ubiquitin by mini",
)
native

# %% [markdown]
# ## All measures at once
#
# Residues are paired by number where that fits and by aligning sequences where it does not. `protfold compare MODEL REFERENCE` prints the same on the command line.

# %%
comparison = protfold.compare(result.protein, native)
comparison

# %% [markdown]
# ## What do such numbers look like for better and worse models?
#
# A scale to read them by, measured here: the crystal structure itself with smooth distortions of growing size, and its **mirror image**. All distances of a mirror
# image are right, so lDDT is 1; TM-score and RMSD show that no protein looks like that.


# %%
def distorted(protein, amplitude):
    """Every atom moved by up to `amplitude` Å, near ones alike."""
    positions = protein.atom37_positions.astype(float)
    moved = positions + amplitude * np.sin(positions[..., [1, 2, 0]] / 7.0 + [0.0, 1.0, 2.0])
    return replace(
        protein, atom37_positions=(moved * protein.atom37_mask[..., None]).astype(np.float32)
    )


scale = {
    f"crystal, distorted by {size:g} Å": distorted(native, size)
    for size in (0.5, 1.0, 2.0, 4.0)
}
scale["mirror image of the crystal"] = replace(
    native, atom37_positions=native.atom37_positions * np.float32([1, 1, -1])
)
scale["the prediction"] = result.protein
print(f"{'':28s} TM-score  GDT-TS  lDDT-CA  CA RMSD (Å)")
for name, model in scale.items():
    one = protfold.compare(model, native)
    print(
        f"{name:28s} {one.tm_score:8.2f} {one.gdt_ts:7.2f} {one.lddt_ca:8.2f} {one.rmsd_ca:12.2f}"
    )

# %% [markdown]
# ## Laid over each other
#
# The prediction is moved onto the crystal by least squares over all CA atoms. Look at which elements (helix, sheet) exist in both, and whether they are
# connected in the same order and lie in the same place. With `mini` the elements tend to be there and their packing does not.

# %%
result.view(native)

# %% [markdown]
# ## Contacts
#
# Above the diagonal the crystal, below it the model: a good model mirrors the upper half. Blue is right; orange is invented; native contacts without a blue
# partner below are missed. Contacts near the diagonal come with any helix; **the ones far from it carry the fold.**

# %%
plot_contacts_beside(comparison)

# %%
print("range               steps apart   native   precision   recall")
for name, steps in (("short", "6-11"), ("medium", "12-23"), ("long", "24 and more")):
    one = comparison.contacts[name]
    print(
        f"{name:18s} {steps:>12s} {one.num_reference:8d} {one.precision:11.2f} {one.recall:8.2f}"
    )

# %% [markdown]
# ## Did the confidence tell the truth?
#
# Measured lDDT-CA of each residue (grey) against the pLDDT that was predicted for it (orange). A well-calibrated network has the orange line on the grey one;
# what matters most is that it dips where the model is wrong. The correlation over one small protein is noisy, and a line that is merely flat at the right
# height deserves no credit.

# %%
plot_lddt(comparison, plddt=result.plddt)

# %%
known = np.isfinite(comparison.lddt_ca_per_residue)
measured = 100 * comparison.lddt_ca_per_residue[known]
print(f"mean pLDDT {result.plddt.mean():.1f}, measured lDDT-CA {100 * comparison.lddt_ca:.1f}")
print(f"correlation over residues {np.corrcoef(result.plddt[known], measured)[0, 1]:.2f}")

# %% [markdown]
# ## Errors of distances
#
# Needs no superposition: orange pairs are too far apart in the model, purple ones too near. A white band along the diagonal means sound local structure; coloured
# rectangles are whole elements that lie wrongly to each other.

# %%
plot_distance_error(comparison)

# %% [markdown]
# ## Is it a sane structure at all?
#
# Independent of any reference: bonds, angles, torsions, clashes. A model can be perfectly sane and perfectly wrong, and a crystal has its own small faults.

# %%
checks = {
    "crystal 1UBI": native,
    "prediction": result.predictions[0].protein,
    "prediction, relaxed": result.protein,
}
print(
    f"{'':22s} Ramachandran favoured / outliers   bonds, rms z   clashes per 1,000 atoms   residues in violation"
)
for name, protein in checks.items():
    one = protfold.compare(protein, native)
    found = one.stereochemistry
    print(
        f"{name:22s} {100 * found.ramachandran_favoured:18.0f} % / {100 * found.ramachandran_outliers:4.0f} %"
        f" {found.bond_rms_z:14.2f} {found.clash_score:25.0f} {one.violations.count:23d}"
    )

# %% [markdown]
# Torsions of the backbone, residue by residue, for the relaxed prediction: residues outside the shaded regions are strained or wrong. A crystal at this resolution
# has hardly any.

# %%
show_ramachandran(result.protein)

# %% [markdown]
# **Next**: notebook 3 turns the question round and asks which sequences would fold into this backbone.
