"""Identity, composition and substitutions against Biopython's counts and by hand."""

import numpy as np
import pytest
from Bio.Align import Alignment
from Bio.SeqUtils.ProtParam import ProteinAnalysis

from protfold.constants.residues import RESIDUES, UNKNOWN, decode
from protfold.metrics.sequence_sets import composition, identity_matrix, substitutions

RNG = np.random.default_rng(0)
SEQUENCES = RNG.integers(0, 20, (5, 60))
SEQUENCES[1] = np.where(RNG.random(60) < 0.5, SEQUENCES[0], SEQUENCES[1])
COUNTED = RNG.random(60) < 0.7
COPIES = np.array([1, 3, 1, 2, 1])


def test_identity_is_that_of_biopythons_alignments() -> None:
    """Only counted residues; symmetric, one on the diagonal."""
    found = identity_matrix(SEQUENCES, COUNTED)
    texts = [decode(one[COUNTED]) for one in SEQUENCES]
    for row, one in enumerate(texts):
        for column, other in enumerate(texts):
            counts = Alignment([one, other]).counts()
            assert found[row, column] == pytest.approx(counts.identities / COUNTED.sum())
    assert found[0, 1] > 0.3
    assert np.isnan(identity_matrix(SEQUENCES, np.zeros(60, dtype=bool))).all()


def test_composition_is_biopythons_over_all_copies() -> None:
    text = "".join(decode(one[COUNTED]) * count for one, count in zip(SEQUENCES, COPIES, strict=True))
    percent = ProteinAnalysis(text).amino_acids_percent
    np.testing.assert_allclose(composition(SEQUENCES, COUNTED, COPIES), [percent[letter] / 100 for letter in RESIDUES], atol=1e-12)
    unknown = np.where(np.arange(60) < 30, UNKNOWN, SEQUENCES[0])[None]
    everything = np.ones(60, dtype=bool)
    assert composition(unknown, everything, np.ones(1)) == pytest.approx(
        composition(SEQUENCES[:1, 30:], everything[30:], np.ones(1))
    )


def test_substitutions_are_biopythons_and_add_up() -> None:
    """Rows add up to the native residues that count, as often as there are samples."""
    native = SEQUENCES[0].copy()
    native[:4] = UNKNOWN
    found = substitutions(native, SEQUENCES, COUNTED, COPIES)
    known = COUNTED & (native < UNKNOWN)
    expected = np.zeros((20, 20))
    for one, count in zip(SEQUENCES, COPIES, strict=True):
        pairs = Alignment([decode(native[known]), decode(one[known])]).substitutions
        for row, column in np.ndindex(20, 20):
            if RESIDUES[row] in pairs.alphabet and RESIDUES[column] in pairs.alphabet:
                expected[row, column] += count * pairs[RESIDUES[row], RESIDUES[column]]
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(found.sum(1), COPIES.sum() * np.bincount(native[known], minlength=20))
    np.testing.assert_array_equal(
        found.sum(0), sum(n * np.bincount(s[known], minlength=20) for n, s in zip(COPIES, SEQUENCES, strict=True))
    )
