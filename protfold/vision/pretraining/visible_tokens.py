"""The tokens of visible patches, packed and put back."""

import torch
from torch import Tensor

from protfold.typing import Bool, Float


def gathered(tokens: Float[Tensor, "B L C"], chosen: Bool[Tensor, "B L"]) -> tuple[Float[Tensor, "B T C"], Bool[Tensor, "B T"]]:
    """The chosen tokens of each map in their order, as many places as the largest choice has, and which of the places are taken."""
    count = chosen.sum(1)
    places = (~chosen).to(torch.uint8).argsort(dim=1, stable=True)[:, : max(1, int(count.max()))]
    taken = torch.arange(places.shape[1], device=places.device) < count[:, None]
    found = tokens.gather(1, places[..., None].expand(-1, -1, tokens.shape[-1]))
    return torch.where(taken[..., None], found, 0.0), taken


def scattered(tokens: Float[Tensor, "B T C"], chosen: Bool[Tensor, "B L"], others: Float[Tensor, " C"]) -> Float[Tensor, "B L C"]:
    """The inverse of `gathered`, with `others` at the places not chosen."""
    rank = (chosen.cumsum(1) - 1).clamp(min=0)
    return torch.where(chosen[..., None], tokens.gather(1, rank[..., None].expand(-1, -1, tokens.shape[-1])), others)
