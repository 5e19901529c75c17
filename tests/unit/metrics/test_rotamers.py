"""Side-chain torsions of a model beside those observed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.design.side_chains import place_side_chains
from protfold.entities import Protein
from protfold.geometry.torsions import measure_torsions
from protfold.metrics.rotamers import rotamer_agreement
from tests.support.examples import example

NATIVE = example("1orc_A")


def torsions(protein: Protein) -> torch.Tensor:
    """chi1-chi4, radians."""
    arrays = (
        torch.from_numpy(one) for one in (protein.atom37_positions.astype(np.float64), protein.atom37_mask.astype(np.float64))
    )
    return torch.atan2(*measure_torsions(torch.from_numpy(protein.aatype.astype(np.int64)), *arrays).sin_cos[:, 3:].unbind(-1))


def turned(degrees: float) -> Protein:
    """Every side-chain torsion turned."""
    return place_side_chains(NATIVE, NATIVE.aatype.astype(np.int64), torsions(NATIVE) + np.radians(degrees))


@pytest.mark.parametrize("degrees", [0.0, 25.0, -60.0, 100.0, 170.0])
def test_differences_are_the_turn(degrees: float) -> None:
    agreement = rotamer_agreement(turned(degrees), turned(0.0))
    periodic = np.isin(NATIVE.aatype, [RESIDUE_CODE[letter] for letter in "DFY"])
    turn = np.where(periodic, min(abs(degrees), 180.0 - abs(degrees)), abs(degrees))
    chi2 = agreement.known[:, 1]
    np.testing.assert_allclose(agreement.differences[chi2, 1], np.where(periodic, turn, abs(degrees))[chi2], atol=0.01)
    np.testing.assert_allclose(agreement.differences[agreement.known[:, 0], 0], abs(degrees), atol=0.01)


def test_share_right_needs_all_torsions_before() -> None:
    native = torsions(NATIVE)
    native[:, 1] += 1.5
    model = place_side_chains(NATIVE, NATIVE.aatype.astype(np.int64), native)
    agreement = rotamer_agreement(model, NATIVE)
    assert agreement.share_right(1) == 1.0
    assert agreement.share_right(2) == 0.0
    assert agreement.share_right(2, within=90.0) == 1.0


def test_residues_of_another_type_do_not_count() -> None:
    unknown = replace(NATIVE, aatype=np.full_like(NATIVE.aatype, UNKNOWN))
    assert np.isnan(rotamer_agreement(NATIVE, unknown).share_right(1))
    known = rotamer_agreement(NATIVE, NATIVE).known
    without = np.isin(NATIVE.aatype, [RESIDUE_CODE["A"], RESIDUE_CODE["G"]])
    assert not known[without].any()
    assert known[~without, 0].mean() > 0.9  # some side chains were not observed
