"""ViT: published sizes, patches, positions and tokens."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.patch_embedding import PatchEmbedding
from protfold.vision.picture_classifier import PictureClassifier
from protfold.vision.vit import VIT_B_16, VIT_B_32, VIT_H_14, VIT_L_16, VIT_S_16, VIT_TI_16, ViT
from tests.support.backbones import IN_CHANNELS, pair_maps, randomize


def vit(**settings: object) -> ViT:
    """A small one with patches of two in float64, no parameter at its starting value."""
    torch.manual_seed(0)
    return randomize(ViT(IN_CHANNELS, **({"hidden": 8, "depth": 2, "num_heads": 2, "patch_size": 2} | settings)).double())


@pytest.mark.parametrize(
    ("settings", "published"),
    [
        (VIT_TI_16, 5_717_416),
        (VIT_S_16, 22_050_664),
        (VIT_B_16, 86_567_656),
        (VIT_B_32, 88_224_232),
        (VIT_L_16, 304_326_632),
        (VIT_H_14, 632_045_800),
    ],
)
def test_published_sizes(settings: dict, published: int) -> None:
    """The paper has 86, 307 and 632 million for B, L and H; the last digits are timm's, of H those of the formula."""
    with torch.device("meta"):
        network = PictureClassifier(ViT(3, **settings, symmetry="none"))
    width, patch = settings["hidden"], settings["patch_size"]
    blocks = settings["depth"] * (12 * width**2 + 13 * width)
    tokens = (224 // patch) ** 2 + 1
    formula = blocks + 3 * patch**2 * width + width + width + tokens * width + 2 * width + 1000 * width + 1000
    assert sum(parameter.numel() for parameter in network.parameters()) == published == formula


@pytest.mark.parametrize(("settings", "published"), [(VIT_TI_16, 1.07), (VIT_B_16, 16.85), (VIT_B_32, 4.36), (VIT_L_16, 59.65)])
def test_published_cost(settings: dict, published: float) -> None:
    """10^9 products and sums of a picture, those of scores and of values by scores left out, as in the published count."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        PictureClassifier(ViT(3, **settings, symmetry="none"))(torch.empty(1, 3, 224, 224))
    tokens = (224 // settings["patch_size"]) ** 2 + 1
    attention = settings["depth"] * 2 * tokens**2 * settings["hidden"]
    assert (counter.get_total_flops() / 2 - attention) / 1e9 == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize("symmetric", [False, True])
def test_patch_embedding_is_a_matrix_for_each_patch(symmetric: bool) -> None:
    embedding = randomize(PatchEmbedding(IN_CHANNELS, 8, 3, symmetric=symmetric).double())
    x = pair_maps(12)
    matrix = embedding.kernel.flatten(1)
    expected = (matrix @ F.unfold(x, 3, stride=3) + embedding.bias[:, None]).unflatten(2, (4, 4))  # type: ignore[index]
    torch.testing.assert_close(embedding(x) - embedding.positions(4, 4), expected)


def shuffled(x: Tensor, order: Tensor) -> Tensor:
    """Patches of 2 x 2 of a map of 12 x 12 in another order."""
    return F.fold(F.unfold(x, 2, stride=2)[..., order], 12, 2, stride=2)


@pytest.mark.parametrize("class_token", [False, True])
def test_without_positions_the_order_of_patches_means_nothing(class_token: bool) -> None:
    network, order, x = vit(grid=6, class_token=class_token, symmetry="none"), torch.randperm(36), pair_maps(12)
    assert network.patch_embedding.learned is not None
    (with_positions, _), (moved, _) = network(shuffled(x, order))[0], network(x)[0]
    assert (with_positions.flatten(2) - moved.flatten(2)[..., order]).abs().max() > 1e-2
    network.patch_embedding.learned.data.zero_()
    (found, _), (expected, _) = network(shuffled(x, order))[0], network(x)[0]
    torch.testing.assert_close(found.flatten(2), expected.flatten(2)[..., order])


def test_class_token_is_read_and_reads() -> None:
    """It is no pixel, and is there where patches are not."""
    network, x = vit(grid=6, class_token=True, symmetry="none"), pair_maps(12)
    tokens = network.patch_embedding(x).flatten(2).transpose(1, 2)
    mask = torch.zeros(2, 36)
    encoded = network.encode(tokens, mask)
    torch.testing.assert_close(encoded[0, 0], encoded[1, 0])
    assert (network.encode(tokens)[0, 0] - network.encode(tokens)[1, 0]).abs().max() > 1e-2
    before = network(x)[0][0]
    assert before.shape == (2, 8, 6, 6)
    assert network.class_token is not None
    network.class_token.data = torch.randn(8).double()
    assert (network(x)[0][0] - before).abs().max() > 1e-3


def test_some_tokens_as_if_others_were_masked() -> None:
    network, x = vit(), pair_maps(12)
    tokens = network.patch_embedding(x).flatten(2).transpose(1, 2)
    kept = torch.randperm(36)[:9].sort().values
    mask = torch.zeros(2, 36).index_fill(1, kept, 1.0)
    torch.testing.assert_close(network.encode(tokens[:, kept]), network.encode(tokens, mask)[:, kept])


def test_learned_positions_stay_what_they_are_on_their_grid() -> None:
    embedding = PatchEmbedding(IN_CHANNELS, 8, 2, grid=6)
    assert embedding.positions(6, 6) is embedding.learned
    larger = embedding.positions(9, 12)
    assert larger.shape == (8, 9, 12)
    assert embedding.learned is not None
    embedding.learned.data = torch.linspace(0, 5, 6).expand(8, 6, 6).clone()
    torch.testing.assert_close(
        embedding.positions(12, 12)[:, :, 2:-2], torch.linspace(-0.25, 5.25, 12)[2:-2].expand(8, 12, 8), atol=0.06, rtol=0
    )


def test_learned_positions_know_one_length_of_padded_maps() -> None:
    network, mask = vit(grid=6, symmetry="none"), torch.ones(2, 12)
    mask[1, 7:] = 0.0
    assert network(pair_maps(12), mask)[0][0].isfinite().all()
    with pytest.raises(InputError, match="give maps of length 12, or no grid"):
        network(pair_maps(16), torch.ones(2, 16))


def test_learned_positions_commute_with_transposition() -> None:
    network, x = vit(grid=6, symmetry="kernel"), pair_maps(12)
    torch.testing.assert_close(network(x.transpose(-1, -2))[0][0], network(x)[0][0].transpose(-1, -2))


def test_computed_positions_want_a_multiple_of_four() -> None:
    with pytest.raises(InputError, match="6 channels cannot hold computed positions"):
        ViT(IN_CHANNELS, hidden=6, num_heads=2)
