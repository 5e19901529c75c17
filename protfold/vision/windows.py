"""Windows of a map as maps of their own, and back."""

import torch.nn.functional as F
from torch import Tensor

from protfold.typing import Float


def to_windows(x: Float[Tensor, "B C h w"], window: int) -> Float[Tensor, "W C n n"]:
    """Windows row by row from the first corner on, with zeros where the last ones reach beyond the map."""
    height, width = x.shape[2:]
    x = F.pad(x, (0, -width % window, 0, -height % window))
    return x.unflatten(3, (-1, window)).unflatten(2, (-1, window)).permute(0, 2, 4, 1, 3, 5).flatten(0, 2)


def from_windows(windows: Float[Tensor, "W C n n"], height: int, width: int) -> Float[Tensor, "B C h w"]:
    """The map with these sides that `to_windows` took apart."""
    window = windows.shape[-1]
    grid = windows.unflatten(0, (-1, -(-height // window), -(-width // window)))
    return grid.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)[..., :height, :width]
