"""Laws of augmentations: a pair map stays one."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from protfold.errors import InputError
from protfold.features.pair_images import TRANSPOSED, build_pair_image
from protfold.vision.augmentation import cropped, exchanged, off_diagonal_crop, with_noise, with_residues_erased
from tests.support.examples import EXAMPLES, example

DRAWN: dict[str, Callable[[Tensor, np.random.Generator], Tensor]] = {
    "cropped": lambda x, generator: cropped(x, torch.ones(x.shape[-1], dtype=torch.bool), 12, generator)[0],
    "erased": lambda x, generator: with_residues_erased(x, 0.3, generator)[0],
    "noise": lambda x, generator: with_noise(x, 0.1, generator),
}


def a_map() -> Tensor:
    x = torch.randn(3, 40, 40, generator=torch.Generator().manual_seed(0))
    return x + x.transpose(-1, -2)


@pytest.mark.parametrize("name", DRAWN)
def test_symmetric_maps_stay_symmetric(name: str) -> None:
    x = DRAWN[name](a_map(), np.random.default_rng(0))
    assert torch.equal(x, x.transpose(-1, -2))
    assert x.shape != a_map().shape or not torch.equal(x, a_map())


@pytest.mark.parametrize("name", DRAWN)
def test_draws_are_the_generators(name: str) -> None:
    first, second, third = (DRAWN[name](a_map(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, second)
    assert not torch.equal(first, third)


def test_a_crop_is_the_map_of_a_piece() -> None:
    protein = example(EXAMPLES[0])
    image = build_pair_image(protein, "directed")
    piece, mask = cropped(image.maps, image.mask, 20, np.random.default_rng(3))
    starts = [
        start
        for start in range(len(protein) - 19)
        if torch.equal(image.maps[:, start : start + 20, start : start + 20], piece)
        and torch.equal(image.mask[start : start + 20], mask)
    ]
    assert len(starts) == 1
    alone = build_pair_image(protein.select(np.arange(starts[0], starts[0] + 20)), "directed")
    torch.testing.assert_close(alone.maps, piece)
    whole, _ = cropped(image.maps, image.mask, 10_000, np.random.default_rng(3))
    assert torch.equal(whole, image.maps)


def test_every_piece_can_be_drawn() -> None:
    x = torch.arange(25.0).reshape(1, 5, 5)
    starts = {float(cropped(x, torch.ones(5) > 0, 3, np.random.default_rng(seed))[0][0, 0, 0]) for seed in range(50)}
    assert starts == {0.0, 6.0, 12.0}


def test_an_exchanged_block_is_the_block_across_the_diagonal() -> None:
    """With directed channels in their places; a block off the diagonal is another map then."""
    maps = build_pair_image(example(EXAMPLES[0]), "directed").maps
    block, (rows, columns) = off_diagonal_crop(maps, 16, np.random.default_rng(0))
    assert rows != columns
    across = maps[:, columns : columns + 16, rows : rows + 16]
    torch.testing.assert_close(exchanged(block, TRANSPOSED["directed"]), across, rtol=0.0, atol=1e-6)
    assert (block.transpose(-1, -2) - across).abs().max() > 0.1
    assert torch.equal(exchanged(exchanged(block, TRANSPOSED["directed"]), TRANSPOSED["directed"]), block)


def test_erased_residues_leave_nothing() -> None:
    x, erased = with_residues_erased(a_map() + 10.0, 0.3, np.random.default_rng(0))
    assert 4 < int(erased.sum()) < 20
    assert not x[:, erased].any()
    assert not x[..., erased].any()
    assert torch.equal(x[:, ~erased][..., ~erased], (a_map() + 10.0)[:, ~erased][..., ~erased])
    with pytest.raises(InputError, match=r"share = 1\.0; give a number from 0 to below 1"):
        with_residues_erased(a_map(), 1.0, np.random.default_rng(0))


@pytest.mark.parametrize("symmetric", [False, True])
def test_noise_is_as_large_as_asked_for(symmetric: bool) -> None:
    noise = with_noise(a_map(), 0.3, np.random.default_rng(0), symmetric=symmetric) - a_map()
    assert float(noise.std()) == pytest.approx(0.3, rel=0.05)
    assert float(noise.diagonal(dim1=-2, dim2=-1).std()) == pytest.approx(0.3, rel=0.3)
    assert torch.allclose(noise, noise.transpose(-1, -2)) is symmetric
