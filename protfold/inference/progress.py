"""Watching the network at work: how far a pass is, how long stages take, and where numbers stop being finite."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from protfold.errors import PredictionError
from protfold.model import AlphaFold
from protfold.model.structure_module import Structure

Progress = Callable[[str, int, int], None]
"""Called with a stage, the steps of it done, and its steps in all; a stage begins with 0 done."""


class StageTimes:
    """A `Progress` that keeps the wall time of each stage.

    Attributes:
        seconds: by stage, in the order they began; repeated stages add up.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage, self._since = "", 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Adds the time since the last call to the stage it belongs to."""
        now = time.perf_counter()
        if done > 0 and stage == self._stage:
            self.seconds[stage] += now - self._since
        else:
            self.seconds.setdefault(stage, 0.0)
        self._stage, self._since = stage, now


@contextmanager
def watched(network: AlphaFold, *, weights: str, num_passes: int, progress: Progress | None) -> Iterator[None]:
    """Within the context, each pass reports its blocks and is stopped at the first stage whose result is not finite.

    A pass counts its extra-alignment and Evoformer blocks and the structure module.

    Args:
        network: hooks are placed on its parts, so one thread at a time may use it.
        weights: name of the parameter set, for the message.
        num_passes: passes at most; an early stop leaves the last ones out.
        progress: None only checks.

    Raises:
        PredictionError: from within the network's forward.
    """
    watch = _PassWatch(network, weights, num_passes, progress)
    stages: dict[str, nn.Module] = {
        "input embedding": network.input_embedder,
        "extra-alignment stack": network.extra_msa_stack,
        "Evoformer": network.evoformer,
        "structure module": network.structure_module,
    }
    with ExitStack() as hooks:
        hooks.enter_context(network.input_embedder.register_forward_pre_hook(watch.begin_pass))
        for name, module in stages.items():
            hooks.enter_context(module.register_forward_hook(watch.finite_check(name)))
        for step in (*network.extra_msa_stack.blocks, *network.evoformer.blocks, network.structure_module):
            hooks.enter_context(step.register_forward_hook(watch.count_step))
        yield


class _PassWatch:
    """The hooks' shared state: which pass, and how many of its steps are done."""

    def __init__(self, network: AlphaFold, weights: str, num_passes: int, progress: Progress | None) -> None:
        self.weights, self.num_passes, self.progress = weights, num_passes, progress
        self.num_steps = len(network.extra_msa_stack.blocks) + len(network.evoformer.blocks) + 1
        self.passes = self.steps = 0

    @property
    def stage(self) -> str:
        return f"pass {self.passes} of {self.num_passes}"

    def begin_pass(self, module: nn.Module, inputs: Any) -> None:
        self.passes, self.steps = self.passes + 1, 0
        self._report()

    def count_step(self, module: nn.Module, inputs: Any, output: Any) -> None:
        self.steps += 1
        self._report()

    def finite_check(self, name: str) -> Callable[[nn.Module, Any, Any], None]:
        def check(module: nn.Module, inputs: Any, output: tuple[Tensor, ...] | Structure) -> None:
            tensors = (output.atom14_positions, output.single) if isinstance(output, Structure) else output
            if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
                raise PredictionError(
                    f"weights {self.weights!r} gave numbers that are not finite in the {name} of {self.stage}; "
                    "check the file, or use --dtype float32"
                )

        return check

    def _report(self) -> None:
        if self.progress is not None:
            self.progress(self.stage, self.steps, self.num_steps)
