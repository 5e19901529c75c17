"""Each limit lets its last value pass and drops the next one."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.train.chain import Chain
from protfold.train.filters import ChainFilter
from tests.support.chains import ideal_chain

CHAIN = ideal_chain(20)


def with_types(*types: int) -> Chain:
    return replace(CHAIN, aatype=np.array(types))


def with_alpha(number: int) -> Chain:
    mask = CHAIN.atom37_mask.copy()
    mask[number:, 1] = 0.0
    return replace(CHAIN, atom37_mask=mask)


@pytest.mark.parametrize(
    ("limits", "passing", "failing", "reason"),
    [
        ({"min_length": 20}, CHAIN, ideal_chain(19), "too short"),
        ({"max_length": 19}, ideal_chain(19), CHAIN, "too long"),
        ({"max_resolution": 2.5}, replace(CHAIN, resolution=2.5), replace(CHAIN, resolution=2.51), "resolution"),
        ({"max_resolution": 2.5}, replace(CHAIN, resolution=0.0), replace(CHAIN, resolution=9.0), "resolution"),
        ({"max_unknown": 0.1}, with_types(20, 20, *range(18)), with_types(20, 20, 20, *range(17)), "unknown residues"),
        (
            {"max_one_residue": 0.8}, with_types(*[3] * 16, 0, 1, 2, 4), with_types(*[3] * 17, 0, 1, 2), "one residue dominates"
        ),
        ({"min_observed": 0.75}, with_alpha(15), with_alpha(14), "too little observed"),
        (
            {},
            replace(CHAIN, atom37_positions=CHAIN.atom37_positions * np.float32(5.0)),
            replace(CHAIN, atom37_positions=CHAIN.atom37_positions * np.float32(50.0)),
            "too wide to store",
        ),
    ],
)  # fmt: skip
def test_limits(limits: dict[str, Any], passing: Chain, failing: Chain, reason: str) -> None:
    settings = ChainFilter(**{"min_length": 1} | limits)
    assert settings.objection(passing) is None
    assert settings.objection(failing) == reason


def test_a_chain_without_an_atom_is_dropped_whatever_is_allowed() -> None:
    bare = replace(CHAIN, atom37_mask=np.zeros_like(CHAIN.atom37_mask))
    assert ChainFilter(min_length=1, min_observed=0.0).objection(bare) == "too little observed"


@pytest.mark.parametrize(
    "limits",
    [{"min_length": 0}, {"min_length": 9, "max_length": 8}, {"max_resolution": 0.0}, {"max_unknown": 1.1}, {"min_observed": -0.1}],
)
def test_senseless_limits_are_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=str(next(iter(limits.values())))):
        ChainFilter(**limits)
