"""Recovery and perplexity by hand."""

import math

import numpy as np
import pytest

from protfold.constants.residues import encode
from protfold.metrics.recovery import perplexity, sequence_recovery, similarity_recovery

NATIVE = encode("ACDEFX").astype(np.int64)


def test_share_of_native_residues() -> None:
    """Three of five; the unknown one does not count, nor do masked ones."""
    designed = encode("ACDKWX").astype(np.int64)
    assert sequence_recovery(designed, NATIVE) == pytest.approx(0.6)
    assert sequence_recovery(designed, NATIVE, np.array([1, 1, 0, 0, 1, 1], dtype=bool)) == pytest.approx(2 / 3)
    batch = sequence_recovery(np.stack([designed, NATIVE]), np.stack([NATIVE, NATIVE]))
    np.testing.assert_allclose(batch, [0.6, 1.0])
    assert math.isnan(float(sequence_recovery(designed, NATIVE, np.zeros(6, dtype=bool))))


def test_similar_residues() -> None:
    """BLOSUM62 likes S for A (1), E for D (2), K for E (1) and Y for F (3); not W for C (-2)."""
    assert similarity_recovery(encode("SWEKYA").astype(np.int64), NATIVE) == pytest.approx(0.8)
    assert similarity_recovery(NATIVE, NATIVE) == 1.0
    assert similarity_recovery(encode("XXXXXX").astype(np.int64), NATIVE) == 0.0


def test_perplexity() -> None:
    """A network that knows nothing has 20, one that halves between two 2, one that is sure and right 1."""
    blank = np.full((6, 20), math.log(1 / 20))
    assert perplexity(blank, NATIVE) == pytest.approx(20.0)
    halves = np.full((6, 20), math.log(0.5))
    assert perplexity(halves, NATIVE) == pytest.approx(2.0)
    mixed = np.where(np.arange(6)[:, None] < 1, math.log(0.25), 0.0) * np.ones((6, 20))
    assert perplexity(mixed, NATIVE) == pytest.approx(4 ** (1 / 5))
    assert perplexity(mixed, NATIVE, np.arange(6) > 0) == pytest.approx(1.0)
