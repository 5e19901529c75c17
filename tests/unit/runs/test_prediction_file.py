"""A prediction goes through its file unchanged."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from protfold.entities import Protein
from protfold.inference.prediction import Prediction
from protfold.runs.prediction_file import read_prediction, write_prediction
from tests.unit.runs.fake_predictor import helix


@pytest.mark.parametrize("with_pae", [True, False])
@pytest.mark.parametrize("chains", [("MKVLL",), ("MKV", "GI")])
def test_round_trip(tmp_path: Path, chains: tuple[str, ...], with_pae: bool) -> None:
    written = helix("".join(chains), chains, weights="a b", seed=7, with_pae=with_pae)
    write_prediction(tmp_path / "x.npz", written)
    read = read_prediction(tmp_path / "x.npz")
    for field in fields(Prediction):
        before, after = getattr(written, field.name), getattr(read, field.name)
        if isinstance(before, Protein):
            pairs = [(getattr(before, part.name), getattr(after, part.name)) for part in fields(Protein)]
        else:
            pairs = [(before, after)]
        for one, other in pairs:
            assert type(one) is type(other)
            assert np.array_equal(one, other)
            assert getattr(one, "dtype", None) == getattr(other, "dtype", None)
