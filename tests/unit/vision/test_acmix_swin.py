"""ACmix with windows against its formulas, window by window, and its published sizes."""

import pytest
import torch
from torch import nn

from protfold.errors import InputError
from protfold.vision.acmix_swin import ACMIX_SWIN_S, ACMIX_SWIN_T, ACmixSwin, PatchMerging, WindowMix
from protfold.vision.pair_mask import pair_mask
from protfold.vision.picture_classifier import PictureClassifier
from tests.support.backbones import Module, randomize


def ready(module: Module) -> Module:
    """With random weights in float64."""
    torch.manual_seed(0)
    return randomize(module.double())


def residues(length: int) -> torch.Tensor:
    """One missing in the middle, and the end."""
    mask = torch.ones(1, length, dtype=torch.float64)
    mask[0, 4], mask[0, -2:] = 0.0, 0.0
    return mask


@pytest.mark.parametrize("shift", [0, 1])
def test_each_pixel_by_hand(shift: int) -> None:
    """Attention to the pairs of the same window, with a bias for the offset, and the convolution."""
    side, window, heads, d = 8, 3, 2, 2
    block = ready(WindowMix(4, heads, window=window, shift=shift, symmetric=False))
    x, mask = torch.randn(1, 4, side, side, dtype=torch.float64), pair_mask(residues(side))
    projections = (block.projections.weight[..., 0, 0] @ x[0].flatten(1) + block.projections.bias[:, None]).reshape(
        3, heads, d, side, side
    )
    attended = torch.zeros(heads, d, side, side, dtype=torch.float64)
    cell = [(place + shift) // window for place in range(side)]
    for row in range(side):
        for column in range(side):
            places = [
                (i, j)
                for i in range(side)
                for j in range(side)
                if (cell[i], cell[j]) == (cell[row], cell[column]) and mask[0, 0, i, j] > 0
            ]
            for head in range(heads):
                if not places:
                    continue
                query, keys, values = projections[0, head, :, row, column], projections[1, head], projections[2, head]
                logits = [
                    query @ keys[:, i, j] / d**0.5 + block.positions[head, row - i + window - 1, column - j + window - 1]
                    for i, j in places
                ]
                for weight, (i, j) in zip(torch.stack(logits).softmax(0), places, strict=True):
                    attended[head, :, row, column] += weight * values[:, i, j]
    taps = block.convolution.taps
    tapped = (torch.einsum("tm,mdhw->dthw", taps.weight, projections.flatten(0, 1)) + taps.bias[:, None, None]) * mask[0]
    convolved = torch.conv2d(tapped.flatten(0, 1)[None], block.convolution.shifts.weight, padding=1, groups=d)
    by_head = convolved.reshape(d, heads, side, side).transpose(0, 1).flatten(0, 1)
    expected = block.rates[0] * block.output(attended.flatten(0, 1)[None]) + block.rates[1] * by_head
    torch.testing.assert_close(block(x, mask), expected)


def test_weights_start_as_published() -> None:
    block = WindowMix(8, 2, window=7, shift=0, symmetric=False)
    assert block.rates.tolist() == [0.5, 0.5]
    assert 0.01 < block.positions.std() < 0.03
    taps = block.convolution.shifts.weight.detach()
    assert torch.equal(taps.flatten(2), torch.eye(9).expand(8, 9, 9))


def test_four_pixels_become_one() -> None:
    part = ready(PatchMerging(3, symmetric=False))
    x = torch.randn(1, 3, 4, 6, dtype=torch.float64)
    pixel = torch.stack([x[0, c, 2 + i, 4 + j] for c in range(3) for i in range(2) for j in range(2)])
    normalised = (pixel - pixel.mean()) / (pixel.var(unbiased=False) + 1e-5).sqrt() * part.norm.weight + part.norm.bias
    torch.testing.assert_close(part(x, None)[0, :, 1, 2], part.matrix.weight @ normalised)


@pytest.mark.parametrize(("preset", "published"), [(ACMIX_SWIN_T, 28_649_908), (ACMIX_SWIN_S, 50_345_080)], ids=["T", "S"])
def test_published_sizes(preset: dict, published: int) -> None:
    with torch.device("meta"):
        network = PictureClassifier(ACmixSwin(3, **preset, symmetry="none"))
    assert sum(parameter.numel() for parameter in network.parameters()) == published


def test_shift_lets_windows_meet() -> None:
    """A pixel hears from the next window only when windows are shifted."""
    for shift, heard in ((0, False), (3, True)):
        block = ready(WindowMix(4, 2, window=7, shift=shift, symmetric=False))
        nn.init.zeros_(block.rates[1:])
        x = torch.randn(1, 4, 14, 14, dtype=torch.float64, requires_grad=True)
        block(x, None)[0, :, 6, 6].sum().backward()
        assert bool(x.grad[0, :, 7, 7].any()) == heard


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(InputError, match="num_heads = 3"):
        WindowMix(8, 3, window=7, shift=0, symmetric=False)
    with pytest.raises(InputError, match="one of each for every stage"):
        ACmixSwin(3, depths=(2,), num_heads=(3, 6))
