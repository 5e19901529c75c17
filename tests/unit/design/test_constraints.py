"""The resolved form: what it must hold, and that a design which breaks it is found out."""

from typing import Any

import numpy as np
import pytest

from protfold.design.constraints import Constraints

C = 4  # cysteine in the order ARNDCQEGHILKMFPSTWYV


def made(**changes: Any) -> Constraints:
    """Residues A1 to A4: a fixed one, two that are tied, and one of its own."""
    allowed = np.ones((4, 20), dtype=bool)
    allowed[1:, C] = False
    values = {
        "designed": np.array([False, True, True, True]),
        "types": np.array([C, 1, 2, 20]),
        "allowed": allowed,
        "bias": np.zeros((4, 20)),
        "groups": np.array([0, 1, 1, 2]),
        "weights": np.array([1.0, 0.75, -0.25, 1.0]),
        "names": ("A1", "A2", "A3", "A4"),
    }
    return Constraints(**values | changes)


def changed(array: np.ndarray, place: object, value: object) -> np.ndarray:
    """A copy with one entry set."""
    copy = array.copy()
    copy[place] = value
    return copy


def test_representatives_and_designed_groups() -> None:
    constraints = made()
    assert constraints.representatives.tolist() == [0, 1, 3]
    assert constraints.designed_groups.tolist() == [1, 2]
    assert len(constraints) == 4


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"names": ("A1", "A2")}, "one entry a residue"),
        ({"types": np.array([0, 1, 2, 21])}, "types are 0 to 20"),
        ({"allowed": np.zeros((4, 20), dtype=bool)}, "may have some type"),
        ({"bias": np.full((4, 20), np.inf)}, "bias and weights are finite"),
        ({"groups": np.array([1, 0, 0, 2])}, "numbered from 0 by their first residues"),
        ({"groups": np.array([0, 1, 1, 3])}, "numbered from 0 by their first residues"),
        ({"weights": np.array([1.0, 1.0, 1.0, 1.0])}, "absolute weights add up to 1"),
        ({"allowed": changed(made().allowed, (2, 7), False)}, "allowed types and bias are equal within a group"),
        ({"bias": changed(made().bias, (1, 7), 1.0)}, "allowed types and bias are equal within a group"),
        ({"designed": np.array([False, True, False, True])}, "tied residues are designed"),
    ],
)
def test_rules(changes: dict[str, np.ndarray], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        made(**changes)


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        ([C, 1, 1], "a design of 4 residues came back with 3"),
        ([0, 1, 1, 1], "A1 is not designed and C, but came back as 0"),
        ([C, 1, 1, 20], "A4 came back as type 20, which is none of the 20"),
        ([C, 1, 1, -1], "A4 came back as type -1"),
        ([C, C, C, 1], "A2 came back as C, which is excluded there"),
        ([C, 1, 2, 1], "A3 came back as N, A2, tied to it, as R"),
    ],
)
def test_a_broken_constraint_names_its_residue(sequence: list[int], message: str) -> None:
    made().check(np.array([C, 7, 7, 0]))
    with pytest.raises(RuntimeError, match=message):
        made().check(np.array(sequence))
