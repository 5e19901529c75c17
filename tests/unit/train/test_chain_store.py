"""A store shows its chains, selects among them, and says what it lacks."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.train.chain_store import INDEX, ChainStore
from protfold.train.chain_table import ChainTable
from tests.support.chains import ideal_chain
from tests.support.fold_training import write_store

CHAINS = [
    ideal_chain(20, name="a", depth=4),
    ideal_chain(7, name="b", cluster="d", split="test"),
    ideal_chain(11, name="c", depth=2, seed=2),
]


@pytest.fixture
def store(tmp_path: Path) -> ChainStore:
    return ChainStore(write_store(tmp_path / "store", CHAINS))


def test_chains_have_what_the_index_says_of_them(store: ChainStore) -> None:
    assert [(one.id, one.split, one.cluster, one.resolution, len(one)) for one in store] == [
        ("a", "train", "c", 2.0, 20), ("b", "test", "d", 2.0, 7), ("c", "train", "c", 2.0, 11)
    ]  # fmt: skip
    for before, after in zip(CHAINS, store, strict=True):
        np.testing.assert_array_equal(after.aatype, before.aatype)
        np.testing.assert_allclose(after.b_factors, before.b_factors, atol=1e-4)
    table, expected = store.table, ChainTable.of(CHAINS)
    for name in ("id", "split", "cluster", "resolution", "length", "depth", "backbone_only"):
        np.testing.assert_array_equal(getattr(table, name), getattr(expected, name))
    assert table.depth.tolist() == [4, 0, 2]


def test_selections_read_the_same_chains(store: ChainStore) -> None:
    train = store.split("train")
    assert [one.id for one in train] == ["a", "c"]
    assert [one.id for one in store[1:]] == ["b", "c"]
    assert store[-1].id == "c"
    long = store.select(store.table.length > 10)
    assert long.table.length.tolist() == [20, 11]
    np.testing.assert_array_equal(long[1].atom37_positions, store[2].atom37_positions)
    assert len(train.select(np.array([1, 1, 0]))) == 3


def test_another_process_may_be_handed_a_store_in_use(store: ChainStore) -> None:
    """What travels is names and numbers, no open file."""
    unused = len(pickle.dumps(store))
    first = store[0]
    assert len(pickle.dumps(store)) == unused
    sent = pickle.dumps(store.split("train"))
    np.testing.assert_array_equal(pickle.loads(sent)[0].atom37_positions, first.atom37_positions)


def test_backbone_only_is_told_by_the_atoms() -> None:
    chain = CHAINS[0]
    assert not chain.backbone_only
    bare = np.zeros_like(chain.atom37_mask)
    bare[:, [0, 1, 2, 3, 4]] = chain.atom37_mask[:, [0, 1, 2, 3, 4]]
    assert replace(chain, atom37_mask=bare).backbone_only


def test_the_query_is_an_alignment_of_one_row() -> None:
    query = CHAINS[0].query()
    assert query.depth == 1
    np.testing.assert_array_equal(query.residues[0], CHAINS[0].aatype)
    assert not query.deletions.any()


def test_a_missing_split_is_told_with_those_there_are(store: ChainStore) -> None:
    with pytest.raises(InputError, match=r"no chain of the split 'valid'; it has 1 of 'test', 2 of 'train'"):
        store.split("valid")


def test_what_is_no_store_is_refused(tmp_path: Path, store: ChainStore) -> None:
    with pytest.raises(InputError, match=r"elsewhere: holds no training chains; make them with `protfold train prepare`"):
        ChainStore(tmp_path / "elsewhere")
    index = store.folder / INDEX
    index.write_text(json.dumps(json.loads(index.read_text()) | {"version": 99}))
    with pytest.raises(InputError, match="has version 99, this protfold reads version 2"):
        ChainStore(store.folder)
    index.write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        ChainStore(store.folder)
