"""Layouts against loops over elements, and both directions against each other."""

import pytest
import torch

from protfold.model import AlphaFoldConfig
from protfold.weights.transforms import TRANSPOSED, VECTOR, Transform, heads_in, heads_out, heads_vector

CONFIG = AlphaFoldConfig()


def two(config: AlphaFoldConfig) -> int:
    return 2


@pytest.mark.parametrize(
    ("transform", "shape"),
    [(VECTOR, (5,)), (TRANSPOSED, (3, 5)), (heads_out(two), (3, 2, 5)), (heads_in(two), (2, 5, 3)), (heads_vector(two), (2, 5))],
    ids=["vector", "transposed", "heads_out", "heads_in", "heads_vector"],
)
def test_back_and_forth_restores(transform: Transform, shape: tuple[int, ...]) -> None:
    array = torch.rand(shape)
    assert transform.num_axes == len(shape)
    assert torch.equal(transform.to_alphafold2(transform.to_protfold(array), CONFIG), array)


def test_elements_of_a_projection_to_heads() -> None:
    array = torch.rand(3, 2, 5)
    ours = heads_out(two).to_protfold(array)
    for channel_in in range(3):
        for head in range(2):
            for channel in range(5):
                assert ours[5 * head + channel, channel_in] == array[channel_in, head, channel]


def test_elements_of_a_projection_from_heads() -> None:
    array = torch.rand(2, 5, 3)
    ours = heads_in(two).to_protfold(array)
    for head in range(2):
        for channel in range(5):
            for channel_out in range(3):
                assert ours[channel_out, 5 * head + channel] == array[head, channel, channel_out]


def test_elements_of_a_bias_of_heads() -> None:
    array = torch.rand(2, 5)
    ours = heads_vector(two).to_protfold(array)
    assert [float(value) for value in ours] == [float(array[head, channel]) for head in range(2) for channel in range(5)]
