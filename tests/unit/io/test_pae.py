"""Predicted aligned error as JSON."""

import json
from pathlib import Path

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.io import format_pae_json, read_pae_json


def test_writing_and_reading_restores_to_a_hundredth(tmp_path: Path) -> None:
    pae = np.random.default_rng(0).uniform(0.25, 31.75, (7, 7)).astype(np.float32)
    (tmp_path / "pae.json").write_text(format_pae_json(pae))
    found, max_pae = read_pae_json(tmp_path / "pae.json")
    assert np.abs(found - pae).max() <= 0.005 + 1e-5
    assert (found.dtype, max_pae) == (np.float32, 31.75)


def test_the_layout_is_that_of_the_alphafold_database() -> None:
    text = format_pae_json(np.array([[0.25, 3.14159], [2.0, 0.25]], dtype=np.float32))
    assert text == '[{"predicted_aligned_error":[[0.25,3.14],[2.0,0.25]],"max_predicted_aligned_error":31.75}]\n'


@pytest.mark.parametrize("as_list", [True, False])
def test_a_list_and_a_bare_object_are_read(tmp_path: Path, as_list: bool) -> None:
    record = {"predicted_aligned_error": [[0, 7], [8, 0]], "max_predicted_aligned_error": 31}
    (tmp_path / "x.json").write_text(json.dumps([record] if as_list else record))
    pae, max_pae = read_pae_json(tmp_path / "x.json")
    assert pae.tolist() == [[0, 7], [8, 0]]
    assert max_pae == 31.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no valid JSON"),
        ("[]", "must hold one object with 'predicted_aligned_error'"),
        ('{"pae": []}', "must hold one object"),
        ("3", "must hold one object"),
        ('{"predicted_aligned_error": [[1, 2], [3]], "max_predicted_aligned_error": 31}', "rows of equal length"),
        ('{"predicted_aligned_error": [["a"]], "max_predicted_aligned_error": 31}', "must hold one object"),
        (
            '{"predicted_aligned_error": [[1, 2]], "max_predicted_aligned_error": 31}',
            "must be a square of finite numbers, but have shape (1, 2)",
        ),
        ('{"predicted_aligned_error": [[NaN]], "max_predicted_aligned_error": 31}', "must be a square of finite numbers"),
        ('{"predicted_aligned_error": [[1]], "max_predicted_aligned_error": Infinity}', "finite"),
    ],
)
def test_another_layout_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(InputError) as raised:
        read_pae_json(tmp_path / "x.json")
    assert message in str(raised.value)


def test_errors_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        format_pae_json(np.full((2, 2), np.nan, dtype=np.float32))
