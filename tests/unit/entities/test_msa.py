"""An alignment is consistent by construction."""

import numpy as np
import pytest

from protfold.entities import Msa


def make(rows: int, columns: int, *, deletion_columns: int | None = None, names: int | None = None) -> Msa:
    return Msa(
        residues=np.zeros((rows, columns), dtype=np.int8),
        deletions=np.zeros((rows, columns if deletion_columns is None else deletion_columns), dtype=np.int32),
        descriptions=("",) * (rows if names is None else names),
    )


def test_depth_counts_the_query() -> None:
    msa = make(3, 5)
    assert (msa.depth, msa.num_residues, msa.source) == (3, 5, "")


def test_an_alignment_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        make(1, 2).source = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": 2, "columns": 3, "names": 1}, "1 descriptions for 2 rows"),
        ({"rows": 0, "columns": 3}, "an alignment holds at least its query"),
    ],
)
def test_parts_that_do_not_fit_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**arguments)


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(Exception, match=r"must be equal \[N_rows, N_res\]|deletions"):
        make(2, 3, deletion_columns=4)
