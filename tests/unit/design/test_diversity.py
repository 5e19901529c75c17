"""Diversity of designs, and the temperature that gives it."""

import subprocess
import sys

import numpy as np
import pytest

from protfold.design.constraint_options import ConstraintOptions
from protfold.design.designer import Designer
from protfold.design.diversity import HIGHEST, LOWEST, diversity_of, find_temperature
from protfold.design.resolve import resolve_constraints
from protfold.errors import InputError
from tests.support.designer_files import write_designer
from tests.support.designers import backbone


@pytest.fixture(scope="module")
def designer(tmp_path_factory: pytest.TempPathFactory) -> Designer:
    return Designer(write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors"))


def test_diversity_counts_designed_residues_of_each_two() -> None:
    sequences = [np.array(one) for one in ([0, 1, 2, 3], [0, 1, 5, 3], [9, 1, 2, 4])]
    every = np.ones(4, dtype=bool)
    assert diversity_of(sequences, every) == pytest.approx(1 - (3 + 2 + 1) / 12)
    assert diversity_of(sequences, np.array([False, True, False, False])) == 0.0
    assert np.isnan(diversity_of(sequences[:1], every))


def test_the_temperature_gives_the_diversity(designer: Designer) -> None:
    """About what was asked for, among many designs; more diversity takes a higher temperature; twice the same."""
    protein = backbone(20)
    constraints = resolve_constraints(ConstraintOptions(exclude="C"), protein)
    found = {asked: find_temperature(designer.encode(protein), constraints, diversity=asked, seed=1) for asked in (0.3, 0.6)}
    assert LOWEST < found[0.3].temperature < found[0.6].temperature < HIGHEST
    for asked, one in found.items():
        assert one.diversity == pytest.approx(asked, abs=0.12)
        assert not one.is_bound
    assert find_temperature(designer.encode(protein), constraints, diversity=0.3, seed=1) == found[0.3]


def test_what_is_out_of_reach_is_said(designer: Designer) -> None:
    """One type for every residue leaves no choice."""
    protein = backbone(6)
    constraints = resolve_constraints(ConstraintOptions(exclude="ARNDCQEGHILKMFPSTWY"), protein)
    found = find_temperature(designer.encode(protein), constraints, diversity=0.5)
    assert (found.is_bound, found.diversity) == (True, 0.0)
    with pytest.raises(InputError, match="between 0 and 1"):
        find_temperature(designer.encode(protein), constraints, diversity=0.0)


@pytest.mark.parametrize(
    "first", ["import protfold.design.ties", "from protfold import design", "from protfold.design import Designer"]
)
def test_the_package_can_be_called(first: str) -> None:
    """Whatever is imported first, `protfold.design` is a package, and a function that lives higher up."""
    code = f"""
{first}
import inspect, protfold
assert "states" in inspect.signature(protfold.design).parameters
assert protfold.design.Designer.__name__ == "Designer"
"""
    subprocess.run([sys.executable, "-c", code], check=True)
