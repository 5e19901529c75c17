"""Small backbones for the laws that all of them keep."""

from typing import Any

import torch
from torch import Tensor, nn

from protfold.vision import Backbone, create_backbone

SMALL: dict[str, dict[str, Any]] = {
    "convmixer": {"hidden": 8, "depth": 2, "kernel_size": 5},
    "dilated_resnet": {"hidden": 8, "depth": 2, "dilations": (1, 2)},
}
"""Settings by name; every registered backbone has a line."""

IN_CHANNELS = 3


def small_backbone(name: str, *, dtype: torch.dtype = torch.float64, seed: int = 0, **settings: Any) -> Backbone:
    """A small backbone in evaluation mode whose parameters and statistics are all random, none at its special starting value."""
    torch.manual_seed(seed)
    backbone = create_backbone(name, IN_CHANNELS, **(SMALL[name] | settings)).to(dtype)
    for parameter in backbone.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=0.2 if parameter.dim() > 1 else 0.5)
    for module in backbone.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2.0)
    return backbone.eval()


def pair_maps(length: int, *, batch: int = 2, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    """Random directed maps of `IN_CHANNELS`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, IN_CHANNELS, length, length, dtype=dtype, generator=generator)
