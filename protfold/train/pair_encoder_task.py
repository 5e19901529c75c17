"""`PairEncoderTask`: a network from co-evolution to distances as the training loop sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from protfold.losses.distogram import distogram_loss
from protfold.metrics.contact_detection import ScoredContacts, contact_scores
from protfold.metrics.contacts import contact_probabilities
from protfold.model.execution import products_on
from protfold.train.chain import Chain
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.train.distributed import World
from protfold.train.pair_encoder_config import PairEncoderTraining
from protfold.train.pair_encoder_examples import EncoderExample, EncoderSampler
from protfold.train.task import UNKNOWN_LICENCE, Measures, StepPlan, seeded
from protfold.train.training_data import TrainingData, model_card
from protfold.typing import Float
from protfold.vision.distance_network import DistanceNetwork
from protfold.weights import find_weights, load_pair_encoder, save_checkpoint
from protfold.weights.checkpoint import read_checkpoint_header


class PairEncoderTask:
    """A network, the chains it learns from, its loss and its measures.

    Args:
        training: all settings; paths as they are.
        device: where the network computes.

    Raises:
        InputError: a store is missing or has no chain to learn from or to measure.
        WeightsError: the parameters to go on from cannot be read.
    """

    def __init__(self, training: PairEncoderTraining, device: torch.device) -> None:
        self.training, self.device = training, device
        self.data = TrainingData(training.data, training.validation, aligned=True)
        self.model, self.licence = self._network()
        self.model.to(device).train()
        maps = CoevolutionMaps(self.model.config.input, training.maps_folder)
        self.sampler = EncoderSampler(self.data.mixture, maps, training.examples, seed=training.run.seed)

    def _network(self) -> tuple[DistanceNetwork, str]:
        """The network on the CPU, and the licence of what it goes on from."""
        choice = self.training.model
        if choice.weights is not None:
            path = find_weights(choice.weights)
            return load_pair_encoder(path), read_checkpoint_header(path).card.licence
        with seeded(self.training.run.seed):
            return DistanceNetwork(choice.architecture), UNKNOWN_LICENCE  # type: ignore[arg-type]

    @property
    def num_steps(self) -> int:
        """Of the run."""
        return self.training.steps

    def plan(self, step: int) -> StepPlan:
        """The same for all steps."""
        return self.training.plan()

    def batch(self, step: int, indices: Sequence[int]) -> EncoderExample:
        """Pieces of chains."""
        return self.sampler.batch(step, indices).to(self.device)

    def loss(self, step: int, batch: EncoderExample) -> Mapping[str, Tensor]:
        """Cross-entropy of distances, one a chain."""
        error = distogram_loss(self._logits(batch), batch.pseudo_beta, batch.known.float())
        return {"distogram": error, "total": error}

    def _logits(self, batch: EncoderExample) -> Float[Tensor, "B N N bins"]:
        with products_on(self.device):
            logits: Tensor = self.model(batch.maps, batch.mask, batch.residue_index)
        return logits.float()

    def validate(self, world: World) -> Measures:
        """Means over held-out chains with an alignment; nothing without such chains."""
        dtype = self.training.run.product_dtype
        return self.data.mean_over_validated(self.model, self.measured, world=world, product_dtype=dtype)

    @torch.no_grad()
    def measured(self, chain: Chain) -> dict[str, float]:
        """Loss, and precision of the likeliest contacts of long range; NaN where the chain has none."""
        whole = EncoderExample.of(self.sampler.maps.of(chain).as_map(), chain, np.arange(len(chain)))
        batch = EncoderExample.batch([whole]).to(self.device)
        logits = self._logits(batch)
        points, known = chain.pseudo_beta()
        found = ScoredContacts(
            scores=contact_probabilities(logits[0].softmax(-1).cpu().numpy()),
            points=points,
            known=known,
            residue_index=chain.residue_index,
        )
        contacts = contact_scores([found])["long"]
        return {
            "distogram": float(distogram_loss(logits, batch.pseudo_beta, batch.known.float())),
            "long_range_L5": contacts.precision_at("L/5"),
            "long_range_L2": contacts.precision_at("L/2"),
        }

    def score(self, measures: Measures) -> float:
        """Minus the loss; without any measure every validation is as good."""
        return -measures.get("distogram", 0.0)

    def export(self, path: Path, *, steps: int, measures: Measures) -> None:
        """A checkpoint for `protfold.weights.load_pair_encoder`."""
        card = model_card(self.training.card, self.licence, self.data, steps=steps, measures=measures)
        save_checkpoint(self.model, path, replace(card, feature_config=None))
