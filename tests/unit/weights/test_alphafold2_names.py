"""The table names every array and every parameter exactly once."""

import pytest

from protfold.weights.alphafold2_names import TABLE, rows_for
from tests.parity.parameters import VARIANTS, layout


@pytest.mark.parametrize("variant", VARIANTS)
def test_rows_are_the_arrays_of_each_file(variant: str) -> None:
    rows = rows_for(templates=variant.startswith("model_1"), pae=variant.endswith("ptm"))
    assert sorted(row.alphafold2 for row in rows) == sorted(layout(variant))


def test_no_name_occurs_twice() -> None:
    assert len({row.protfold for row in TABLE}) == len({row.alphafold2 for row in TABLE}) == len(TABLE) == 338


def test_axes_agree_with_the_arrays() -> None:
    shapes = layout("model_1_ptm")
    assert {row.alphafold2: row.transform.num_axes + row.stacked for row in TABLE} == {
        name: len(shape) for name, shape in shapes.items()
    }


def test_stacked_rows_name_a_parameter_a_block() -> None:
    (row,) = [row for row in TABLE if row.protfold == "evoformer.blocks.*.msa_transition.widen.weight"]
    assert row.parameter_names(2) == [
        "evoformer.blocks.0.msa_transition.widen.weight",
        "evoformer.blocks.1.msa_transition.widen.weight",
    ]
    assert row.num_axes == 2
