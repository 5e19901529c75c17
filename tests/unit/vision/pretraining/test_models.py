"""Laws of the networks that fill in patches."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from protfold.vision.pretraining.convmae import CONVMAE_PRETRAINING_BASE, MaskedConvAutoencoder
from protfold.vision.pretraining.lomar import LOMAR_BASE, LocalMaskedReconstruction, take_windows
from protfold.vision.pretraining.mae import MAE_BASE, MAE_HUGE, MAE_LARGE, MaskedAutoencoder
from protfold.vision.pretraining.masking import draw_removed, real_patches
from protfold.vision.pretraining.patch_decoder import patch_positions
from protfold.vision.pretraining.patches import patchify, unpatchify
from protfold.vision.pretraining.reconstruction import Reconstruction
from protfold.vision.pretraining.visible_tokens import gathered, scattered
from protfold.vision.pretraining.windows import Windows, draw_windows
from protfold.vision.transformer import grid_positions

LENGTHS = (37, 26)
"""Residues of two chains; neither is a multiple of the patch."""
SIZES: dict[str, int] = {"hidden": 16, "depth": 2, "num_heads": 2, "patch_size": 4}
DECODER = {"decoder_hidden": 8, "decoder_depth": 1, "decoder_heads": 2}


def random_weights(model: nn.Module) -> Any:
    """In float64, none at its special starting value."""
    model = model.double().eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.2)
    return model


def autoencoder(**settings: Any) -> Any:
    torch.manual_seed(0)
    return random_weights(MaskedAutoencoder(3, **(SIZES | DECODER | settings)))


def convolutional(**settings: Any) -> Any:
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"hidden": (4, 8, 16), "depths": (1, 1, 2), "num_heads": 2, "kernel_size": 3, "stem_stride": 1}
    return random_weights(MaskedConvAutoencoder(3, **(sizes | DECODER | settings)))


MODELS = {
    "mae": autoencoder,
    "mae with class": lambda: autoencoder(class_token=True),
    "convmae": convolutional,
}
every = pytest.mark.parametrize("name", MODELS)


def local(**settings: Any) -> Any:
    torch.manual_seed(0)
    return random_weights(LocalMaskedReconstruction(3, **(SIZES | settings)))


def masks(length: int = LENGTHS[0]) -> Tensor:
    mask = torch.zeros(2, length, dtype=torch.float64)
    for row, one in enumerate(LENGTHS):
        mask[row, :one] = 1.0
    mask[0, 9] = 0.0
    return mask


def symmetric_maps(length: int = LENGTHS[0]) -> Tensor:
    x = torch.randn(2, 3, length, length, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return x + x.transpose(-1, -2)


def removed_of(length: int = LENGTHS[0], ratio: float = 0.75, **settings: Any) -> Tensor:
    return torch.stack(
        [
            draw_removed(real_patches(mask, 4), ratio, np.random.default_rng(row), **settings)
            for row, mask in enumerate(masks(length))
        ]
    )


def windows_of(length: int = LENGTHS[0], **settings: Any) -> Windows:
    return Windows.stacked(
        [draw_windows(real_patches(mask, 4), 0.8, np.random.default_rng(row), **settings) for row, mask in enumerate(masks(length))]
    )


def spread(removed: Tensor, length: int = LENGTHS[0]) -> Tensor:
    """The pixels [B, 1, N, N] of patches."""
    return removed.repeat_interleave(4, 1).repeat_interleave(4, 2)[:, None, :length, :length]


@pytest.mark.parametrize(
    ("sizes", "published", "encoder"),
    [
        (MAE_BASE, 111_907_840, 85_798_656),
        (MAE_LARGE, 329_541_888, 303_301_632),
        (MAE_HUGE, 657_074_508, 630_764_800),
    ],
)
def test_published_sizes(sizes: dict[str, Any], published: int, encoder: int) -> None:
    """Published numbers count the fixed positions of 14 x 14 or 16 x 16 patches and of a class token."""
    with torch.device("meta"):
        model = MaskedAutoencoder(3, **sizes)
    positions = (224 // sizes["patch_size"]) ** 2 + 1
    own = sum(parameter.numel() for parameter in model.encoder.parameters()) + positions * sizes["hidden"]
    assert own == encoder
    assert own + sum(parameter.numel() for parameter in model.decoder.parameters()) + positions * 512 == published


def test_published_size_of_lomar() -> None:
    with torch.device("meta"):
        model = LocalMaskedReconstruction(3, **LOMAR_BASE)
    assert sum(parameter.numel() for parameter in model.parameters()) == 86_277_120


def test_published_size_of_convmae() -> None:
    """The published number counts the fixed positions of both parts; the fusion is a part of the published encoder."""
    with torch.device("meta"):
        model = MaskedConvAutoencoder(3, **CONVMAE_PRETRAINING_BASE)

    def size(part: nn.Module) -> int:
        return sum(parameter.numel() for parameter in part.parameters())

    encoder = size(model.encoder) + size(model.fusion) + 196 * 768
    assert size(model.fusion.projections) == 4_326_912
    assert encoder == 88_932_736
    assert encoder + size(model.decoder) + 196 * 512 == 115_041_408


def test_published_shapes() -> None:
    with torch.device("meta"):
        model = MaskedAutoencoder(3, **MAE_BASE)  # type: ignore[arg-type]
        result = model.decoder(torch.zeros(2, 50, 768), torch.ones(2, 14, 14) > 0, torch.ones(2, 14, 14) > 0, class_token=True)
    assert result.shape == (2, 196, 768)


def test_gathering_and_scattering() -> None:
    """Visible tokens come back to their places, the others are one token."""
    tokens = torch.randn(3, 10, 4)
    chosen = torch.rand(3, 10, generator=torch.Generator().manual_seed(1)) < 0.5
    chosen[2] = False
    packed, taken = gathered(tokens, chosen)
    assert torch.equal(taken.sum(1), chosen.sum(1))
    assert torch.equal(packed[0][taken[0]], tokens[0][chosen[0]])
    other = torch.tensor([7.0, 8.0, 9.0, 1.0])
    back = scattered(packed, chosen, other)
    assert torch.equal(back[chosen], tokens[chosen])
    assert (back[~chosen] == other).all()


@every
@pytest.mark.parametrize("pattern", ["random", "blocks", "residues"])
def test_removed_pixels_have_no_influence(name: str, pattern: str) -> None:
    """None at all, on what is predicted; visible ones have, and padding has none."""
    model, x, removed = MODELS[name](), symmetric_maps().requires_grad_(), removed_of(pattern=pattern)
    result = model(x, masks(), removed)
    other = x.detach().clone()
    other[spread(removed).expand_as(x)] = 1e3
    other[1, :, LENGTHS[1] :] = float("nan")
    other[0, :, :, 9] = float("nan")
    changed = model(other, masks(), removed)
    counted = result.counted.any(-1)
    assert torch.equal(result.predicted[counted], changed.predicted[counted])
    result.predicted[counted].square().sum().backward()
    assert x.grad is not None
    assert not x.grad[spread(removed).expand_as(x)].any()
    assert not x.grad[1, :, LENGTHS[1] :].any()
    assert not x.grad[0, :, 9].any()
    assert x.grad[0].any()
    assert x.grad[1].any()


def test_what_is_visible_could_tell_nothing_of_a_mirror_image() -> None:
    """Of a symmetric map a removed pixel's value stands nowhere in the input; with lots that are not mirrored it does."""
    x, mask = symmetric_maps(), masks()
    pairs = (mask[:, :, None] * mask[:, None])[:, None] > 0
    for mirrored in (True, False):
        removed = spread(removed_of(mirrored=mirrored))
        leaked = np.intersect1d(x[(removed & pairs).expand_as(x)], x[(~removed & pairs).expand_as(x)])
        assert bool(len(leaked)) is not mirrored


@pytest.mark.parametrize("least_variance", [None, 0.0])
def test_loss_is_of_removed_pairs_alone(least_variance: float | None) -> None:
    result = autoencoder()(symmetric_maps(), masks(), removed_of())
    elsewhere = ~result.counted_values
    other = Reconstruction(
        predicted=result.predicted + 5.0 * elsewhere,
        target=torch.where(elsewhere, torch.nan, result.target),
        counted=result.counted,
    )
    assert torch.equal(result.loss(least_variance=least_variance), other.loss(least_variance=least_variance))
    worse = Reconstruction(predicted=result.predicted + 5.0 * ~elsewhere, target=result.target, counted=result.counted)
    assert (worse.loss(least_variance=least_variance) > result.loss(least_variance=least_variance) + 5.0).all()


def test_loss_in_closed_form() -> None:
    """As published where patches are whole: means over values of a patch, then over removed patches; variance without bias."""
    x = symmetric_maps(16)
    removed = torch.stack([draw_removed(np.ones((4, 4), dtype=bool), 0.5, np.random.default_rng(row)) for row in range(2)])
    result = autoencoder()(x, None, removed)
    predicted, target = result.predicted.detach().numpy(), patchify(x, 4).numpy()
    taken = removed.flatten(1).numpy()
    plain = ((predicted - target) ** 2).mean(-1)
    expected = [plain[row][taken[row]].mean() for row in range(2)]
    np.testing.assert_allclose(result.loss().detach().numpy(), expected, rtol=1e-6)
    target = (target - target.mean(-1, keepdims=True)) / np.sqrt(target.var(-1, ddof=1, keepdims=True) + 1e-6)
    plain = ((predicted - target) ** 2).mean(-1)
    expected = [plain[row][taken[row]].mean() for row in range(2)]
    np.testing.assert_allclose(result.loss(least_variance=0.0).detach().numpy(), expected, rtol=1e-6)


def test_flat_patches_are_not_blown_up() -> None:
    """A patch that hardly varies has small targets if the variance has a floor."""
    flat = 1e-3 * torch.randn(1, 1, 48, dtype=torch.float64)
    one = Reconstruction(predicted=torch.zeros_like(flat), target=flat, counted=torch.ones(1, 1, 16) > 0)
    assert one.loss(least_variance=0.0) > 0.4
    assert one.loss(least_variance=0.01) < 1e-3


def test_nothing_removed_is_no_loss() -> None:
    removed = torch.zeros_like(removed_of())
    assert not autoencoder()(symmetric_maps(), masks(), removed).loss().any()


@every
def test_a_map_in_a_batch_as_alone(name: str) -> None:
    model, length = MODELS[name](), LENGTHS[1]
    removed = removed_of()
    together = model(symmetric_maps(), masks(), removed).loss()
    small = removed[1:, :7, :7]
    alone = model(symmetric_maps()[1:, :, :length, :length], torch.ones(1, length, dtype=torch.float64), small).loss()
    torch.testing.assert_close(together[1:], alone, rtol=1e-6, atol=0.0)


def test_the_encoder_is_the_same_on_whole_maps() -> None:
    """Every patch visible: what pretraining gives is what a backbone gives."""
    model = autoencoder(class_token=True)
    x, mask = symmetric_maps(), masks()
    ((features, stride),) = model.encoder(x, mask)
    assert stride == 4
    real = torch.stack([torch.from_numpy(real_patches(one, 4)) for one in mask])
    pairs = (mask[:, :, None] * mask[:, None])[:, None]
    padded = nn.functional.pad(x * pairs, (0, 3, 0, 3))
    tokens = model.encode_visible(padded, real)[:, 1:]
    for row in range(2):
        found = features[row].flatten(1).T[real[row].flatten()]
        torch.testing.assert_close(tokens[row, : len(found)], found, rtol=1e-9, atol=1e-9)


def test_offset_positions_show_the_diagonal() -> None:
    """The first half is of j - i alone, the second of i + j; no two patches have one code."""
    code = patch_positions(9, 9, 16, "offset")
    assert torch.equal(code[2, 5, :8], code[4, 7, :8])
    assert torch.equal(code[2, 5, 8:], code[3, 4, 8:])
    assert not torch.equal(code[2, 5, :8], code[5, 2, :8])
    assert len(torch.unique(code.flatten(0, 1), dim=0)) == 81
    assert torch.equal(patch_positions(9, 7, 16, "grid"), grid_positions(9, 7, 16))


def test_transposition_exchanges_the_halves_of_positions() -> None:
    positions = grid_positions(5, 5, 16)
    assert torch.equal(positions.transpose(0, 1), torch.cat([positions[..., 8:], positions[..., :8]], dim=-1))


def test_windows_are_taken_where_they_lie() -> None:
    """And put back: overlapping ones have the same in common; beyond a small map they are zero."""
    patches = torch.arange(2 * 12 * 12).reshape(2, 12, 12, 1).float()
    corners = torch.tensor([[[0, 5], [3, 1]], [[5, 5], [2, 0]]])
    taken = take_windows(patches, corners, 7)
    whole = torch.full_like(patches, -1.0)
    for row in range(2):
        for (top, left), window in zip(corners[row].tolist(), taken[row], strict=True):
            assert torch.equal(window, patches[row, top : top + 7, left : left + 7])
            whole[row, top : top + 7, left : left + 7] = window
    assert torch.equal(whole[whole >= 0], patches[whole >= 0])
    small = take_windows(patches[:, :3, :3] + 1, torch.zeros(2, 1, 2, dtype=torch.int64), 7)
    assert small.shape == (2, 1, 7, 7, 1)
    assert not small[:, :, 3:].any()


@pytest.mark.parametrize("class_token", [False, True])
def test_removed_pixels_of_a_window_have_no_influence(class_token: bool) -> None:
    """Even if they are visible in another window."""
    model, windows = local(class_token=class_token), windows_of(count=1)
    x = symmetric_maps()
    result = model(x, masks(), windows)
    whole = torch.zeros(2, 10, 10, dtype=torch.bool)
    for row, ((top, left),) in enumerate(windows.corners.tolist()):
        whole[row, top : top + 7, left : left + 7] = windows.removed[row, 0]
    other = x.clone()
    other[spread(whole).expand_as(x)] = 1e3
    other[1, :, LENGTHS[1] :] = float("nan")
    counted = result.counted.any(-1)
    assert counted.any(1).all()
    assert torch.equal(result.predicted[counted], model(other, masks(), windows).predicted[counted])
    torch.testing.assert_close(result.target[counted].nan_to_num(), model(x, masks(), windows).target[counted], rtol=0.0, atol=0.0)


def test_windows_do_not_feel_each_other_nor_where_they_are() -> None:
    """The same content elsewhere, in a larger map and beside another window, gives the same."""
    model, x = local(), symmetric_maps(40)
    corners = torch.tensor([[[0, 2]], [[3, 3]]])
    removed = torch.rand(2, 1, 7, 7, generator=torch.Generator().manual_seed(0)) < 0.8
    result = model(x, None, Windows(corners=corners, removed=removed))
    larger = nn.functional.pad(x, (8, 12, 8, 12), value=3.0)
    both = Windows(corners=torch.cat([corners + 2, corners], dim=1), removed=removed.repeat(1, 2, 1, 1))
    moved = model(larger, None, both)
    torch.testing.assert_close(result.predicted, moved.predicted[:, :49], rtol=1e-9, atol=1e-9)
    assert torch.equal(result.target, moved.target[:, :49])
    assert torch.equal(result.counted, moved.counted[:, :49])


def test_every_parameter_learns() -> None:
    models = [(MODELS[name](), removed_of()) for name in ("mae with class", "convmae")]
    for model, hidden in (*models, (local(class_token=True), windows_of())):
        model(symmetric_maps(), masks(), hidden).loss().sum().backward()
        missing = [name for name, parameter in model.named_parameters() if parameter.grad is None or not parameter.grad.any()]
        assert not missing


def test_what_is_filled_in_is_learned() -> None:
    """A map that is the same everywhere is filled in exactly after some steps."""
    torch.manual_seed(0)
    model = MaskedAutoencoder(3, **SIZES, **DECODER)
    pattern = torch.randn(3, 4, 4)
    x = (pattern + pattern.transpose(-1, -2)).repeat(1, 5, 5)[None]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for step in range(60):
        removed = draw_removed(np.ones((5, 5), dtype=bool), 0.75, np.random.default_rng(step))[None]
        result = model(x, None, removed)
        loss = result.loss().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]
    picture = unpatchify(result.predicted, 4, 5)
    assert picture.shape == x.shape
