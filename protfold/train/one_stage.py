"""What the settings of runs with one kind of step have in common."""

from typing import Any

from protfold.errors import InputError
from protfold.train.task import StepPlan


class OneStage:
    """Methods of settings that have `steps`, `micro_batch` and `examples.batch_size`."""

    __slots__ = ()
    steps: int
    micro_batch: int
    examples: Any

    def check_steps(self) -> None:
        """There is a step, and its chains can be divided.

        Raises:
            InputError: otherwise.
        """
        if self.steps < 1:
            raise InputError(f"steps = {self.steps}; give 1 or more")
        self.plan()

    def plan(self) -> StepPlan:
        """What each step takes."""
        return StepPlan(batch_size=self.examples.batch_size, micro_batch=self.micro_batch)

    def plans(self) -> list[StepPlan]:
        """The one kind of step."""
        return [self.plan()]

    @property
    def may_grow(self) -> str:
        """The setting that a continued run may have raised."""
        return "steps"
