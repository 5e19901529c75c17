"""`ProbeTask`: how much of a structure the features of a backbone tell, as the training loop sees it.

The question is which residues share a hydrogen bond of their backbones. It is asked of maps of distances between side chains, in which
no atom of the bond is seen; the answer lies in patterns of many pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import save as safetensors_bytes
from torch import Tensor

from protfold.constants.atoms import BACKBONE
from protfold.constants.residues import RESIDUE_CODE
from protfold.entities import Protein
from protfold.features.pair_images import build_pair_image
from protfold.io.atomic import write_atomically
from protfold.metrics.hydrogen_bonds import continues_chain, hydrogen_bonds
from protfold.model.execution import products_on
from protfold.train.chain import Chain
from protfold.train.distributed import World
from protfold.train.pair_examples import PairBatch, draw_piece
from protfold.train.probe_config import ProbeSettings
from protfold.train.task import Measures, StepPlan, seeded
from protfold.train.training_data import TrainingData
from protfold.typing import Bool, Float, Shaped
from protfold.vision.pretraining.network import PairPretraining
from protfold.vision.pretraining.transfer import PairProbe, parameter_groups
from protfold.weights import load_pretrained

FAR = 6
"""Steps along the chain from which a bond is of two strands, not of one helix or turn."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ProbeBatch:
    """Maps, and what is asked of them.

    Attributes:
        bonded: pairs that share a hydrogen bond.
        asked: residues of which it is known.
    """

    pairs: PairBatch
    bonded: Bool[Tensor, "B N N"]
    asked: Bool[Tensor, "B N"]

    def to(self, device: torch.device) -> "ProbeBatch":
        """On a device."""
        return ProbeBatch(pairs=self.pairs.to(device), bonded=self.bonded.to(device), asked=self.asked.to(device))


class ProbeTask:
    """A backbone, pretrained or not, and a head on its features.

    Args:
        training: all settings; paths as they are.
        device: where the network computes.

    Raises:
        InputError: a store is missing or has no chain to learn from or to measure.
        WeightsError: the pretrained parameters cannot be read.
    """

    def __init__(self, training: ProbeSettings, device: torch.device) -> None:
        self.training, self.device = training, device
        self.data = TrainingData(training.data, training.validation)
        pretrained = self._pretrained()
        self.channels = pretrained.config.channels
        with seeded(training.run.seed):
            self.model = PairProbe(pretrained.backbone(), 1, frozen=training.frozen).to(device)

    def _pretrained(self) -> PairPretraining:
        choice = self.training.model
        if choice.weights is not None:
            return load_pretrained(choice.weights)
        with seeded(self.training.run.seed):
            return PairPretraining(choice.architecture)  # type: ignore[arg-type]

    @property
    def num_steps(self) -> int:
        """Of the run."""
        return self.training.probe.steps

    def parameter_groups(self, weight_decay: float) -> list[dict[str, Any]]:
        """The head, and a backbone that learns, layer by layer."""
        example = self._batch([self.data.learned[0][0].protein()]).to(self.device).pairs.maps
        settings = {"layer_decay": self.training.probe.layer_decay, "head_factor": self.training.probe.head_factor}
        return parameter_groups(self.model, example, weight_decay=weight_decay, **settings)

    def plan(self, step: int) -> StepPlan:
        """The same for all steps."""
        return self.training.probe.plan()

    def batch(self, step: int, indices: Sequence[int]) -> ProbeBatch:
        """Pieces of chains."""
        drawn = {"seed": self.training.run.seed, "step": step}
        pieces = [draw_piece(self.data.mixture, self.training.probe.crop_size, **drawn, index=index) for index in indices]
        return self._batch(pieces).to(self.device)

    def _batch(self, proteins: Sequence[Protein]) -> ProbeBatch:
        pairs = PairBatch.of([build_pair_image(protein, self.channels) for protein in proteins])
        bonded, asked = zip(*(bonded_pairs(protein) for protein in proteins), strict=True)
        length = pairs.mask.shape[1]
        return ProbeBatch(
            pairs=pairs,
            bonded=torch.stack([F.pad(one, (0, length - len(one), 0, length - len(one))) for one in bonded]),
            asked=torch.stack([F.pad(one, (0, length - len(one))) for one in asked]) & pairs.mask,
        )

    def loss(self, step: int, batch: ProbeBatch) -> Mapping[str, Tensor]:
        """Cross entropy, one a chain: its mean over pairs."""
        asked = batch.asked[:, :, None] & batch.asked[:, None]
        entropy = F.binary_cross_entropy_with_logits(self._logits(batch), batch.bonded.float(), reduction="none")
        error = (entropy * asked).sum((-1, -2)) / asked.sum((-1, -2)).clamp(min=1)
        return {"bonds": error, "total": error}

    def _logits(self, batch: ProbeBatch) -> Float[Tensor, "B N N"]:
        with products_on(self.device):
            logits: Tensor = self.model(batch.pairs.maps, batch.pairs.mask)
        return logits[:, 0].float()

    def validate(self, world: World) -> Measures:
        """Means over held-out chains, of those that have such bonds; nothing without such chains."""
        dtype = self.training.run.product_dtype
        return self.data.mean_over_validated(self.model, self._measured, world=world, product_dtype=dtype)

    def _measured(self, chain: Chain) -> dict[str, float]:
        batch = self._batch([chain.protein()]).to(self.device)
        logits, bonded, asked = (one[0].cpu().numpy() for one in (self._logits(batch), batch.bonded, batch.asked))
        return {
            "bond_precision": bond_precision(logits, bonded, asked),
            "far_bond_precision": bond_precision(logits, bonded, asked, least=FAR),
        }

    def score(self, measures: Measures) -> float:
        """The share of bonds found; without any measure every validation is as good."""
        return measures.get("bond_precision", 0.0)

    def export(self, path: Path, *, steps: int, measures: Measures) -> None:
        """The values alone; a probe is a measurement and nothing to go on with."""
        values = {name: value.detach().cpu().contiguous() for name, value in self.model.state_dict().items()}
        write_atomically(path, safetensors_bytes(values))


def bonded_pairs(protein: Protein) -> tuple[Bool[Tensor, "N N"], Bool[Tensor, " N"]]:
    """Pairs of residues with a hydrogen bond between their backbones in either direction, and the residues of which it is known."""
    complete = np.flatnonzero(protein.atom37_mask[:, BACKBONE].all(-1))
    bonded, known = torch.zeros(len(protein), len(protein), dtype=torch.bool), torch.zeros(len(protein), dtype=torch.bool)
    known[complete] = True
    if len(complete) > 1:
        backbone, chain = protein.atom37_positions[complete][:, BACKBONE], protein.chain_index[complete]
        linked = continues_chain(backbone[:, 0], backbone[:, 2], np.concatenate([[False], chain[1:] == chain[:-1]]))
        donor, acceptor = complete[hydrogen_bonds(backbone, linked, protein.aatype[complete] == RESIDUE_CODE["P"])].T
        bonded[donor, acceptor] = bonded[acceptor, donor] = True
    return bonded, known


def bond_precision(
    scores: Float[np.ndarray, "N N"], bonded: Bool[np.ndarray, "N N"], asked: Shaped[np.ndarray, " N"], *, least: int = 1
) -> float:
    """Share of true bonds among as many pairs of highest score as there are true ones; NaN where there are none.

    Args:
        scores: higher for a likelier bond; pairs (i, j) with i < j are read.
        bonded: the true ones.
        asked: residues that count.
        least: steps along the chain from which pairs count.
    """
    counted = np.triu(asked[:, None] & asked, least)
    true = bonded[counted]
    if not true.any():
        return float("nan")
    top = np.argsort(-scores[counted], kind="stable")[: int(true.sum())]
    return float(true[top].mean())
