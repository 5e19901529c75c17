"""Measures beside what independent programs print; `make_tool_numbers.py` ran them."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.constants.residues import decode
from protfold.metrics.accessibility import accessible_surface
from protfold.metrics.comparison import compare_structures
from protfold.metrics.secondary_structure import secondary_structure
from protfold.metrics.tm_score import tm_score
from tests.support.examples import EXAMPLES, example, warped

FOUND = json.loads((Path(__file__).parent / "tool_numbers.json").read_text())


@pytest.mark.parametrize("case", FOUND["models"])
def test_comparison(case: str) -> None:
    """TMscore's numbers to the digits it prints, Biopython's and biotite's to five."""
    expected = FOUND["models"][case]
    name, amplitude = case.split()
    found = compare_structures(warped(example(name), float(amplitude)), example(name))
    for measure in ("tm_score", "gdt_ts", "gdt_ha"):
        assert getattr(found, measure) == pytest.approx(expected[measure], abs=5.1e-5), measure
    assert found.rmsd_ca == pytest.approx(expected["rmsd_ca"], abs=5.1e-4)
    assert found.rmsd_backbone == pytest.approx(expected["rmsd_backbone"], abs=2e-5)
    assert found.rmsd_all == pytest.approx(expected["rmsd_all"], abs=2e-5)
    assert found.lddt == pytest.approx(expected["lddt"], abs=2e-5)


@pytest.mark.parametrize("name", EXAMPLES)
def test_secondary_structure(name: str) -> None:
    """Every state of every residue as mkdssp 4.2.2 finds it, in chains and in models with bent hydrogen bonds."""
    assert secondary_structure(example(name)) == FOUND["mkdssp"][name]
    assert secondary_structure(warped(example(name), 0.3)) == FOUND["mkdssp of models"][name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_accessible_surface(name: str) -> None:
    """Of every residue the Å² that mkdssp 4.2.2 prints."""
    found = np.rint(accessible_surface(example(name))).astype(int)
    assert " ".join(map(str, found)) == FOUND["mkdssp accessibility"][name]


@pytest.mark.parametrize("names", FOUND["tm_align"])
def test_tm_score_of_unrelated_chains(names: str) -> None:
    """Over the pairs that TM-align chose, low scores with gaps; its own last superposition is found less thoroughly."""
    first, second = map(example, names.split())
    own, true, expected = FOUND["tm_align"][names]
    assert own.replace("-", "") == decode(first.aatype)
    aligned = np.array([list(own), list(true)]) != "-"
    rows, other_rows = (np.cumsum(aligned, axis=1) - 1)[:, aligned.all(axis=0)]
    points, target = (torch.from_numpy(one.atom37_positions[:, 1]) for one in (first, second))
    found = float(tm_score(points[rows], target[other_rows], normalization_length=len(target)))
    assert found == pytest.approx(expected, abs=1e-3)
