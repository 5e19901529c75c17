"""The training loop of the folding network: Adam, warm-up and cosine by the clock, averaged weights, checkpoints that can be continued."""

import json
import math
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from protfold.features import FoldFeatures
from protfold.losses.target import FoldTarget
from protfold.losses.total import FoldLoss, FoldLossConfig
from protfold.model import AlphaFold
from protfold.train.chain_store import Chain
from protfold.train.examples import ExampleConfig, ExampleSampler


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One part of a run.

    Attributes:
        until: share of the run's time at which it ends.
        examples: how its examples are drawn.
        loss: weights of the terms.
    """

    until: float
    examples: ExampleConfig
    loss: FoldLossConfig = field(default_factory=FoldLossConfig)


@dataclass(frozen=True, kw_only=True, slots=True)
class FitConfig:
    """How long and how fast to learn.

    Attributes:
        minutes: length of the run by the clock, interruptions left out; the schedule ends with it.
        stages: in order; the last one ends at 1.
        peak_rate, final_rate: Adam's rate after the warm-up and at the end.
        warmup_steps: steps of linear warm-up.
        clip_norm: largest norm of a step's gradient, over the batch.
        average_decay: of the exponential average of the weights, which is what is kept in the end; lower in the first steps.
        dropout: whether the network's dropout acts; a short run over many chains underfits and does better without.
        checkpoint_minutes: between checkpoints.
        seed: of the examples.
    """

    minutes: float
    stages: tuple[Stage, ...]
    peak_rate: float = 1.5e-3
    final_rate: float = 2e-5
    warmup_steps: int = 50
    clip_norm: float = 1.0
    average_decay: float = 0.99
    dropout: bool = True
    checkpoint_minutes: float = 3.0
    seed: int = 0


@dataclass(kw_only=True, slots=True)
class Progress:
    """What a run has done so far; its minutes count time spent in steps."""

    step: int = 0
    examples: int = 0
    minutes: float = 0.0


class Fit:
    """A run in a folder: `checkpoint.pt` (everything needed to continue) and `metrics.jsonl` (one line a step).

    Args:
        model: trained in place.
        chains: the training split.
        folder: of the run; a checkpoint there is continued.
        config: how long and how fast.
    """

    def __init__(self, model: AlphaFold, chains: list[Chain], folder: Path, config: FitConfig) -> None:
        self.model, self.folder, self.config = model, folder, config
        autocast_stacks(model)
        self.sampler = ExampleSampler(chains, np.random.default_rng(config.seed))
        self.average = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.optimizer = torch.optim.Adam(model.parameters(), lr=config.peak_rate, eps=1e-6)
        self.progress = Progress()
        folder.mkdir(parents=True, exist_ok=True)
        if self.checkpoint_file.exists():
            self._restore()

    @property
    def checkpoint_file(self) -> Path:
        """Replaced as a whole at each checkpoint."""
        return self.folder / "checkpoint.pt"

    def run(self) -> None:
        """Steps until the time is used up."""
        self.model.train(self.config.dropout)
        saved = self.progress.minutes
        with (self.folder / "metrics.jsonl").open("a") as metrics:
            while self.progress.minutes < self.config.minutes:
                record = self.take_step()
                metrics.write(json.dumps(record) + "\n")
                metrics.flush()
                if self.progress.minutes - saved >= self.config.checkpoint_minutes:
                    self.save()
                    saved = self.progress.minutes
        self.save()

    def save(self) -> None:
        """Writes the checkpoint."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "progress": asdict(self.progress),
            "generator": json.dumps(self.sampler.generator.bit_generator.state),
            "torch_generator": torch.get_rng_state(),
        }
        unfinished = self.checkpoint_file.with_suffix(".unfinished")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint_file)

    def _restore(self) -> None:
        state = torch.load(self.checkpoint_file, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average = state["average"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.progress = Progress(**state["progress"])
        self.sampler.generator.bit_generator.state = json.loads(state["generator"])
        torch.set_rng_state(state["torch_generator"])

    def take_step(self) -> dict[str, int | float]:
        """One step of the stage that the time belongs to; gives its line of metrics."""
        started = time.monotonic()
        share = self.progress.minutes / self.config.minutes
        stage = next(stage for stage in self.config.stages if share < stage.until)
        rate = learning_rate(self.config, self.progress.step, share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        features, target = self.sampler.draw(stage.examples)
        terms, norm = self._step(features, target, FoldLoss(stage.loss))
        self.progress.step += 1
        self.progress.examples += stage.examples.batch_size
        self.progress.minutes += (time.monotonic() - started) / 60.0
        return {
            **asdict(self.progress),
            "rate": rate,
            "gradient_norm": norm,
            "rows": features.msa_feat.shape[-3],
            "recycles": features.num_passes - 1,
            "crop": features.num_residues,
            **{name: round(float(term.detach().mean()), 5) for name, term in terms.items()},
        }

    def _step(self, features: FoldFeatures, target: FoldTarget, compute_loss: FoldLoss) -> tuple[dict[str, Tensor], float]:
        terms = compute_loss(self.model(features), target)
        lengths = target.seq_mask.sum(-1)
        loss = (terms["total"] * (lengths / lengths.max()).sqrt()).mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm))
        if math.isfinite(norm):
            self.optimizer.step()
        decay = min(self.config.average_decay, (1 + self.progress.step) / (10 + self.progress.step))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1.0 - decay)
        return terms, norm


def learning_rate(config: FitConfig, step: int, share: float) -> float:
    """Linear warm-up by steps, then a half cosine down by the share of the time used."""
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, share)))
    rate = config.final_rate + (config.peak_rate - config.final_rate) * cosine
    return rate * min(1.0, (step + 1) / config.warmup_steps)


def autocast_stacks(model: AlphaFold) -> None:
    """Lets the stacks, in place, multiply matrices in bfloat16; weights, sums, the structure module and the heads stay float32."""
    for stack in (model.extra_msa_stack, model.evoformer):
        stack.forward = torch.autocast(next(model.parameters()).device.type, dtype=torch.bfloat16)(stack.forward)  # type: ignore[method-assign]
