"""How a step is divided into micro-batches, and these among processes."""

import pytest

from protfold.errors import InputError
from protfold.train.distributed import World
from protfold.train.task import StepPlan


def test_processes_take_turns() -> None:
    """Every example once; a micro-batch holds the same examples whoever computes it."""
    plan = StepPlan(batch_size=8, micro_batch=2)
    assert list(plan.share(World())) == [range(0, 2), range(2, 4), range(4, 6), range(6, 8)]
    assert [list(plan.share(World(rank=rank, size=2))) for rank in range(2)] == [
        [range(0, 2), range(4, 6)],
        [range(2, 4), range(6, 8)],
    ]


@pytest.mark.parametrize(("batch_size", "micro_batch"), [(4, 3), (0, 1), (4, 0), (2, 4)])
def test_a_batch_that_cannot_be_divided(batch_size: int, micro_batch: int) -> None:
    with pytest.raises(InputError, match="give positive numbers, the first a multiple of the second"):
        StepPlan(batch_size=batch_size, micro_batch=micro_batch)


def test_what_one_process_has_is_gathered_as_it_is() -> None:
    assert World().gather([3, 1, 2]) == [3, 1, 2]
