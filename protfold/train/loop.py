"""The training loop, one for all networks: examples to gradients to weights, written down and continued to the bit."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from protfold.errors import TrainingError
from protfold.features.randomness import random_generator
from protfold.io.atomic import sweep_stale_temporaries
from protfold.model.execution import execution
from protfold.train.average import WeightAverage
from protfold.train.checkpoint import Progress, load_run_state, save_run_state
from protfold.train.distributed import World
from protfold.train.gradients import GradientSum
from protfold.train.metrics_log import MetricsLog, Record, Watcher, require_tensorboard
from protfold.train.optimizer import OptimizerConfig, learning_rate, make_optimizer
from protfold.train.run_config import RunConfig
from protfold.train.task import TOTAL, GroupedTask, Measures, Task

logger = logging.getLogger(__name__)

TaskKind = TypeVar("TaskKind", bound=Task[Any])

CHECKPOINT, BEST, FINAL = "checkpoint.pt", "best.safetensors", "final.safetensors"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Learned:
    """What a micro-batch gave.

    Attributes:
        terms: sum over its examples of each term of the loss.
        norm: of its gradient before clipping; not finite where it was dropped.
    """

    terms: Mapping[str, float]
    norm: float


class Trainer(Generic[TaskKind]):
    """A run in a folder: `checkpoint.pt`, `metrics.jsonl`, `validation.jsonl`, `best.safetensors` and `final.safetensors`.

    All random draws of a step depend on seed, step and example alone, so that weights, averages, optimiser and step number are all that
    a checkpoint holds, and several processes learn what one would.

    Args:
        task: what is trained.
        run: where and how; a checkpoint in its folder is continued.
        optimizer: how fast to learn.
        settings: of the whole run, plain data, kept with the checkpoint; a continued run must have the same.
        may_grow: the one setting whose number may have been raised since.
        world: the processes that train together.

    Raises:
        TrainingError: TensorBoard is asked for and missing, or the checkpoint cannot be continued with these settings.
    """

    def __init__(
        self,
        task: TaskKind,
        run: RunConfig,
        optimizer: OptimizerConfig,
        *,
        settings: Mapping[str, Any],
        may_grow: str | None = None,
        world: World = World(),  # noqa: B008 - immutable
    ) -> None:
        self.task, self.run, self.config, self.settings, self.world = task, run, optimizer, settings, world
        if run.tensorboard:
            require_tensorboard()
        self.gradients = GradientSum(task.model.parameters())
        groups = task.parameter_groups(optimizer.weight_decay) if isinstance(task, GroupedTask) else None
        self.optimizer = make_optimizer(task.model, optimizer, groups)
        self.average = WeightAverage(task.model, decay=optimizer.average_decay)
        self.progress = Progress()
        if self.checkpoint_file.exists():
            self.progress, states = load_run_state(self.checkpoint_file, settings, may_grow=may_grow)
            task.model.load_state_dict(states["model"])
            self.average.load(states["average"])
            self.optimizer.load_state_dict(states["optimizer"])

    @property
    def checkpoint_file(self) -> Path:
        """Replaced as a whole at each checkpoint."""
        return self.run.output / CHECKPOINT

    def train(self, watcher: Watcher | None = None) -> None:
        """Takes the steps that are left, and exports the average of the weights.

        Raises:
            TrainingError: too many examples in a row gave no finite loss or gradient.
        """
        progress, num_steps = self.progress, self.task.num_steps
        with self._log() as log:
            watchers = (log, watcher or Watcher())
            for one in watchers:
                one.begins(progress.step, num_steps)
            while progress.step < num_steps:
                record = self.take_step()
                for one in watchers:
                    one.step(record)
                if self._is_due(self.run.validate_every):
                    record = self.validate()
                    for one in watchers:
                        one.validation(record)
                if self._is_due(self.run.checkpoint_every):
                    self.save()

    def _log(self) -> AbstractContextManager[Watcher]:
        if not self.world.is_first:
            return nullcontext(Watcher())
        sweep_stale_temporaries(self.run.output, older_than=0.0)
        return MetricsLog(self.run.output, step=self.progress.step, tensorboard=self.run.tensorboard)

    def _is_due(self, every: int) -> bool:
        step = self.progress.step
        return step == self.task.num_steps or (every > 0 and step % every == 0)

    def take_step(self) -> Record:
        """One step; gives its line of metrics."""
        started, step = time.monotonic(), self.progress.step
        plan, rate = self.task.plan(step), learning_rate(self.config, step, self.task.num_steps)
        self.gradients.clear()
        sums = self._summed([self._learn(step, indices) for indices in plan.share(self.world)])
        used = round(sums.pop("used"))
        if used:
            self.gradients.take_mean(used, self.world)
            for group in self.optimizer.param_groups:
                group["lr"] = rate * group.get("rate_factor", 1.0)
            self.optimizer.step()
            self.average.update(step + 1)
        skipped = plan.batch_size - used * plan.micro_batch
        self._count(plan.batch_size - skipped, skipped)
        norm, clipped = sums.pop("norm"), sums.pop("clipped")
        return {
            "step": self.progress.step,
            "examples": self.progress.examples,
            "skipped": self.progress.skipped,
            **plan.facts,
            "rate": rate,
            "gradient_norm": _mean(norm, used),
            "clipped": _mean(clipped, used),
            **{name: _mean(value, used * plan.micro_batch) for name, value in sums.items()},
            "seconds": round(time.monotonic() - started, 4),
        }

    def _learn(self, step: int, indices: range) -> Learned:
        """Forward and backward pass of a micro-batch; its clipped gradient is added to the step's."""
        torch.manual_seed(int(random_generator(self.run.seed, f"step {step}", "dropout", indices[0]).integers(2**63)))
        with execution(checkpointing=self.run.checkpoint_blocks, product_dtype=self.run.product_dtype):
            terms = self.task.loss(step, self.task.batch(step, indices))
        named = dict(zip(terms, torch.stack([term.detach().sum() for term in terms.values()]).tolist(), strict=True))
        norm = math.nan
        if math.isfinite(named[TOTAL]):
            terms[TOTAL].mean().backward()
            norm = self.gradients.add_clipped(self.config.clip_norm)
        if not math.isfinite(norm):
            bad = [name for name, value in named.items() if not math.isfinite(value)] or ["gradient"]
            logger.warning("step %d: examples %s are left out, not finite: %s", step + 1, list(indices), ", ".join(bad))
        return Learned(terms=named, norm=norm)

    def _summed(self, parts: Sequence[Learned]) -> dict[str, float]:
        """Sums over the micro-batches of all processes that were learned from."""
        names = ["used", "norm", "clipped", *parts[0].terms]
        rows = [
            [1.0, part.norm, float(part.norm > self.config.clip_norm), *part.terms.values()]
            for part in parts
            if math.isfinite(part.norm)
        ]
        sums: Tensor = torch.tensor([[0.0] * len(names), *rows], dtype=torch.float64).sum(0)
        self.world.add_up(sums)
        return dict(zip(names, sums.tolist(), strict=True))

    def _count(self, used: int, skipped: int) -> None:
        progress = self.progress
        progress.step += 1
        progress.examples += used
        progress.skipped += skipped
        progress.skipped_in_a_row = 0 if used else progress.skipped_in_a_row + skipped
        if progress.skipped_in_a_row > self.run.max_skipped:
            raise TrainingError(
                f"step {progress.step}: the last {progress.skipped_in_a_row} examples gave no finite loss or gradient; the weights have "
                f"diverged. Remove {self.run.output} and train with a lower optimizer.peak_rate or clip_norm"
            )

    def validate(self) -> Record:
        """Measures the average of the weights, and exports it where it is the best so far; gives the line of measures."""
        started, progress = time.monotonic(), self.progress
        with self.average.in_place():
            measures = self.task.validate(self.world)
            score = self.task.score(measures)
            if progress.best_score is None or score > progress.best_score:
                progress.best_score, progress.best_step = score, progress.step
                self._export(BEST, measures)
            if progress.step == self.task.num_steps:
                self._export(FINAL, measures)
        return {"step": progress.step, **measures, "best_step": progress.best_step, "seconds": round(time.monotonic() - started, 4)}

    def _export(self, name: str, measures: Measures) -> None:
        if self.world.is_first:
            self.task.export(self.run.output / name, steps=self.progress.step, measures=measures)

    def save(self) -> None:
        """Writes the checkpoint."""
        if self.world.is_first:
            states = {
                "model": self.task.model.state_dict(),
                "average": self.average.values,
                "optimizer": self.optimizer.state_dict(),
            }
            save_run_state(self.checkpoint_file, self.progress, self.settings, states)


def _mean(total: float, count: int) -> float | None:
    return float(f"{total / count:.7g}") if count else None
