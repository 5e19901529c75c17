import numpy as np
import pytest

from protfold.features.randomness import random_generator


def test_equal_arguments_give_equal_numbers_whatever_was_drawn_before():
    first = random_generator(3, "T1", "rows", 2).random(8)
    random_generator(3, "T2", "rows", 2).random(100)
    np.testing.assert_array_equal(random_generator(3, "T1", "rows", 2).random(8), first)


@pytest.mark.parametrize("other", [(4, "T1", "rows", 2), (3, "T2", "rows", 2), (3, "T1", "mask", 2), (3, "T1", "rows", 3)])
def test_every_argument_matters(other):
    assert not np.array_equal(random_generator(*other).random(8), random_generator(3, "T1", "rows", 2).random(8))


def test_arguments_do_not_run_together():
    assert random_generator(1, "a', 'b", "c").random() != random_generator(1, "a", "b', 'c").random()


def test_numbers_are_the_same_on_every_machine_and_in_every_release():
    np.testing.assert_array_equal(
        random_generator(0, "1ubq", "alignment rows").integers(1000, size=6), [689, 16, 390, 894, 543, 654]
    )
