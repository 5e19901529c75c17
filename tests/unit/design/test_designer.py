"""Designs and scores of whole backbones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from protfold.constants.residues import UNKNOWN
from protfold.design.annealing import Annealing
from protfold.design.constraint_options import ConstraintOptions
from protfold.design.constraints import Constraints
from protfold.design.designer import Designer, SamplerOptions
from protfold.design.resolve import resolve_constraints
from protfold.design.scored_sequence import ScoredSequence
from protfold.design.states import join_states
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.model import EnvironmentTransformerConfig
from protfold.model.runtime import RuntimeOptions
from protfold.weights import LoadedDesigner
from tests.support.designers import GRAPH, LOCAL, backbone, random_designer

QUICK = SamplerOptions(temperature=0.5, annealing=Annealing(iterations=3, max_iterations=60))


def designer(config: EnvironmentTransformerConfig = GRAPH, *, threads: int = 1) -> Designer:
    loaded = LoadedDesigner(
        name="tiny", path=Path("tiny"), sha256="0", model=random_designer(config), licence="none", description="random"
    )
    return Designer(loaded, RuntimeOptions(device="cpu", threads=threads))


def free(protein: Protein, **options: str) -> Constraints:
    return resolve_constraints(ConstraintOptions(**options), protein)


def test_a_sequence_depends_on_its_number_alone() -> None:
    protein = backbone(25)
    many = designer().encode(protein).design(free(protein), num_sequences=4, options=QUICK, seed=1)
    few = designer(threads=2).encode(protein).design(free(protein), num_sequences=2, options=QUICK, seed=1)
    by_sample = {one.sample: one for one in many}
    assert sorted(by_sample) == [1, 2, 3, 4]
    for one in few:
        np.testing.assert_array_equal(one.types, by_sample[one.sample].types)
        assert one.score == pytest.approx(by_sample[one.sample].score, abs=1e-12)
    other = designer().encode(protein).design(free(protein), num_sequences=1, options=QUICK, seed=2)
    assert (other[0].types != by_sample[1].types).any()


def test_the_best_score_is_first_and_is_that_of_the_sequence() -> None:
    protein = backbone(25)
    one = designer().encode(protein)
    designs = one.design(free(protein), num_sequences=5, options=QUICK)
    scores = [design.score for design in designs]
    assert scores == sorted(scores)
    for design in designs:
        assert one.score(design.types).score == pytest.approx(design.score, abs=1e-9)


def test_more_restarts_never_score_worse() -> None:
    protein = backbone(25)
    alone, best_of_three = (
        designer().encode(protein).design(free(protein), num_sequences=2, options=replace(QUICK, num_restarts=number))
        for number in (1, 3)
    )
    assert [one.score for one in best_of_three] <= [one.score for one in alone]
    assert best_of_three[0].score < alone[0].score


def test_only_designed_residues_count_and_fixed_ones_stay() -> None:
    protein = backbone(25)
    limits = free(protein, fix="A3-12")
    (design,) = designer().encode(protein).design(limits, num_sequences=1, options=QUICK)
    assert design.counted.sum() == 15
    np.testing.assert_array_equal(design.types[:10], protein.aatype[:10])
    own = -design.log_probabilities[np.arange(10, 25), design.types[10:]]
    assert design.score == pytest.approx(own.mean())
    assert design.perplexity == pytest.approx(np.exp(own.mean()))


def test_states_of_one_sequence_do_not_see_each_other() -> None:
    first, second = backbone(20), backbone(20)
    moved = replace(second, atom37_positions=second.atom37_positions + np.float32(0.5))
    joined = join_states([first, moved])
    limits = resolve_constraints(ConstraintOptions(), joined.protein, ties=joined.ties)
    both = designer().encode(joined.protein, joined.state_index)
    (design,) = both.design(limits, num_sequences=1, options=QUICK)
    np.testing.assert_array_equal(design.types[:20], design.types[20:])
    together, apart = both.score(design.types), designer().encode(first).score(design.types[:20])
    np.testing.assert_allclose(together.log_probabilities[:20], apart.log_probabilities, atol=1e-9)


def test_progress_is_told() -> None:
    protein, told = backbone(12), []
    designer().encode(protein).design(
        free(protein), num_sequences=3, options=QUICK, progress=lambda done, total: told.append((done, total))
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_side_chains_are_added() -> None:
    protein = backbone(20)
    types = (protein.aatype + 3) % 20
    placed = designer().encode(protein).with_side_chains(types)
    np.testing.assert_array_equal(placed.aatype, types)
    assert placed.atom37_mask.sum() > 20 * 4
    with pytest.raises(InputError, match="tells no side-chain torsions"):
        designer(LOCAL).encode(protein).with_side_chains(types)


def test_what_cannot_be_is_refused() -> None:
    protein = backbone(12)
    with pytest.raises(InputError, match="a sequence of 11 residues for a backbone of 12"):
        designer().encode(protein).score(protein.aatype[:11])
    with pytest.raises(InputError, match="a bias has no effect at temperature 0"):
        designer().encode(protein).design(free(protein, bias="W:1"), options=SamplerOptions(temperature=0.0))
    with pytest.raises(InputError, match="temperature from 0"):
        SamplerOptions(temperature=-0.1)


def test_unknown_residues_have_no_score_of_their_own() -> None:
    types = np.array([0, UNKNOWN, 5])
    scored = ScoredSequence(types=types, log_probabilities=np.full((3, 20), np.log(0.05)), counted=np.array([True, False, True]))
    assert np.isnan(scored.per_residue).tolist() == [False, True, False]
    assert scored.score == pytest.approx(np.log(20))
    assert scored.recovery(np.array([0, 1, 6])) == 0.5
    nothing = replace(scored, counted=np.zeros(3, dtype=bool))
    assert np.isnan(nothing.score)
