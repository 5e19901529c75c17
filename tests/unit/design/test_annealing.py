"""How the search quiets down."""

import pytest

from protfold.design.annealing import Annealing
from protfold.errors import InputError


def test_the_published_course() -> None:
    published = Annealing(iterations=250)
    accepted = [published.num_accepted(iteration, proposed=100, sites=100) for iteration in range(500)]
    assert accepted[:250] == [80] * 250
    assert accepted == sorted(accepted, reverse=True)
    assert accepted[399] == 1
    assert accepted[400:] == [1] * 100
    assert [published.one_by_one(iteration) for iteration in (399, 400, 1000)] == [False, True, True]
    assert accepted[325] == 9  # half of the way of the exponent: the root of 80 x 1
    disturbed = [published.num_disturbed(iteration, sites=100) for iteration in range(300)]
    assert disturbed[0] == 30
    assert disturbed[125] == 15
    assert disturbed[250:] == [0] * 50


def test_few_proposals_are_not_exceeded_and_one_is_always_taken() -> None:
    annealing = Annealing(iterations=10)
    assert [annealing.num_accepted(0, proposed=number, sites=500) for number in (0, 1, 2)] == [0, 1, 2]
    assert annealing.num_accepted(15, proposed=7, sites=500) == 1


def test_without_annealing_one_residue_at_a_time() -> None:
    assert Annealing(iterations=0).one_by_one(0)
    assert Annealing(iterations=0).num_disturbed(0, sites=50) == 0


def test_reluctance_comes_late_and_grows() -> None:
    annealing = Annealing(iterations=40)
    gains = [annealing.least_gain(iteration) for iteration in range(300)]
    assert gains[:101] == [0.0] * 101
    assert gains == sorted(gains)
    assert gains[200] == pytest.approx(2.0)


@pytest.mark.parametrize("wrong", [{"acceptance": 0.0}, {"disturbance": 1.0}, {"max_iterations": 0}, {"iterations": -1}])
def test_impossible_courses_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="give iterations from 0"):
        Annealing(**wrong)  # type: ignore[arg-type]
