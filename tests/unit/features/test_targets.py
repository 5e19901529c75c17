import numpy as np
import pytest

from protfold.errors import InputError
from protfold.features.targets import checked_chain_lengths, residue_index, target_feat


def test_target_feature_is_a_zero_bit_and_the_residue():
    aatype = np.arange(21, dtype=np.int8)
    feature = target_feat(aatype)
    assert feature.shape == (21, 22)
    assert not feature[:, 0].any()
    np.testing.assert_array_equal(feature[:, 1:], np.eye(21))


def test_residue_numbers_jump_by_two_hundred_at_each_chain():
    np.testing.assert_array_equal(residue_index([3, 1, 2]), [0, 1, 2, 203, 404, 405])


def test_chain_lengths_must_make_up_the_query():
    assert list(checked_chain_lengths(None, 9)) == [9]
    assert list(checked_chain_lengths((4, 5), 9)) == [4, 5]
    for wrong in ((4, 4), (9, 0), ()):
        with pytest.raises(InputError, match="9 columns"):
            checked_chain_lengths(wrong, 9)
