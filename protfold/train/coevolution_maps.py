"""Co-evolution of the chains of a training run: computed once for each alignment, and simulated for chains without."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from protfold.entities import Msa
from protfold.features.coevolution import Coevolution, CoevolutionConfig, coevolution
from protfold.features.randomness import random_generator
from protfold.io.atomic import write_atomically
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.crops import thin_rows
from protfold.train.simulated_couplings import Donors, pair_classes
from protfold.typing import Float, Int

MAPS = "coevolution"
"""Folder for maps in that of a run."""
FEWEST_ROWS = 32
"""Of a thinned alignment; with fewer there is nothing to see."""


class CoevolutionMaps:
    """Scores and profiles by chain and version: version 0 has all rows of the alignment, every other a random part of them.

    Args:
        config: the channels.
        folder: where they are kept for later runs; None keeps them in memory alone.
    """

    def __init__(self, config: CoevolutionConfig, folder: Path | None = None) -> None:
        self.config, self.folder = config, folder
        self._known: dict[tuple[str, int], Coevolution] = {}

    def of(self, chain: Chain, version: int = 0) -> Coevolution:
        """Of a chain's alignment; of its sequence alone where it has none."""
        key = chain.id, version
        if key not in self._known:
            msa = chain.query() if chain.msa is None else chain.msa
            if version:
                msa = thin_rows(msa, FEWEST_ROWS, random_generator(version, chain.id, "rows"))
            self._known[key] = self._kept(msa)
        return self._known[key]

    def piece(self, chain: Chain, part: Int[np.ndarray, " n"], version: int = 0) -> Float[Tensor, "C n n"]:
        """Channels of some residues of a chain, of its whole alignment or one of the thinned ones."""
        rows = torch.from_numpy(part)
        return self.of(chain, version).as_map()[:, rows][:, :, rows]

    def alone(self, chain: Chain, part: Int[np.ndarray, " n"]) -> Float[Tensor, "C n n"]:
        """The same of its sequence alone."""
        query = chain.query()
        piece = replace(query, residues=query.residues[:, part], deletions=query.deletions[:, part])
        return coevolution(piece, self.config).as_map()

    def simulated(
        self, chain: Chain, part: Int[np.ndarray, " n"], donors: Donors, generator: np.random.Generator
    ) -> Float[Tensor, "C n n"]:
        """The same with scores from one of the donors."""
        maps = self.alone(chain, part)
        scores = donors.simulate(pair_classes(chain, part), generator)
        maps[: scores.shape[-1]] = torch.from_numpy(scores).movedim(-1, 0)
        return maps

    def donors(self, mixture: ChainMixture, num_versions: int = 1) -> Donors:
        """All scores of the chains with an alignment, to draw from.

        Args:
            mixture: the chains; those whose alignment is too shallow to give scores lend none.
            num_versions: of each.
        """
        names = self.config.score_names

        def maps() -> Iterator[tuple[np.ndarray, np.ndarray]]:
            for chain in mixture.aligned():
                classes = pair_classes(chain)
                for version in range(num_versions):
                    scores = self.of(chain, version).scores
                    if scores[names[0]].any():
                        yield classes, torch.stack([scores[name] for name in names], dim=-1).numpy()

        return Donors(maps(), (len(names),))

    def _kept(self, msa: Msa) -> Coevolution:
        """Read, or computed and written."""
        if self.folder is None or self.config.inverse_covariance:  # that one is larger than the time it takes is worth
            return coevolution(msa, self.config)
        path = self.folder / f"{_digest(msa, self.config)}.npz"
        if path.exists():
            with np.load(path) as file:
                return _unpacked({name: file[name] for name in file.files}, self.config)
        found = coevolution(msa, self.config)
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **_packed(found))  # type: ignore[arg-type]
        write_atomically(path, buffer.getvalue())
        return found


def _packed(found: Coevolution) -> dict[str, np.ndarray]:
    return {
        "num_effective": np.array(found.num_effective),
        "profile": found.profile.numpy(),
        "entropy": found.entropy.numpy(),
        **{name: scores.numpy() for name, scores in found.scores.items()},
    }


def _unpacked(arrays: dict[str, np.ndarray], config: CoevolutionConfig) -> Coevolution:
    return Coevolution(
        config=config,
        num_effective=float(arrays["num_effective"]),
        scores={name: torch.from_numpy(arrays[name]) for name in config.score_names},
        profile=torch.from_numpy(arrays["profile"]),
        entropy=torch.from_numpy(arrays["entropy"]),
        inverse_covariance=None,
    )


def _digest(msa: Msa, config: CoevolutionConfig) -> str:
    """Of what the scores depend on."""
    digest = hashlib.sha256(repr((msa.residues.shape, config.score_names)).encode())
    digest.update(np.ascontiguousarray(msa.residues).tobytes())
    return digest.hexdigest()[:24]
