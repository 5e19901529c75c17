"""A predictor of a helix, in no time: what the stages need, and a record of what they asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from protfold.constants.residues import encode
from protfold.entities import Protein
from protfold.errors import PredictionError
from protfold.features import FeatureConfig
from protfold.inference.prediction import Prediction
from protfold.runs.options import FoldOptions

ATOM37_BACKBONE = (0, 1, 2)


@dataclass
class FakePredictor:
    """Predicts a helix whose confidence depends on the seed; fails for chains that hold `WWWW`."""

    name: str = "fake"
    with_pae: bool = True
    max_templates: int = 0
    feature_config: FeatureConfig = field(default_factory=FeatureConfig)
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def weights(self) -> SimpleNamespace:
        return SimpleNamespace(name=self.name, sha256=f"sha-of-{self.name}", model=None)

    def predict(self, msas: Any, **settings: Any) -> Prediction:
        self.asked.append({"msas": msas, **settings})
        sequence = "".join(settings["chains"])
        if "WWWW" in sequence:
            raise PredictionError("four tryptophans are too much for the fake")
        if settings["progress"] is not None:
            settings["progress"]("pass 1 of 1", 1, 1)
        return helix(sequence, settings["chains"], weights=self.name, seed=settings["seed"], with_pae=self.with_pae)


@dataclass
class FakeLoader:
    """Hands out one predictor for each name."""

    predictors: dict[str, FakePredictor] = field(default_factory=dict)
    make: Callable[[str], FakePredictor] = FakePredictor

    def __call__(self, weights: str, options: FoldOptions) -> FakePredictor:
        return self.predictors.setdefault(weights, self.make(weights))

    @property
    def asked(self) -> list[dict[str, Any]]:
        return [question for predictor in self.predictors.values() for question in predictor.asked]


def helix(sequence: str, chains: tuple[str, ...], *, weights: str, seed: int, with_pae: bool = True) -> Prediction:
    """Backbone atoms on a helix; every number follows from the arguments."""
    num_residues = len(sequence)
    rng = np.random.default_rng([seed, num_residues])
    plddt = np.clip(70 + 5 * (seed % 5) + rng.normal(size=num_residues), 0, 100).astype(np.float32)
    mask = np.zeros((num_residues, 37), np.float32)
    mask[:, ATOM37_BACKBONE] = 1
    angles = np.deg2rad(100) * (np.arange(num_residues)[:, None] + np.arange(3) / 3)
    positions = np.zeros((num_residues, 37, 3), np.float32)
    heights = 1.5 * (np.arange(num_residues)[:, None] + np.arange(3) / 3)
    positions[:, ATOM37_BACKBONE] = np.stack([2.3 * np.cos(angles), 2.3 * np.sin(angles), heights], axis=-1)
    lengths = [len(chain) for chain in chains]
    protein = Protein(
        atom37_positions=positions,
        atom37_mask=mask,
        aatype=encode(sequence).astype(np.int64),
        residue_index=np.concatenate([np.arange(1, length + 1) for length in lengths]),
        insertion_codes=np.full(num_residues, " "),
        chain_index=np.repeat(np.arange(len(chains)), lengths),
        chain_ids=tuple("ABCDEFGH"[: len(chains)]),
        b_factors=plddt[:, None] * mask,
    )
    distogram = rng.random((num_residues, num_residues, 64)).astype(np.float32)
    pae = (rng.random((num_residues, num_residues)) * 20).astype(np.float32) if with_pae else None
    return Prediction(
        protein=protein,
        plddt=plddt,
        pae=pae,
        ptm=0.5 + 0.01 * seed if with_pae else None,
        iptm=0.4 if with_pae and len(chains) > 1 else None,
        distogram_probabilities=distogram / distogram.sum(-1, keepdims=True),
        weights=weights,
        seed=seed,
        num_recycles=3,
    )
