"""Chains come back from their file as they were."""

from pathlib import Path

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.train.chain_store import load_chains, save_chains
from tests.support.chains import ideal_chain


def test_chains_survive_the_file(tmp_path: Path) -> None:
    """With and without alignments, whatever the order."""
    chains = [
        ideal_chain(20, name="a", depth=4),
        ideal_chain(7, name="b", cluster="d", split="test"),
        ideal_chain(11, name="c", depth=2),
    ]
    save_chains(chains, tmp_path / "folder" / "chains.npz")
    loaded = load_chains(tmp_path / "folder" / "chains.npz")
    assert [(one.id, one.split, one.cluster, one.resolution) for one in loaded] == [
        ("a", "train", "c", 2.0), ("b", "test", "d", 2.0), ("c", "train", "c", 2.0)
    ]  # fmt: skip
    for before, after in zip(chains, loaded, strict=True):
        np.testing.assert_array_equal(after.aatype, before.aatype)
        np.testing.assert_array_equal(after.residue_index, before.residue_index)
        np.testing.assert_array_equal(after.atom37_mask, before.atom37_mask)
        np.testing.assert_array_equal(after.atom37_positions, before.atom37_positions)
        assert (after.msa is None) == (before.msa is None)
        if before.msa is not None and after.msa is not None:
            np.testing.assert_array_equal(after.msa.residues, before.msa.residues)
            np.testing.assert_array_equal(after.msa.deletions, before.msa.deletions)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"chains\.npz: no such file"):
        load_chains(tmp_path / "chains.npz")


def test_the_query_is_an_alignment_of_one_row() -> None:
    chain = ideal_chain(9, depth=5)
    query = chain.query()
    assert query.depth == 1
    np.testing.assert_array_equal(query.residues[0], chain.aatype)
    assert not query.deletions.any()
