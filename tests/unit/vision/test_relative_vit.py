"""Laws of relative positions in keys."""

import pytest
import torch
from torch import nn

from protfold.vision.relative_keys import RelativeKeys, offset_class, relative_buckets


def test_offset_classes() -> None:
    """Of offsets -6 to 6, as published; the farthest are alike."""
    assert offset_class(torch.arange(-6, 7)).tolist() == [-3, -3, -3, -2, -2, -1, 0, 1, 2, 2, 3, 3, 3]
    assert offset_class(torch.tensor([-1000, 1000])).tolist() == [-3, 3]


def test_buckets() -> None:
    buckets = relative_buckets(7, 7, class_token=True)
    assert (buckets[0] == 49).all()
    assert (buckets[:, 0] == 49).all()
    assert set(buckets[1:, 1:].flatten().tolist()) == set(range(49))
    assert buckets[1 + 7 * 2 + 3, 1 + 7 * 4 + 2] == (2 + 3) * 7 + (-1 + 3)


@pytest.mark.parametrize("symmetric", [False, True])
def test_they_are_part_of_keys(symmetric: bool) -> None:
    """To the scores comes q T / sqrt(d), pair by pair; at first nothing."""
    keys, queries = RelativeKeys(4, symmetric=symmetric), torch.randn(2, 3, 6, 4)
    buckets = relative_buckets(2, 3, class_token=False)
    assert not keys(queries, buckets).any()
    nn.init.normal_(keys.table)
    expected = torch.einsum("bhid,dij->bhij", queries, keys.keys[0][:, buckets]) / 2.0
    torch.testing.assert_close(keys(queries, buckets), expected)
    if symmetric:
        table = keys.keys[0, :, :-1].unflatten(1, (7, 7))
        assert torch.equal(table, table.transpose(-1, -2))
