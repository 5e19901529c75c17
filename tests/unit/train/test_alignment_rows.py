"""What is stored of an alignment: over the chain's own residues, the most telling rows, in their order."""

from dataclasses import replace

import numpy as np
import pytest

from protfold.constants.residues import GAP, decode, encode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.train.alignment_rows import SIMILAR, lay_over, similar_rows, store_rows
from tests.unit.features.made_inputs import random_msa

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"


def aligned(*rows: str) -> Msa:
    residues = np.stack([encode(row) for row in rows])
    deletions = np.arange(residues.size, dtype=np.int32).reshape(residues.shape)
    return Msa(
        residues=residues, deletions=deletions, descriptions=tuple(f"row {index}" for index in range(len(rows))), source="x.a3m"
    )


def test_columns_of_unobserved_residues_go_and_missing_ones_are_gaps() -> None:
    """The query has two residues before the chain and lacks five in its middle."""
    query = "GS" + SEQUENCE[:12] + SEQUENCE[17:]
    hit = "--" + "A" * (len(query) - 2)
    msa = lay_over(encode(SEQUENCE), aligned(query, hit))
    assert decode(msa.residues[0]) == SEQUENCE
    assert decode(msa.residues[1]) == "A" * 12 + "-----" + "A" * 16
    np.testing.assert_array_equal(msa.deletions[1, :12], len(query) + 2 + np.arange(12))
    assert not msa.deletions[:, 12:17].any()


def test_an_alignment_of_the_very_chain_is_taken_as_it_is() -> None:
    msa = aligned(SEQUENCE, "A" * len(SEQUENCE))
    assert lay_over(encode(SEQUENCE), msa) is msa


def test_a_point_mutation_is_allowed_and_another_protein_is_not() -> None:
    mutant = SEQUENCE.replace("W", "F").replace("Y", "F")
    assert decode(lay_over(encode(SEQUENCE), aligned(mutant, SEQUENCE)).residues[0]) == SEQUENCE
    with pytest.raises(InputError, match=r"x\.a3m: its query shares \d+ of 33 residues with the chain"):
        lay_over(encode(SEQUENCE), aligned("GWNDPC" * 6))


def test_repeats_and_empty_rows_are_not_stored() -> None:
    empty = "-" * len(SEQUENCE)
    other = "A" * len(SEQUENCE)
    stored = store_rows([aligned(SEQUENCE, other, empty), aligned(SEQUENCE, other, SEQUENCE[:-1] + "-")], 100, name="a")
    assert [decode(row) for row in stored.residues] == [SEQUENCE, other, SEQUENCE[:-1] + "-"]


def test_similar_rows_are_counted() -> None:
    """As pairs of rows compared letter by letter."""
    rows = random_msa(40, 30, seed=3).residues.copy()
    rows[20:] = rows[:20]
    rows[20:, :4] = GAP
    rows[30:, 9:] = GAP
    expected = [
        sum(sum(a == b != GAP for a, b in zip(row, other, strict=True)) >= SIMILAR * sum(a != GAP for a in row) for other in rows)
        for row in rows.tolist()
    ]
    np.testing.assert_array_equal(similar_rows(rows), expected)
    assert max(expected) > 1


def test_rare_rows_are_kept_before_common_ones() -> None:
    """Ninety likes of one row and nine that are alone: of 25 rows nine are the lone ones, not two; the query is first, in file order."""
    generator = np.random.default_rng(0)
    msa = random_msa(100, 60, seed=5)
    residues = generator.integers(20, size=(100, 60)).astype(np.int8)
    residues[0] = msa.residues[0]
    residues[10:] = residues[10]
    residues[np.arange(10, 100), generator.integers(60, size=90)] = generator.integers(20, size=90)
    residues = residues[np.r_[0, 1 + generator.permutation(99)]]
    msa = replace(msa, residues=residues)
    alone = similar_rows(residues) == 1
    kept = 0
    for name in ("a", "b", "c", "d"):
        stored = store_rows([msa], 25, name=name)
        rows = [int(text.removeprefix("row ")) for text in stored.descriptions]
        assert stored.depth == 25
        assert rows[0] == 0
        assert rows == sorted(set(rows))
        np.testing.assert_array_equal(stored.deletions, msa.deletions[rows])
        kept += alone[rows].sum() - 1
    assert kept >= 0.9 * 4 * 9


def test_rows_are_chosen_by_name_and_of_all_parts_of_a_deep_alignment() -> None:
    msa = random_msa(1000, 25, seed=7)
    first, again, other = (store_rows([msa], 40, name=name) for name in ("a", "a", "b"))
    assert first.descriptions == again.descriptions != other.descriptions
    rows = np.array([int(text.removeprefix("row ")) for text in first.descriptions])
    assert (np.histogram(rows, bins=4, range=(0, 1000))[0] > 3).all()
