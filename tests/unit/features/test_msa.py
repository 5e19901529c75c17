import numpy as np
import pytest

from protfold.constants.residues import UNKNOWN, encode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.features.msa import delete_msa_blocks, merge_msas, residue_profile
from tests.unit.features.made_inputs import random_msa


def _msa(*rows: str, source: str = "made") -> Msa:
    residues = np.stack([encode(row) for row in rows])
    deletions = np.arange(residues.size, dtype=np.int32).reshape(residues.shape)
    return Msa(residues=residues, deletions=deletions, descriptions=tuple(f"{source} {row}" for row in rows), source=source)


def test_rows_keep_their_order_and_the_first_of_equal_rows_its_deletions():
    first, second = _msa("ACDE", "AC-E", "----", source="one"), _msa("ACDE", "GCDE", "AC-E", "----", source="two")
    merged = merge_msas([first, second])
    assert merged.descriptions == ("one ACDE", "one AC-E", "one ----", "two GCDE")
    np.testing.assert_array_equal(merged.deletions, np.concatenate([first.deletions, second.deletions[1:2]]))
    assert merged.source == "one + two"


def test_merging_twice_changes_nothing():
    once = merge_msas([random_msa(50, 7), random_msa(50, 7)])
    twice = merge_msas([once])
    np.testing.assert_array_equal(once.residues, twice.residues)
    assert once.depth == len({row.tobytes() for row in once.residues})


def test_alignments_of_different_queries_are_refused():
    with pytest.raises(InputError, match="'two' differ in query column 3"):
        merge_msas([_msa("ACDE"), _msa("ACEE", source="two")])
    with pytest.raises(InputError, match="'two' has 3 query columns"):
        merge_msas([_msa("ACDE"), _msa("ACD", source="two")])
    with pytest.raises(InputError, match="no alignment"):
        merge_msas([])


def test_an_unknown_residue_in_one_copy_of_the_query_is_no_difference():
    merged = merge_msas([_msa("ACDE"), _msa("AXDE")])
    assert merged.depth == 2
    assert merged.residues[1, 1] == UNKNOWN


def test_profile_is_the_mean_of_the_one_hot_rows():
    msa = random_msa(200, 31)
    np.testing.assert_allclose(residue_profile(msa), np.eye(22)[msa.residues].mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("randomize", [False, True])
def test_block_deletion_keeps_the_query_and_the_order(randomize):
    msa = random_msa(100, 5)
    for seed in range(20):
        thinned = delete_msa_blocks(msa, np.random.default_rng(seed), randomize_num_blocks=randomize)
        rows = [int(description.removeprefix("row ")) for description in thinned.descriptions]
        assert rows[0] == 0
        assert rows == sorted(set(rows))
        np.testing.assert_array_equal(thinned.residues, msa.residues[rows])


def test_block_deletion_removes_runs_of_the_stated_length():
    msa = random_msa(100, 5)
    for seed in range(20):
        thinned = delete_msa_blocks(msa, np.random.default_rng(seed), num_blocks=1, fraction_per_block=0.3)
        rows = {int(description.removeprefix("row ")) for description in thinned.descriptions}
        gone = sorted(set(range(100)) - rows)
        start = int(np.random.default_rng(seed).integers(100, size=1)[0])
        assert gone == [row for row in range(start, min(start + 30, 100)) if row > 0]


def test_no_blocks_delete_nothing():
    assert delete_msa_blocks(random_msa(100, 5), np.random.default_rng(0), num_blocks=0).depth == 100
