"""A protein is consistent by construction; selecting keeps chain names."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.io.proteins import make_protein


def test_selecting_by_mask_and_by_index_is_the_same() -> None:
    protein = make_protein("ACD:EF")
    by_index, by_mask = protein.select(np.array([1, 3])), protein.select(np.isin(np.arange(5), [1, 3]))
    for field in ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "chain_index", "b_factors"):
        assert np.array_equal(getattr(by_index, field), getattr(by_mask, field))
        assert np.array_equal(getattr(by_index, field), getattr(protein, field)[[1, 3]])
    assert by_index.chain_ids == protein.chain_ids
    assert (len(protein), len(by_index)) == (5, 2)


def test_selecting_follows_the_order_asked_for() -> None:
    protein = make_protein("ACD")
    assert protein.select(np.array([2, 0])).aatype.tolist() == protein.aatype[[2, 0]].tolist()


def test_a_field_of_another_length_is_refused() -> None:
    with pytest.raises(Exception, match="chain_index"):  # the shape checker of the tests may come first
        replace(make_protein("ACD"), chain_index=np.zeros(2, dtype=np.int32))


@pytest.mark.parametrize("index", [-1, 1])
def test_a_chain_without_a_name_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="chain_index reaches outside the 1 chain_ids"):
        replace(make_protein("ACD"), chain_index=np.array([0, 0, index], dtype=np.int32))
