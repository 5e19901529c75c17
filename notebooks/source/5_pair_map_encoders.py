# %% [markdown]
# # 5 · Pair-map encoders: what each backbone sees
#
# A map of residue pairs (distances, couplings, profiles side by side) is a picture, and `protfold.vision` holds seventeen families of networks made for pictures,
# rebuilt for pair maps. Which one is right for which map? Before any training, three things can be seen: **how far** a network looks, **how finely** it
# resolves, and what it **costs**.
#
# **Reading guide**
#
# | look at | what it tells |
# |---|---|
# | influence map | which input pairs act on one output pair. Contacts between distant strands need far reach; the *strength* at a distance depends on training, the *reach* does not |
# | stride | residues on a side of one output pixel: 1 keeps every pair, 4 sees blocks of 4 × 4 pairs |
# | symmetry | the map of (j, i) must be that of (i, j) transposed, or the network must learn twice what is true by definition |
# | padding | what stands beyond the chain's end must not matter |
# | time against length | a map of twice the length has four times the pairs; attention over all pairs costs sixteen times |
#
# **Do not conclude** from these pictures which network predicts contacts best: the weights below are random. Accuracy is a matter of training and measuring;
# the last section shows one that was trained.

# %%
# %matplotlib inline
import csv
import time
from pathlib import Path

import numpy as np
import torch

import protfold
from protfold.features.coevolution import coevolution
from protfold.features.pair_images import build_pair_image
from protfold.metrics.contacts import LONG_RANGE
from protfold.report import (
    plot_bars,
    plot_contact_precision,
    plot_couplings,
    plot_influence,
    plot_maps,
)
from protfold.vision import PairMapEncoder, create_backbone, list_backbones
from protfold.vision.registry import BACKBONES
from protfold.vision.reparameterization import deployed
from protfold.weights import load_pair_encoder

EXAMPLES = Path("../data/examples")
torch.set_num_threads(min(2, torch.get_num_threads()))


def backbone_of(name, length, in_channels=2):
    """A backbone with random weights, the same each time; some are built for one length."""
    torch.manual_seed(0)
    settings = {"length": length} if BACKBONES[name].fixed_length else {}
    return create_backbone(name, in_channels, **settings).eval()


# %% [markdown]
# ## The picture
#
# Ubiquitin's crystal structure as a pair map: closeness, 8 / (8 + d) of the CB-CB distance d in Å, and contacts (d below 8 Å). The helix thickens the diagonal; the strands
# of the sheet give lines beside it (parallel) and across it (antiparallel).

# %%
native = protfold.read_structure(EXAMPLES / "ubiquitin.pdb")
image = build_pair_image(native)
maps, mask = image.maps[None], image.mask[None].float()
plot_maps({"closeness": maps[0, 0].numpy(), "contacts": maps[0, 1].numpy()})

# %% [markdown]
# ## Seventeen backbones
#
# `create_backbone(name, in_channels)` builds one; a call gives feature maps from fine to coarse with their strides. Sizes below are the defaults for pair maps, small
# on purpose; the published sizes are a matter of settings.

# %%
print(f"{'backbone':14s} parameters  strides       channels           symmetric by")
for name in list_backbones():
    backbone = backbone_of(name, len(native))
    parameters = sum(parameter.numel() for parameter in backbone.parameters())
    kind = (
        "nature"
        if backbone.always_symmetric
        else {"kernel": "tied weights", "average": "averaging"}.get(backbone.symmetry, "-")
    )
    print(
        f"{name:14s} {parameters:10,d}  {backbone.strides!s:13s} {backbone.channels!s:18s} {kind}"
    )

# %% [markdown]
# ## How far does one output pair see?
#
# The gradient of one output pixel (cross) with respect to every input pair, all output maps together, as a share of its largest value; grey is below a
# hundred-thousandth. The pair is (20, 60), far from the diagonal. Small stacks of convolutions see a square; depth widens it, and dilation leaves
# a grid; attention and token mixing see everything at once; windows and patches show as blocks. HorNet multiplies
# features with each other, and with random weights those products are tiny: its influence falls below the scale although its kernels reach further.

# %%
row, column = 19, 59
influences = {}
for name in list_backbones():
    pixels = maps.clone().requires_grad_()
    torch.manual_seed(1)
    total = 0.0
    for features, stride in backbone_of(name, len(native))(pixels, mask):
        vector = features[0, :, row // stride, column // stride]
        total = (
            total
            + (
                vector / vector.detach().norm().clamp(min=1e-12) * torch.randn_like(vector)
            ).sum()
        )
    (gradient,) = torch.autograd.grad(total, pixels)
    influences[name] = gradient[0].abs().sum(0).numpy()
plot_influence(influences, pixel=(row, column))

# %%
reach = {
    name: (100 * float((values > 1e-5 * values.max()).mean()),)
    for name, values in influences.items()
}
plot_bars(reach, series=["reach"], label="Input pairs that act on the output pair (%)")

# %% [markdown]
# ## What comes out
#
# One channel of the finest feature map of each (the one that varies most). The weights are random, so that patterns mean nothing, but resolution does: compare the sharp
# lines of stride 1 with the blocks of stride 4 and 8.

# %%
channels = {}
with torch.inference_mode():
    for name in list_backbones():
        features, stride = backbone_of(name, len(native))(maps, mask)[0]
        best = features[0].flatten(1).std(1).argmax()
        channels[f"{name}\nstride {stride}"] = features[0, best].numpy()
plot_maps(channels, columns=6)

# %% [markdown]
# ## Laws that must hold: symmetry and padding
#
# Measured now: the largest difference, relative to the size of the features, when the map is transposed, and when the chain is padded by 24 residues of nonsense (NaN).
# Both should be zero but for rounding in float32. Networks for one length are built for the padded one.


# %%
def difference(first, second):
    """Largest difference of two lists of maps, relative to their size."""
    return max(
        float((one - other).abs().max() / one.square().mean().sqrt().clamp(min=1e-9))
        for one, other in zip(first, second, strict=True)
    )


# A directed map, so that transposing it changes it.
torch.manual_seed(2)
directed = torch.cat([maps, torch.randn(1, 2, *maps.shape[-2:])], dim=1)
padded = torch.nn.functional.pad(directed, (0, 24, 0, 24), value=float("nan"))
padded_mask = torch.nn.functional.pad(mask, (0, 24))
clean = torch.nn.functional.pad(directed, (0, 24, 0, 24))
print(f"{'backbone':14s} transposed   padded with NaN beside padded with 0")
with torch.inference_mode():
    for name in list_backbones():
        backbone = backbone_of(name, len(native), 4)
        straight = [features for features, _ in backbone(directed, mask)]
        turned = [
            features.transpose(-1, -2)
            for features, _ in backbone(directed.transpose(-1, -2), mask)
        ]
        longer = backbone_of(name, len(native) + 24, 4)
        bad, good = (
            [features for features, _ in longer(one, padded_mask)] for one in (padded, clean)
        )
        print(f"{name:14s} {difference(straight, turned):10.1e} {difference(good, bad):17.1e}")

# %% [markdown]
# ## Trained in one form, used in another
#
# RepVGG and YOLOv7 are trained with parallel branches, which are merged into single convolutions for use. Both forms compute the same; `deployed` makes the second. Below, with
# normalisation statistics as after a training, in float64.


# %%
def as_if_trained(backbone):
    """Random statistics and scales in each normalisation."""
    for part in backbone.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(part.running_mean, std=0.1)
            torch.nn.init.uniform_(part.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
    return backbone


def seconds(call, times=3):
    """Best of several."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        spent.append(time.perf_counter() - start)
    return min(spent)


with torch.inference_mode():
    for name in ("repvgg", "yolov7"):
        trained = as_if_trained(backbone_of(name, len(native))).double()
        in_use = deployed(trained)
        exact = [
            [features for features, _ in one(maps.double(), mask.double())]
            for one in (trained, in_use)
        ]
        sizes = [
            sum(parameter.numel() for parameter in one.parameters())
            for one in (trained, in_use)
        ]
        trained, in_use = trained.float(), in_use.float()
        spent = [1000 * seconds(lambda one=one: one(maps, mask)) for one in (trained, in_use)]
        print(
            f"{name:8s} largest relative difference {difference(*exact):.1e}; parameters {sizes[0]:,} -> {sizes[1]:,};"
            f" {spent[0]:.0f} -> {spent[1]:.0f} ms for {len(native)} residues"
        )

# %% [markdown]
# ## What it costs, here and now
#
# Time of one pass on this machine for chains of 76 and 152 residues. The ratio tells how a network scales: 4 is the number of pairs, more comes from attention over
# all of them.

# %%
spent = {}
with torch.inference_mode():
    for name in list_backbones():
        times = []
        for length in (76, 152):
            backbone, pixels = backbone_of(name, length), torch.rand(1, 2, length, length)
            times.append(1000 * seconds(lambda net=backbone, x=pixels: net(x), times=2))
        spent[name] = times
plot_bars(
    spent,
    series=["76 residues", "152 residues"],
    label="Milliseconds for one pass",
    logarithmic=True,
)

# %% [markdown]
# ## As an input of a folding network
#
# `PairMapEncoder` brings all feature maps to full resolution and adds them up: `[B, C, N, N]` becomes a pair representation `[B, N, N, c_z]`. It starts at zero, so that a
# network it is added to starts as it was.

# %%
encoder = PairMapEncoder(backbone="vitdet", c_z=64, in_channels=2).eval()
with torch.inference_mode():
    pair = encoder(maps, mask)
print(tuple(pair.shape), "largest value at the start:", float(pair.abs().max()))

# %% [markdown]
# ## A trained one
#
# `pair_encoder` ships: a `DistanceNetwork`, ConvMAE's backbone behind it, that learned distances from co-evolution. Below, CheY: pseudo-likelihood scores as they are, and the
# probability of contact that the encoder makes of them and the other channels, each above the diagonal; native contacts below in grey, the strongest 126 pairs right (blue) or wrong
# (orange). CheY's scores are strong already, and the encoder finds about as many contacts as they do. Nor is it a fair test: the structure of CheY (not this alignment) is
# among the chains that it learned from. On 24 chains it never saw its top L/2 pairs have a precision of 0.38, those of the scores 0.28
# ([all measured](../docs/vision.md#contacts-on-one-budget)).

# %%
chey = protfold.read_msa(EXAMPLES / "chey.a3m")
network = load_pair_encoder("pair_encoder")
found = coevolution(chey, network.config.input)
probabilities = network.contacts(found)
couplings = found.scores["pseudo_likelihood"].numpy()

native_contacts = np.zeros((chey.num_residues, chey.num_residues), dtype=bool)
with open(EXAMPLES / "chey_contacts.csv") as file:
    for row in csv.DictReader(file):
        first, second = int(row["column_1"]) - 1, int(row["column_2"]) - 1
        native_contacts[first, second] = native_contacts[second, first] = True
plot_couplings(couplings, native_contacts)

# %%
plot_couplings(probabilities, native_contacts, label="Probability of contact")

# %%
plot_contact_precision(
    {"encoder": probabilities, "couplings": couplings},
    native_contacts,
    min_separation=LONG_RANGE,
)
