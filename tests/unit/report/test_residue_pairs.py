"""Maps over pairs of residues, one byte a value."""

import base64

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from protfold.report.residue_pairs import MAX_CELLS, coarsened, map_data


def values_of(data: dict[str, object]) -> np.ndarray:
    """What a page's script makes of it."""
    levels = np.frombuffer(base64.b64decode(str(data["data"])), np.uint8).reshape(data["size"], data["size"])
    return levels / 255.0 * float(str(data["maximum"]))


def test_a_byte_is_near_enough() -> None:
    pae = np.random.default_rng(0).uniform(0.0, 31.75, (40, 40))
    data = map_data(pae, maximum=30.0, coarsen="mean")
    assert (data["size"], data["bin"]) == (40, 1)
    assert np.abs(values_of(data) - np.minimum(pae, 30.0)).max() <= 0.5 * 30.0 / 255.0 + 1e-9


@given(st.integers(1, 17), st.integers(1, 6))
def test_coarsening_is_the_mean_or_the_maximum_of_squares(num_residues: int, step: int) -> None:
    values = np.random.default_rng(num_residues).normal(size=(num_residues, num_residues))
    starts = range(0, num_residues, step)
    for how, of in (("mean", np.mean), ("max", np.max)):
        expected = [[of(values[row : row + step, column : column + step]) for column in starts] for row in starts]
        np.testing.assert_allclose(coarsened(values, step, how), expected, atol=1e-12)


def test_three_thousand_residues_make_no_large_page() -> None:
    data = map_data(np.zeros((3000, 3000), np.float32), maximum=30.0, coarsen="mean")
    assert (data["size"], data["bin"]) == (1000, 3)
    assert len(data["data"]) < 1.4 * MAX_CELLS**2
