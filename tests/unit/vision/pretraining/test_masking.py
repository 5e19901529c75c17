"""Laws of what is removed."""

from typing import get_args

import numpy as np
import pytest
import torch

from protfold.errors import InputError
from protfold.vision.pretraining.masking import Pattern, draw_removed, real_patches
from protfold.vision.pretraining.patches import patchify, unpatchify, whole_patches
from protfold.vision.pretraining.windows import draw_windows

PATTERNS = get_args(Pattern)
RATIOS = (0.25, 0.75, 0.9, 0.95)

every = pytest.mark.parametrize("pattern", PATTERNS)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def with_gaps(side: int = 15, seed: int = 5) -> np.ndarray:
    """Patches of a map in which some residues are missing and the end is padding."""
    there = generator(seed).random(side) < 0.8
    there[-3:] = False
    return np.outer(there, there)


def test_patches_are_in_the_published_order() -> None:
    x = torch.arange(2 * 3 * 8 * 12).reshape(2, 3, 8, 12).float()
    patches = patchify(x, 4)
    assert patches.shape == (2, 6, 48)
    row, column, p, q, channel = 1, 2, 3, 1, 2
    assert patches[1, row * 3 + column, (p * 4 + q) * 3 + channel] == x[1, channel, row * 4 + p, column * 4 + q]
    assert torch.equal(unpatchify(patches, 4, 2), x)


def test_maps_are_filled_up_with_zeros() -> None:
    x = torch.ones(1, 2, 9, 16)
    assert whole_patches(x, 4).shape == (1, 2, 12, 16)
    assert whole_patches(x, 4).sum() == x.sum()
    assert torch.equal(whole_patches(x, 1), x)


def test_a_patch_is_real_if_it_holds_one_pair() -> None:
    mask = torch.zeros(11)
    mask[[0, 9]] = 1.0
    expected = np.zeros((3, 3), dtype=bool)
    expected[np.ix_([0, 2], [0, 2])] = True
    assert np.array_equal(real_patches(mask, 4), expected)
    assert np.array_equal(real_patches(mask > 0, 4), expected)


@every
@pytest.mark.parametrize("ratio", RATIOS)
def test_no_patch_can_be_copied_from_its_mirror_image(pattern: Pattern, ratio: float) -> None:
    removed = draw_removed(with_gaps(), ratio, generator(), pattern=pattern)
    assert torch.equal(removed, removed.T)
    assert removed.any()


@every
@pytest.mark.parametrize("ratio", RATIOS)
def test_only_real_patches_are_removed_and_some_stay(pattern: Pattern, ratio: float) -> None:
    real = with_gaps()
    for seed in range(20):
        removed = draw_removed(real, ratio, generator(seed), pattern=pattern).numpy()
        assert not removed[~real].any()
        assert (real & ~removed).any()


@pytest.mark.parametrize("pattern", ["random", "blocks"])
@pytest.mark.parametrize("ratio", RATIOS)
def test_number_removed(pattern: Pattern, ratio: float) -> None:
    """L - floor(L (1 - ratio)), of patches and, mirrored, of unordered pairs of patch rows."""
    removed = draw_removed(np.ones((14, 14), dtype=bool), ratio, generator(), pattern=pattern, mirrored=False)
    assert int(removed.sum()) == 196 - int(196 * (1 - ratio) + 1e-9)
    removed = draw_removed(np.ones((14, 14), dtype=bool), ratio, generator(), pattern=pattern)
    assert int(torch.triu(removed).sum()) == 105 - int(105 * (1 - ratio) + 1e-9)


def test_nine_of_ten_are_nine() -> None:
    """And not ten, though 10 * (1 - 0.9) is less than 1 in floating point."""
    removed = draw_removed(np.ones((2, 5), dtype=bool), 0.9, generator(), mirrored=False)
    assert int(removed.sum()) == 9


@pytest.mark.parametrize("ratio", RATIOS)
def test_of_removed_residues_nothing_stays(ratio: float) -> None:
    real = with_gaps(40)
    removed = draw_removed(real, ratio, generator(), pattern="residues").numpy()
    visible = real & ~removed
    kept = visible.any(axis=1)
    assert np.array_equal(visible, np.outer(kept, kept))
    there = int(real.any(axis=1).sum())
    assert kept.sum() == round(there * (1 - ratio) ** 0.5)


@every
def test_every_patch_is_removed_as_often_as_others(pattern: Pattern) -> None:
    """Those of the diagonal, too; blocks are rarer at the rim."""
    real = np.ones((8, 8), dtype=bool)
    share = np.mean([draw_removed(real, 0.75, generator(seed), pattern=pattern).numpy() for seed in range(400)], axis=0)
    inner = share[2:-2, 2:-2] if pattern == "blocks" else share
    off_diagonal = ~np.eye(len(inner), dtype=bool)
    assert np.ptp(inner[off_diagonal]) < 0.2
    if pattern == "random":
        assert np.ptp(share) < 0.2


def test_blocks_hang_together() -> None:
    """A removed patch has more removed neighbours than at random."""

    def together(pattern: Pattern) -> float:
        drawn = [draw_removed(np.ones((20, 20), dtype=bool), 0.4, generator(seed), pattern=pattern) for seed in range(10)]
        return float(np.mean([float((one[1:] & one[:-1]).sum() / one.sum()) for one in drawn]))

    assert together("blocks") > together("random") + 0.25


@every
def test_equal_generators_draw_equally(pattern: Pattern) -> None:
    first, second, third = (draw_removed(with_gaps(), 0.75, generator(seed), pattern=pattern) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


@every
def test_smallest_maps(pattern: Pattern) -> None:
    assert not draw_removed(np.ones((1, 1), dtype=bool), 0.75, generator(), pattern=pattern).any()
    assert not draw_removed(np.zeros((3, 3), dtype=bool), 0.75, generator(), pattern=pattern).any()


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(InputError, match=r"ratio = 1\.0; give a share between 0 and 1"):
        draw_removed(with_gaps(), 1.0, generator())
    with pytest.raises(InputError, match=r"2 x 5 patches is not square; give pattern random or blocks, mirrored=False"):
        draw_removed(np.ones((2, 5), dtype=bool), 0.5, generator())
    with pytest.raises(InputError, match=r"2 x 5 patches is not square"):
        draw_windows(np.ones((2, 5), dtype=bool), 0.5, generator())


@pytest.mark.parametrize("mirrored", [False, True])
def test_each_map_has_different_windows(mirrored: bool) -> None:
    """Mirrored, no two are mirror images."""
    real = np.ones((14, 14), dtype=bool)
    for seed in range(20):
        windows = draw_windows(real, 0.8, generator(seed), mirrored=mirrored)
        corners = {tuple(sorted(corner) if mirrored else corner) for corner in windows.corners.tolist()}
        assert len(corners) == 4
        assert windows.corners.min() >= 0
        assert windows.corners.max() <= 7


def test_maps_of_a_batch_have_windows_of_their_own() -> None:
    """Whatever the batch size; corners are drawn for each."""
    drawn = [draw_windows(np.ones((30, 30), dtype=bool), 0.8, generator(seed)) for seed in range(8)]
    assert len({str(one.corners.tolist()) for one in drawn}) == 8


def test_number_removed_of_a_window() -> None:
    """39 of 49, as published; on the diagonal as many of the 28 lots."""
    for seed in range(20):
        windows = draw_windows(np.ones((20, 20), dtype=bool), 0.8, generator(seed))
        for corner, removed in zip(windows.corners, windows.removed, strict=True):
            offset = int((corner[0] - corner[1]).abs())
            if offset >= 7:
                assert int(removed.sum()) == 39
            if offset == 0:
                assert int(torch.triu(removed).sum()) == int(28 * 0.8)


@pytest.mark.parametrize("offset", range(-6, 7))
def test_no_patch_of_a_window_can_be_copied_from_its_mirror_image(offset: int) -> None:
    real = np.ones((20, 20), dtype=bool)
    for seed in range(200):
        windows = draw_windows(real, 0.8, generator(seed), count=8)
        for (top, left), removed in zip(windows.corners.tolist(), windows.removed, strict=True):
            if top - left != offset:
                continue
            whole = torch.zeros(20, 20)
            whole[top : top + 7, left : left + 7] = 1.0 + removed.float()
            within = (whole > 0) & (whole.T > 0)
            assert torch.equal(whole[within], whole.T[within])
            return
    raise AssertionError(f"no window {offset} from the diagonal")


def test_windows_are_half_real_and_padding_is_not_removed() -> None:
    real = np.zeros((20, 20), dtype=bool)
    real[:11, :11] = True
    real[4] = real[:, 4] = False
    for seed in range(20):
        windows = draw_windows(real, 0.8, generator(seed))
        for (top, left), removed in zip(windows.corners.tolist(), windows.removed.numpy(), strict=True):
            part = real[top : top + 7, left : left + 7]
            assert part.sum() >= 25
            assert not removed[~part].any()
            assert removed.any()


@pytest.mark.parametrize("side", [1, 3, 6, 7, 8])
def test_windows_of_short_chains(side: int) -> None:
    windows = draw_windows(np.ones((side, side), dtype=bool), 0.8, generator())
    assert windows.corners.shape == (4, 2)
    assert windows.removed.shape == (4, 7, 7)
    assert not windows.removed[:, side:].any()
    assert not windows.removed[..., side:].any()
    if side == 7:
        assert not torch.equal(windows.removed[0], windows.removed[1])


def test_windows_of_pictures() -> None:
    windows = draw_windows(np.ones((14, 9), dtype=bool), 0.8, generator(), mirrored=False)
    assert (windows.corners <= torch.tensor([7, 2])).all()
    assert (windows.removed.sum((-1, -2)) == 39).all()
