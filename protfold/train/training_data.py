"""`TrainingData`: the chains of a run, those learned from and those measured."""

import hashlib
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import nn

from protfold.errors import InputError
from protfold.model.execution import execution
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.chain_store import INDEX, ChainStore
from protfold.train.data_config import CardText, DataChoice, HeldOutChoice
from protfold.train.distributed import World
from protfold.train.task import Measures, evaluating, mean_measures
from protfold.weights import ModelCard


class TrainingData:
    """The stores that the settings name.

    Args:
        choice: which stores, and how much of each.
        held_out: which chains are measured.
        aligned: of those that have an alignment.

    Attributes:
        learned: the chains learned from, a selection of each store.
        mixture: the same, to draw from.
        validated: store and place of each chain that is measured.

    Raises:
        InputError: a store is missing or has no chain to learn from or to measure.
    """

    def __init__(self, choice: DataChoice, held_out: HeldOutChoice, *, aligned: bool = False) -> None:
        stores = [ChainStore(folder) for folder in choice.stores]
        excluded = _excluded(choice.excluded)
        self.digests = list(_digests(choice))
        kept = [store.select(~np.isin(store.table.id, excluded)) for store in stores] if excluded else stores
        self.learned = [store.split("train") for store in kept]
        shares = choice.shares or [float(len(np.unique(store.table.cluster))) for store in self.learned]
        self.mixture = ChainMixture(list(zip(self.learned, shares, strict=True)))
        self.validated = _held_out(kept, held_out, aligned=aligned)

    @property
    def description(self) -> str:
        """The stores and how much of each is learned from, in words."""
        return ", ".join(f"{store.folder.name} ({len(store)} chains)" for store in self.learned)

    def mean_over_validated(
        self, model: nn.Module, measured: Callable[[Chain], Measures], *, world: World, product_dtype: torch.dtype | None
    ) -> Measures:
        """Means over the chains that are measured; nothing without such chains.

        Args:
            model: in evaluation mode meanwhile, without gradients.
            measured: what is measured of a chain.
            world: the processes that share the chains.
            product_dtype: see `execution`.
        """
        chains = [store[index] for store, index in world.share(self.validated)]
        with evaluating(model), torch.no_grad(), execution(product_dtype=product_dtype):
            return mean_measures(world.gather([measured(chain) for chain in chains]))


def model_card(text: CardText, licence: str, data: TrainingData, *, steps: int, measures: Measures) -> ModelCard:
    """What exported weights say of themselves.

    Args:
        text: of the settings.
        licence: of the parameters trained from, where the settings name none.
        data: learned from.
        steps: taken.
        measures: of the last validation.
    """
    return ModelCard(
        name=text.name,
        description=text.description,
        licence=text.licence or licence,
        training_data=text.training_data or data.description,
        training_steps=steps,
        measures={name: round(float(value), 4) for name, value in measures.items() if math.isfinite(value)},
    )


def _digests(choice: DataChoice) -> Iterator[str]:
    """Of what the data are, wherever they lie."""
    indices = [store / INDEX for store in choice.stores]
    for path in indices if choice.excluded is None else [*indices, choice.excluded]:
        yield hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _excluded(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return path.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read as a list of chains to leave out: {error}", file=path) from error


def _held_out(stores: list[ChainStore], choice: HeldOutChoice, *, aligned: bool) -> list[tuple[ChainStore, int]]:
    """Store and place of each chain that is measured."""
    if choice.max_chains == 0:
        return []
    places = [
        (store, int(index))
        for store in stores
        for index in np.flatnonzero(
            (store.table.split == "valid")
            & (store.table.length <= choice.max_length)
            & (store.table.depth > 0 if aligned else True)
        )
    ]
    if not places:
        kind = f"up to {choice.max_length} residues{' and an alignment' * aligned}"
        raise InputError(
            f"no chain of the split 'valid' has {kind}; prepare some, or set validation.max_chains = 0",
            file=", ".join(str(store.folder) for store in stores),
        )
    chosen = np.linspace(0, len(places) - 1, min(choice.max_chains, len(places))).round().astype(int)
    return [places[index] for index in chosen]
