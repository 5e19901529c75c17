"""Each input that cannot be relaxed gets one line, at once."""

import time
from dataclasses import replace

import numpy as np
import pytest

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.relax import RelaxConfig, relax
from protfold.relax.checks import MAX_RESIDUES
from tests.unit.relax.peptides import moved, peptide


def with_nan() -> Protein:
    """Two coordinates that are no numbers."""
    positions = peptide().atom37_positions.copy()
    positions[3, 1, 2], positions[4, 0, 0] = np.nan, np.inf
    return replace(peptide(), atom37_positions=positions)


def on_top() -> Protein:
    """One atom laid exactly on another."""
    positions = peptide().atom37_positions.copy()
    positions[9, 1] = positions[3, 1]
    return replace(peptide(), atom37_positions=positions)


@pytest.mark.parametrize(
    ("protein", "problem"),
    [
        (peptide().select(np.arange(0)), "no protein atom"),
        (replace(peptide(), atom37_mask=np.zeros_like(peptide().atom37_mask)), "no protein atom"),
        (peptide().select(np.arange(1)), "a single residue has no peptide bond"),
        (peptide().select(np.arange(0, 16, 4)), "no two of 4 residues are bonded"),
        (replace(peptide(), atom37_mask=peptide().atom37_mask * (np.arange(37) == 1)), "none of 16 residues has N, CA and C"),
        (with_nan(), "2 of 137 atoms have coordinates that are no finite numbers, the first is A ARG 154 CA"),
        (replace(peptide(), atom37_positions=np.zeros_like(peptide().atom37_positions)), "all 137 atoms lie within 1 Å"),
        (on_top(), "atoms that lie exactly on another: 1, the first on A ARG 154 CA"),
        (peptide().select(np.zeros(100_000, dtype=int)), f"100000 residues are too many to relax; the most is {MAX_RESIDUES}"),
    ],
)
def test_what_cannot_be_relaxed(protein: Protein, problem: str) -> None:
    """One line that says what is wrong, within a second."""
    start = time.perf_counter()
    with pytest.raises(InputError, match=problem.replace("(", r"\(")) as caught:
        relax(protein, RelaxConfig(platform="CPU"))
    assert time.perf_counter() - start < 2.0
    assert "\n" not in str(caught.value)


def test_a_collapsed_structure_is_no_failure() -> None:
    """All atoms within 3 Å, energies of 1e14: the coordinates stay finite, and what is wrong is said."""
    positions = peptide().atom37_positions
    found = relax(moved(peptide(), -0.9 * positions), RelaxConfig(platform="CPU", max_iterations=10, max_rounds=1))
    assert found.energy_before > 1e10
    assert np.isfinite(found.protein.atom37_positions).all()
    assert "residues still in violation after the last round: 16" in found.warnings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("force_field", "charmm"),
        ("platform", "cpu"),
        ("stiffness", -1.0),
        ("stiffness", float("nan")),
        ("tolerance", 0.0),
        ("tolerance", float("nan")),
        ("max_iterations", -1),
        ("max_rounds", 0),
        ("threads", 0),
    ],
)
def test_settings_out_of_range(setting: str, value: object) -> None:
    """Each is named with its value."""
    with pytest.raises(InputError, match=f"{setting} = {value!r}" if isinstance(value, str) else f"{setting} = "):
        RelaxConfig(**{setting: value})  # type: ignore[arg-type]
