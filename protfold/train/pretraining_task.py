"""`PretrainingTask`: a network that fills in pair maps as the training loop sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.features.pair_images import PairImage, build_pair_image
from protfold.features.randomness import random_generator
from protfold.model.execution import products_on
from protfold.train.chain import Chain
from protfold.train.distributed import World
from protfold.train.pair_examples import PairBatch, draw_piece, image_of
from protfold.train.pretraining_config import PretrainingExampleConfig, PretrainingSettings
from protfold.train.task import UNKNOWN_LICENCE, Measures, StepPlan, seeded
from protfold.train.training_data import TrainingData, model_card
from protfold.typing import Bool
from protfold.vision.pretraining.masking import draw_removed, real_patches
from protfold.vision.pretraining.network import PairPretraining
from protfold.vision.pretraining.reconstruction import Reconstruction
from protfold.vision.pretraining.windows import Windows, draw_windows
from protfold.weights import find_weights, load_pretrained, save_checkpoint
from protfold.weights.checkpoint import read_checkpoint_header

Removed = Bool[Tensor, "B h w"] | Windows


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PretrainingBatch:
    """Maps, and what is removed from them."""

    pairs: PairBatch
    removed: Tensor | Windows

    def to(self, device: torch.device) -> "PretrainingBatch":
        """On a device."""
        return PretrainingBatch(pairs=self.pairs.to(device), removed=self.removed.to(device))


class PretrainingTask:
    """A network that fills in pair maps, the chains it learns from, its loss and its measures.

    Args:
        training: all settings; paths as they are.
        device: where the network computes.

    Raises:
        InputError: a store is missing or has no chain to learn from or to measure.
        WeightsError: the parameters to go on from cannot be read.
    """

    def __init__(self, training: PretrainingSettings, device: torch.device) -> None:
        self.training, self.device = training, device
        self.data = TrainingData(training.data, training.validation)
        self.model, self.licence = self._network()
        self.model.to(device).train()

    def _network(self) -> tuple[PairPretraining, str]:
        """The network on the CPU, and the licence of what it goes on from."""
        choice = self.training.model
        if choice.weights is not None:
            path = find_weights(choice.weights)
            return load_pretrained(path), read_checkpoint_header(path).card.licence
        with seeded(self.training.run.seed):
            return PairPretraining(choice.architecture), UNKNOWN_LICENCE  # type: ignore[arg-type]

    @property
    def num_steps(self) -> int:
        """Of the run."""
        return self.training.steps

    def plan(self, step: int) -> StepPlan:
        """The same for all steps."""
        return self.training.plan()

    def batch(self, step: int, indices: Sequence[int]) -> PretrainingBatch:
        """Pieces of chains, and what is removed from each."""
        seed, examples = self.training.run.seed, self.training.examples
        images = [
            build_pair_image(
                draw_piece(self.data.mixture, examples.crop_size, seed=seed, step=step, index=index), self.model.config.channels
            )
            for index in indices
        ]
        draws = [random_generator(seed, f"step {step}", "removed", index) for index in indices]
        return remove(self.model, images, examples, draws).to(self.device)

    def loss(self, step: int, batch: PretrainingBatch) -> Mapping[str, Tensor]:
        """The error of what is filled in, one a chain."""
        error = self._filled_in(batch).loss(least_variance=self.training.examples.least_variance)
        return {"reconstruction": error, "total": error}

    def _filled_in(self, batch: PretrainingBatch) -> Reconstruction:
        with products_on(self.device):
            result: Reconstruction = self.model(batch.pairs.maps, batch.pairs.mask, batch.removed)
        return result

    def validate(self, world: World) -> Measures:
        """Means over held-out chains, from each of which the same is removed every time; nothing without such chains."""
        dtype = self.training.run.product_dtype
        return self.data.mean_over_validated(self.model, self._measured, world=world, product_dtype=dtype)

    def _measured(self, chain: Chain) -> dict[str, float]:
        image = image_of(chain, self.model.config.channels)
        draw = random_generator(0, chain.id, "removed")
        result = self._filled_in(remove(self.model, [image], self.training.examples, [draw]).to(self.device))
        return {
            "reconstruction": float(result.loss(least_variance=self.training.examples.least_variance)),
            "explained": explained(result) if self.training.examples.least_variance is None else float("nan"),
        }

    def score(self, measures: Measures) -> float:
        """Minus the error; without any measure every validation is as good."""
        return -measures.get("reconstruction", 0.0)

    def export(self, path: Path, *, steps: int, measures: Measures) -> None:
        """A checkpoint for `protfold.weights.load_pretrained`."""
        card = model_card(self.training.card, self.licence, self.data, steps=steps, measures=measures)
        save_checkpoint(self.model, path, replace(card, feature_config=None))


def remove(
    model: PairPretraining, images: Sequence[PairImage], examples: PretrainingExampleConfig, draws: Sequence[np.random.Generator]
) -> PretrainingBatch:
    """A batch of maps, from each of which patches are removed by a generator of its own."""
    pairs = PairBatch.of(images)
    real = [real_patches(image.mask, model.patch_size) for image in images]
    if model.config.lomar is not None:
        windows = [
            draw_windows(one, examples.ratio, draw, count=examples.num_windows, size=examples.window_size)
            for one, draw in zip(real, draws, strict=True)
        ]
        return PretrainingBatch(pairs=pairs, removed=Windows.stacked(windows))
    side = -(-pairs.mask.shape[1] // model.patch_size)
    removed = [draw_removed(one, examples.ratio, draw, pattern=examples.pattern) for one, draw in zip(real, draws, strict=True)]
    return PretrainingBatch(
        pairs=pairs, removed=torch.stack([F.pad(one, (0, side - len(one), 0, side - len(one))) for one in removed])
    )


def explained(result: Reconstruction) -> float:
    """Share of the variance of what was removed that is filled in: 1 for all, 0 for the mean of each channel."""
    channels = result.target.shape[-1] // result.counted.shape[-1]
    predicted, target = (one.unflatten(-1, (-1, channels))[result.counted].double() for one in (result.predicted, result.target))
    total = (target - target.mean(0)).square().sum()
    return float(1.0 - (target - predicted).square().sum() / total) if total > 0 else float("nan")
