"""`FoldTask`: the folding network as the training loop sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from protfold.features import FeatureConfig, FoldFeatures
from protfold.losses import FoldLoss, FoldTarget
from protfold.losses.total import TERMS
from protfold.model import AlphaFold
from protfold.train.coevolution_maps import MAPS, CoevolutionMaps
from protfold.train.distributed import World
from protfold.train.evaluate import measure, network_predictor, summarize
from protfold.train.examples import batch_features, batch_targets
from protfold.train.fold_config import FoldTraining, Stage
from protfold.train.mini import MINI
from protfold.train.sampler import ExampleSampler
from protfold.train.task import TOTAL, UNKNOWN_LICENCE, Measures, StepPlan, evaluating, seeded
from protfold.train.training_data import TrainingData, model_card
from protfold.vision.coevolution_term import CoevolutionTerm
from protfold.weights import load_pair_encoder, load_weights, save_checkpoint

FoldBatch = tuple[FoldFeatures, FoldTarget]

PRESETS = {"mini": MINI}
FARTHEST = 1e6
"""Å from the origin beyond which an atom is nowhere."""


class FoldTask:
    """A folding network, the chains it learns from, its losses and its measures.

    Examples have no templates: a network with random weights is made without their embedder, and that of given weights does not learn.

    Args:
        training: all settings; paths as they are.
        device: where the network computes.

    Raises:
        InputError: a store is missing or has no chain to learn from or to measure.
        WeightsError: the parameters to go on from cannot be read.
    """

    def __init__(self, training: FoldTraining, device: torch.device) -> None:
        self.training, self.device = training, device
        self.data = TrainingData(training.data, training.validation)
        self.losses = [FoldLoss(stage.loss) for stage in training.stage]
        self.model, self.features, self.licence = self._network()
        maps = None
        if isinstance(self.model.pair_encoder, CoevolutionTerm):
            maps = CoevolutionMaps(self.model.pair_encoder.config.input, training.run.output / MAPS)
            self.features = replace(self.features, coevolution=maps.config)
        self.sampler = ExampleSampler(self.data.mixture, seed=training.run.seed, maps=maps)
        if self.model.template_embedder is not None:
            self.model.template_embedder.requires_grad_(False)
        self.model.to(device).train(training.model.dropout)

    def _network(self) -> tuple[AlphaFold, FeatureConfig, str]:
        """The network on the CPU, the features of its use, and the licence of what it goes on from."""
        choice, last = self.training.model, self.training.stage[-1].examples
        if choice.weights is not None:
            loaded = load_weights(choice.weights)
            return loaded.model, self.training.features or loaded.feature_config, loaded.licence
        config = PRESETS[choice.preset] if choice.architecture is None else choice.architecture  # type: ignore[index]
        with seeded(self.training.run.seed):
            model = AlphaFold(replace(config, template=None))
        if choice.pair_encoder is not None:
            model.pair_encoder = CoevolutionTerm.of(load_pair_encoder(choice.pair_encoder), c_z=config.c_z)
        return model, self.training.features or last.features(last.max_recycles), UNKNOWN_LICENCE

    @property
    def num_steps(self) -> int:
        """Of all stages."""
        return self.training.num_steps

    def stage(self, step: int) -> Stage:
        """The stage that a step belongs to."""
        return self.training.stage[self.training.stage_number(step) - 1]

    def plan(self, step: int) -> StepPlan:
        """Sizes of the step's stage, and what was drawn for all of the step's examples."""
        stage = self.stage(step)
        return stage.plan(
            {
                "stage": self.training.stage_number(step),
                "recycles": self.sampler.num_recycles(step, stage.examples),
                "aligned": int(self.sampler.sees_alignment(step, stage.examples)),
            }
        )

    def batch(self, step: int, indices: Sequence[int]) -> FoldBatch:
        """Features and true structures, padded to the longest of them."""
        config = self.stage(step).examples
        examples = [self.sampler.example(step, index, config) for index in indices]
        features, targets = batch_features([one.features for one in examples]), batch_targets([one.target for one in examples])
        return features.to(self.device), targets.map(lambda tensor: tensor.to(self.device))

    def loss(self, step: int, batch: FoldBatch) -> Mapping[str, Tensor]:
        """The terms that have a weight, and `total`, which counts an example by the root of its length.

        Jumper et al. (2021) Suppl. Sec. 1.9 multiplies by the root of the number of residues after cropping; here it is divided by that of
        the crop, so that full crops of every stage weigh 1 before they are clipped. Atoms that are nowhere have no loss, which is told as
        NaN: their errors would overflow the bins of the confidence heads.
        """
        features, target = batch
        stage, number = self.stage(step), self.training.stage_number(step)
        shown = [name for name in TERMS if getattr(stage.loss, name)]
        output = self.model(features)
        if not bool(output.atom37_positions.detach().abs().amax() < FARTHEST):
            return dict.fromkeys([*shown, TOTAL], torch.full_like(target.clamp_fape, torch.nan))
        terms = self.losses[number - 1](output, target, features)
        weight = (target.seq_mask.sum(-1) / stage.examples.crop_size).sqrt()
        return {name: terms[name] for name in shown} | {TOTAL: terms[TOTAL] * weight}

    def validate(self, world: World) -> Measures:
        """Measures on held-out chains, predicted as a user would; none without such chains."""
        if not self.data.validated:
            return {}
        predictor = network_predictor(self.model, self.features, use_msa=self.training.validation.use_msa)
        with evaluating(self.model):
            measured = measure(predictor, (store[index] for store, index in world.share(self.data.validated)))
        return summarize(world.gather(measured))

    def score(self, measures: Measures) -> float:
        """Mean lDDT-CA; without any measure every validation is as good."""
        return measures.get("lddt_ca", 0.0)

    def export(self, path: Path, *, steps: int, measures: Measures) -> None:
        """A checkpoint for `protfold fold --weights`."""
        card = model_card(self.training.card, self.licence, self.data, steps=steps, measures=measures)
        save_checkpoint(self.model, path, replace(card, feature_config=self.features))
