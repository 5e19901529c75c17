"""Dropout whose mask is shared along one axis."""

import torch
from torch import Tensor, nn


class SharedDropout(nn.Module):
    """Drops whole rows or columns of channels: one mask for all positions along `shared_dim`.

    Jumper et al. (2021) Suppl. Sec. 1.11.6 "Dropout details" (DropoutRowwise, DropoutColumnwise). Draws come from torch's default
    generator, which the training loop seeds.
    """

    def __init__(self, rate: float, *, shared_dim: int) -> None:
        super().__init__()
        self.rate, self.shared_dim = rate, shared_dim

    def forward(self, update: Tensor) -> Tensor:
        """The update itself in evaluation."""
        if not self.training or self.rate == 0.0:
            return update
        shape = list(update.shape)
        shape[self.shared_dim] = 1
        keep = torch.rand(shape, device=update.device) >= self.rate
        return update * (keep.to(update.dtype) / (1.0 - self.rate))
