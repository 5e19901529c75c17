"""TM-score against TM-align on real chains, and its laws."""

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import decode
from protfold.metrics.tm_score import tm_distance_scale, tm_score
from tests.support.every_residue import random_rigid
from tests.unit.io.samples import needs_samples
from tests.unit.metrics.chains import bent_and_noisy, chain


@needs_samples
@pytest.mark.parametrize(("index", "bend", "noise"), [(1, 0.5, 0.5), (2, 1.2, 0.3), (3, 1.0, 3.0), (4, 0.0, 4.0)])
def test_a_model_scores_as_in_tm_align(index: int, bend: float, noise: float) -> None:
    """Over the pairs of residues that TM-align chose."""
    target, sequence = alpha_atoms(index)
    model = bent_and_noisy(target, bend=bend, noise=noise)
    ours, reference = scores_on_tm_align_pairs(model, sequence, target, sequence)
    assert ours == pytest.approx(reference, abs=1e-3)


@needs_samples
@pytest.mark.parametrize(("first", "second"), [(0, 1), (2, 3), (5, 0)])
def test_two_unrelated_chains_score_as_in_tm_align(first: int, second: int) -> None:
    """Low scores with gaps between the aligned residues."""
    ours, reference = scores_on_tm_align_pairs(*alpha_atoms(first), *alpha_atoms(second))
    assert ours == pytest.approx(reference, abs=1e-3)


def alpha_atoms(index: int) -> tuple[torch.Tensor, str]:
    """Observed CA atoms of a sample chain, and their residues."""
    protein = chain(index)
    known = protein.atom37_mask[:, ATOM37_INDEX["CA"]] > 0
    return torch.from_numpy(protein.atom37_positions[known, ATOM37_INDEX["CA"]]), decode(protein.aatype[known])


def scores_on_tm_align_pairs(model: torch.Tensor, model_sequence: str, target: torch.Tensor, sequence: str) -> tuple[float, float]:
    """Our score over the residues that TM-align pairs, and its own, both by the length of the target."""
    tmtools = pytest.importorskip("tmtools", reason="tmtools is the reference for TM-score")
    result = tmtools.tm_align(model.double().numpy(), target.double().numpy(), model_sequence, sequence)
    aligned = np.array([list(result.seqxA), list(result.seqyA)]) != "-"
    rows, other_rows = (np.cumsum(aligned, axis=1) - 1)[:, aligned.all(axis=0)]
    return float(tm_score(model[rows], target[other_rows], normalization_length=len(target))), result.tm_norm_chain2


def test_superposition_does_not_matter() -> None:
    target = random_walk(60, seed=0)
    assert float(tm_score(random_rigid(1, seed=1).apply(target), target)) == pytest.approx(1.0, abs=1e-5)


def test_half_of_a_chain_scores_half() -> None:
    target = random_walk(80, seed=2)
    assert float(tm_score(target[:40], target[:40], normalization_length=80)) == pytest.approx(0.5, abs=1e-5)


def test_a_rigid_half_is_found_whatever_the_other_half_does() -> None:
    """The superposition of all residues is poor; that of the kept half gives at least its share."""
    target = random_walk(100, seed=3)
    model = target.clone()
    model[50:] = random_walk(50, seed=4) + 60.0
    assert float(tm_score(model, target)) > 0.5


def test_the_score_never_exceeds_one_nor_depends_on_who_moves() -> None:
    first, second = random_walk(40, seed=5), random_walk(40, seed=6)
    one, other = float(tm_score(first, second)), float(tm_score(second, first))
    assert 0.0 < one < 0.5
    assert one == pytest.approx(other, abs=0.02)


@pytest.mark.parametrize(("length", "scale"), [(5, 0.5), (15, 0.5), (21, 0.5), (100, 3.652), (300, 6.360)])
def test_distance_scale(length: int, scale: float) -> None:
    """1.24 (L - 15)^(1/3) - 1.8, at least 0.5 Å."""
    assert tm_distance_scale(length) == pytest.approx(scale, abs=1e-3)


def test_four_residues_have_a_score() -> None:
    target = random_walk(4, seed=7)
    assert float(tm_score(target, target)) == pytest.approx(1.0, abs=1e-4)


def random_walk(count: int, *, seed: int) -> torch.Tensor:
    """Steps of 3.8 Å."""
    steps = torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))
    return (3.8 * steps / steps.norm(dim=-1, keepdim=True)).cumsum(0)
