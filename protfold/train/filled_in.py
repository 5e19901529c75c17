"""What a pretrained network makes of the map of one chain, to be looked at."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from protfold.features.pair_images import CHANNELS
from protfold.features.randomness import random_generator
from protfold.train.chain import Chain
from protfold.train.pair_examples import image_of
from protfold.train.pretraining_config import PretrainingExampleConfig
from protfold.train.pretraining_task import explained, remove
from protfold.train.task import evaluating
from protfold.typing import Float
from protfold.vision.pretraining.network import PairPretraining
from protfold.vision.pretraining.windows import Windows

CHANNEL = CHANNELS["symmetric"].index("closeness")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FilledIn:
    """One channel, `closeness`, of a chain's map.

    Attributes:
        name: of the chain.
        true: the map; NaN where a residue is not known.
        seen: what is left of it, NaN where patches were removed; of the local kind, all but those.
        filled: the map with what is filled in.
        explained: see `protfold.train.pretraining_task.explained`.
    """

    name: str
    true: Float[np.ndarray, "N N"]
    seen: Float[np.ndarray, "N N"]
    filled: Float[np.ndarray, "N N"]
    explained: float


def fill_in(model: PairPretraining, chain: Chain, examples: PretrainingExampleConfig, *, seed: int = 0) -> FilledIn:
    """The map of a chain, without what is removed, and filled in.

    Args:
        model: pretrained or not; on the CPU.
        chain: any.
        examples: what is removed.
        seed: of what is removed.
    """
    image = image_of(chain, model.config.channels)
    batch = remove(model, [image], examples, [random_generator(seed, chain.id, "removed")])
    with evaluating(model), torch.no_grad():
        result = model(batch.pairs.maps, batch.pairs.mask, batch.removed)
    length, size = len(chain), model.patch_size
    known = (image.mask[:, None] & image.mask).numpy()
    true = np.where(known, image.maps[CHANNEL].numpy(), np.nan)
    seen, filled = true.copy(), true.copy()
    predicted = result.predicted[0].unflatten(-1, (size, size, -1))[..., CHANNEL]
    counted = result.counted[0].unflatten(-1, (size, size))
    for patch, (row, column) in enumerate(_corners(batch.removed, size)):
        for p, q in counted[patch].nonzero().tolist():
            if row + p < length and column + q < length:
                seen[row + p, column + q] = np.nan
                filled[row + p, column + q] = float(predicted[patch, p, q])
    return FilledIn(name=chain.id, true=true, seen=seen, filled=filled, explained=explained(result))


def _corners(removed: Tensor | Windows, size: int) -> list[tuple[int, int]]:
    """First row and column of each patch, in the order of a reconstruction of one map."""
    if isinstance(removed, Windows):
        side, starts = removed.removed.shape[-1], removed.corners[0].tolist()
    else:
        side, starts = removed.shape[-1], [(0, 0)]
    return [(size * (top + row), size * (left + column)) for top, left in starts for row in range(side) for column in range(side)]
