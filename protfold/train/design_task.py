"""`DesignTask`: the designer's network as the training loop sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from protfold.losses.environment import EnvironmentLoss
from protfold.metrics.recovery import perplexity, sequence_recovery
from protfold.model import EnvironmentTransformer
from protfold.model.environment_output import HIDDEN_TYPE
from protfold.model.environment_transformer import Environments
from protfold.train.chain import Chain
from protfold.train.design_config import DesignTraining
from protfold.train.design_examples import DesignBatch, DesignSampler, ToldTypes, chain_features
from protfold.train.distributed import World
from protfold.train.task import UNKNOWN_LICENCE, Measures, StepPlan, seeded
from protfold.train.training_data import TrainingData, model_card
from protfold.typing import Int
from protfold.weights import load_designer, save_checkpoint


class DesignTask:
    """A designer's network, the chains it learns from, its losses and its measures.

    Args:
        training: all settings; paths as they are.
        device: where the network computes.

    Raises:
        InputError: a store is missing or has no chain to learn from or to measure.
        WeightsError: the parameters to go on from cannot be read.
    """

    def __init__(self, training: DesignTraining, device: torch.device) -> None:
        self.training, self.device = training, device
        self.data = TrainingData(training.data, training.validation)
        self.losses = EnvironmentLoss(training.loss)
        self.model, self.licence = self._network()
        self.model.to(device).train()
        self.sampler = DesignSampler(self.data.mixture, num_neighbors=self.model.config.num_neighbors, seed=training.run.seed)

    def _network(self) -> tuple[EnvironmentTransformer, str]:
        """The network on the CPU, and the licence of what it goes on from."""
        choice = self.training.model
        if choice.weights is not None:
            loaded = load_designer(choice.weights)
            return loaded.model, loaded.licence
        with seeded(self.training.run.seed):
            return EnvironmentTransformer(choice.architecture), UNKNOWN_LICENCE  # type: ignore[arg-type]

    @property
    def num_steps(self) -> int:
        """Of the run."""
        return self.training.steps

    def plan(self, step: int) -> StepPlan:
        """The same for all steps."""
        return self.training.plan()

    def batch(self, step: int, indices: Sequence[int]) -> DesignBatch:
        """Pieces of chains, packed."""
        return self.sampler.batch(step, indices, self.training.examples).to(self.device)

    def loss(self, step: int, batch: DesignBatch) -> Mapping[str, Tensor]:
        """The terms that have a weight, and `total`. All residues of a micro-batch weigh the same; each of its chains gets the mean."""
        environments = self.model.encode(batch.features)
        told = batch.told
        types = torch.where(told.own, self._guess(environments, told), told.types)
        output = self.model.read(environments, types, own_types=batch.target.aatype)
        return {name: value.expand(batch.num_chains) for name, value in self.losses(output, batch.target).items()}

    @torch.no_grad()
    def _guess(self, environments: Environments, told: ToldTypes) -> Int[Tensor, " N_res"]:
        """Types drawn by the network where it knows none."""
        logits = self.model.read(environments, torch.full_like(told.types, HIDDEN_TYPE)).type_logits
        return (logits.float() + told.gumbel).argmax(-1)

    def validate(self, world: World) -> Measures:
        """Means over held-out chains, given the native types of the neighbors and given none; nothing without such chains."""
        dtype = self.training.run.product_dtype
        return self.data.mean_over_validated(self.model, self._measured, world=world, product_dtype=dtype)

    def _measured(self, chain: Chain) -> dict[str, float]:
        features = chain_features(chain, slice(None), self.model.config.num_neighbors).to(self.device)
        native, counted = chain.aatype.astype(np.int64), features.complete.cpu().numpy()
        environments, types = self.model.encode(features), torch.from_numpy(native).to(self.device)
        measures = {}
        for context, told in (("native", types), ("alone", torch.full_like(types, HIDDEN_TYPE))):
            logits = self.model.read(environments, told, own_types=types).type_logits.double().log_softmax(-1).cpu().numpy()
            measures[f"recovery_{context}"] = float(sequence_recovery(logits.argmax(-1), native, counted))
            measures[f"perplexity_{context}"] = float(perplexity(logits, native, counted))
        return measures

    def score(self, measures: Measures) -> float:
        """Minus the perplexity given the native types; without any measure every validation is as good."""
        return -measures.get("perplexity_native", 0.0)

    def export(self, path: Path, *, steps: int, measures: Measures) -> None:
        """A checkpoint for `protfold design --weights`."""
        card = model_card(self.training.card, self.licence, self.data, steps=steps, measures=measures)
        save_checkpoint(self.model, path, replace(card, feature_config=None))
