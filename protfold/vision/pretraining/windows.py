"""Windows of a map in which a network fills in patches, each window by itself, and what is removed in them.

Chen et al. (2022) "Efficient Self-supervised Vision Pretraining with Local Masked Reconstruction", arXiv 2206.00790: several different
windows of each map, as the text has it; in the released code each map of a batch may see one window several times.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from protfold.typing import Bool, Int
from protfold.vision.pretraining.masking import check_ratio, check_square, first_lots, mirror_numbers


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Windows:
    """Windows of a map, or of a batch of them.

    Attributes:
        corners: first row and column of each, in patches.
        removed: patches of each that are to be filled in.
    """

    corners: Int[Tensor, "*batch K 2"]
    removed: Bool[Tensor, "*batch K S S"]

    @classmethod
    def stacked(cls, each: "list[Windows]") -> "Windows":
        """Of a batch."""
        return cls(corners=torch.stack([one.corners for one in each]), removed=torch.stack([one.removed for one in each]))

    def to(self, device: torch.device) -> "Windows":
        """On a device."""
        return Windows(corners=self.corners.to(device), removed=self.removed.to(device))


def draw_windows(
    real: Bool[np.ndarray, "h w"],
    ratio: float,
    generator: np.random.Generator,
    *,
    count: int = 4,
    size: int = 7,
    mirrored: bool = True,
) -> Windows:
    """Different windows of one map, at least half of each real, with floor(n ratio) of their n lots removed.

    A map that has fewer such windows gives each of them several times, with other patches removed; one smaller than a window, or with
    no window half real, gives those with the most real patches.

    Args:
        real: patches that hold a pair.
        ratio: share to remove.
        generator: of the draw.
        count: windows.
        size: patches on the side of a window.
        mirrored: of a window and its mirror image only one is taken, and patches (a, b) and (b, a) of a window over the diagonal are
            removed together; without, for pictures.

    Raises:
        InputError: the ratio is not between 0 and 1, or mirrored windows are to be drawn of a map that is not square.
    """
    check_ratio(ratio)
    if mirrored:
        check_square(real)
    height, width = (max(size, side) for side in real.shape)
    padded = np.zeros((height, width), dtype=bool)
    padded[: real.shape[0], : real.shape[1]] = real
    content = np.lib.stride_tricks.sliding_window_view(padded, (size, size)).sum((-1, -2))
    possible = content >= min(0.5 * size**2, content.max())
    if mirrored:
        possible = np.triu(possible)
    corners = generator.permutation(np.argwhere(possible))
    corners = np.resize(corners, (count, 2)) if len(corners) < count else corners[:count]
    if mirrored:
        corners = np.where(generator.random((count, 1)) < 0.5, corners, corners[:, ::-1])
    number = mirror_numbers(height) if mirrored else np.arange(padded.size).reshape(padded.shape)
    removed = []
    for top, left in corners:
        part = (slice(top, top + size), slice(left, left + size))
        lots = len(np.unique(number[part][padded[part]]))
        removed.append(first_lots(generator.random((size, size)), number[part], padded[part], int(lots * ratio + 1e-9)))
    return Windows(corners=torch.from_numpy(corners.astype(np.int64)), removed=torch.from_numpy(np.stack(removed)))
