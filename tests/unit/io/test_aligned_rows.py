"""Rows of one length: columns where the query has a gap become deletion counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.constants.residues import decode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io.aligned_rows import align_rows
from tests.unit.io.samples import slow_aligned


def align(*rows: str) -> Msa:
    encoded = [row.encode() for row in rows]
    return align_rows(encoded, tuple(f"r{number}" for number in range(len(rows))), source="f", line_of=lambda row: 10 + row)


def test_residues_over_gaps_of_the_query_are_counted_before_the_next_column() -> None:
    msa = align("--A-C--D-", "gWAyCkkDm", "---.-_~--", "W--Y--K-W")
    assert [decode(row) for row in msa.residues] == ["ACD", "ACD", "---", "---"]
    assert msa.deletions.tolist() == [[0, 0, 0], [2, 1, 2], [0, 0, 0], [1, 1, 1]]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_agrees_with_letter_by_letter(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 15))
    row = st.text("ACWYacwy-.", min_size=length, max_size=length)
    query = data.draw(row.filter(lambda text: text.strip("-.")))
    rows = [query, *data.draw(st.lists(row, max_size=5))]
    msa = align(*rows)
    assert [(decode(row), gaps.tolist()) for row, gaps in zip(msa.residues, msa.deletions, strict=True)] == slow_aligned(rows)


def test_many_rows_are_read_in_parts_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ["A-CD", *(f"{'ACDE'[i % 4]}{'-k'[i % 2]}C-" for i in range(50))]
    whole = align(*rows)
    monkeypatch.setattr("protfold.io.aligned_rows._BYTES_AT_ONCE", 12)
    parts = align(*rows)
    assert np.array_equal(whole.residues, parts.residues)
    assert np.array_equal(whole.deletions, parts.deletions)
    with pytest.raises(InputError, match=r"^f:61 \(record 'r51'\): character '!'"):
        align(*rows, "A-C!")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (("AC", "ACD"), "f:11 (record 'r1'): 3 aligned characters where the first row has 2"),
        (("--", "AC"), "f:10 (record 'r0'): the first row is the query and has no residues"),
        (("AC", "A1"), "f:11 (record 'r1'): character '1' at position 2 is no residue or gap"),
        (("AC", "*C"), "character '*' at position 1"),
    ],
)
def test_rows_that_do_not_fit_are_told(rows: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError) as raised:
        align(*rows)
    assert message in str(raised.value)
