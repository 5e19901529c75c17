"""Chains come back from a shard as they were, to its stated precision."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.train.chain import Chain
from protfold.train.shards import B_FACTOR_UNIT, MAX_B_FACTOR, MAX_DELETIONS, UNIT, Shard, encode_shard
from tests.support.chains import ideal_chain

CHAINS = [ideal_chain(20, name="a", depth=4), ideal_chain(7, name="b"), ideal_chain(11, name="c", depth=2, seed=3)]


def written(folder: Path, chains: list[Chain], note: str = "") -> Shard:
    path = folder / "shard"
    path.write_bytes(encode_shard(chains, note))
    return Shard(path)


@pytest.mark.parametrize("row", [0, 1, 2])
def test_a_chain_survives(tmp_path: Path, row: int) -> None:
    """Whatever lies before it; coordinates up to half a step along each axis and a shift of the whole."""
    shard = written(tmp_path, CHAINS, "a note")
    assert (len(shard), shard.note) == (3, "a note")
    before, after = CHAINS[row], shard.read(row)
    for name in ("aatype", "residue_index", "atom37_mask"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    np.testing.assert_allclose(after.b_factors, before.b_factors, atol=B_FACTOR_UNIT / 2)
    observed = before.atom37_mask > 0
    shift = (after.atom37_positions - before.atom37_positions)[observed]
    assert np.ptp(shift, axis=0).max() <= UNIT + 1e-5
    assert not after.atom37_positions[~observed].any()
    assert (after.msa is None) == (before.msa is None)
    if before.msa is not None and after.msa is not None:
        np.testing.assert_array_equal(after.msa.residues, before.msa.residues)
        np.testing.assert_array_equal(after.msa.deletions, before.msa.deletions)


def test_long_chains_and_long_insertions_fit(tmp_path: Path) -> None:
    """650 Å from end to end, and no more insertions than can be counted."""
    chain = ideal_chain(20, depth=2)
    assert chain.msa is not None
    deletions = np.zeros_like(chain.msa.deletions)
    deletions[1, 5], deletions[1, 7] = 40_000, 200_000
    positions = chain.atom37_positions.copy()
    positions[:, :, 0] += np.linspace(1000.0, 1600.0, 20)[:, None]
    wide = replace(chain, atom37_positions=positions * chain.atom37_mask[..., None], msa=replace(chain.msa, deletions=deletions))
    after = written(tmp_path, [wide]).read(0)
    observed = chain.atom37_mask > 0
    shift = (after.atom37_positions - positions)[observed]
    assert np.ptp(shift, axis=0).max() <= UNIT + 1e-4
    assert after.msa is not None
    assert after.msa.deletions[1, [5, 7]].tolist() == [40_000, MAX_DELETIONS]


def test_odd_b_factors_stay_in_range(tmp_path: Path) -> None:
    """Negative ones are unknown, and no larger ones than can be stored."""
    odd = CHAINS[1].b_factors.copy()
    odd[:3] = -5.0, 999.99, 0.004
    after = written(tmp_path, [replace(CHAINS[1], b_factors=odd)]).read(0)
    np.testing.assert_allclose(after.b_factors[:3], [0.0, MAX_B_FACTOR, 0.0], rtol=1e-6)
    np.testing.assert_allclose(after.b_factors[3:], odd[3:], atol=B_FACTOR_UNIT / 2)


def test_shards_without_chains_atoms_or_alignments_are_possible(tmp_path: Path) -> None:
    assert len(written(tmp_path, [])) == 0
    bare = replace(
        CHAINS[1], atom37_mask=np.zeros_like(CHAINS[1].atom37_mask), atom37_positions=np.zeros_like(CHAINS[1].atom37_positions)
    )
    after = written(tmp_path, [bare]).read(0)
    assert not after.atom37_mask.any()
    assert after.msa is None


def test_equal_chains_give_equal_bytes() -> None:
    assert encode_shard(CHAINS, "x") == encode_shard(CHAINS, "x")
    assert encode_shard(CHAINS, "x") != encode_shard(CHAINS[:2], "x")


@pytest.mark.parametrize("damage", ["cut", "rubbish", "absent", "empty"])
def test_a_damaged_shard_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "shard-7"
    content = encode_shard(CHAINS, "")
    if damage != "absent":
        path.write_bytes({"cut": content[: len(content) // 2], "rubbish": b"\xff" * 3000, "empty": b""}[damage])
    with pytest.raises(InputError, match=r"shard-7: is no readable shard .* prepare the store again"):
        Shard(path)
