"""Small backbones for the laws that all of them keep."""

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from protfold.vision import Backbone, create_backbone

Module = TypeVar("Module", bound=nn.Module)

SMALL: dict[str, dict[str, Any]] = {
    "acmix_resnet": {
        "widths": (4, 8),
        "depths": (1, 1),
        "strides": (1, 2),
        "expansion": 2,
        "num_heads": 2,
        "window": 3,
        "stem_channels": 8,
    },
    "acmix_swin": {"hidden": 8, "depths": (2, 1), "num_heads": (2, 2), "patch_size": 1, "window": 3},
    "convmae": {"hidden": (8, 8, 12), "depths": (1, 1, 1), "num_heads": 2, "stem_stride": 1},
    "convmixer": {"hidden": 8, "depth": 2, "kernel_size": 5},
    "dilated_resnet": {"hidden": 8, "depth": 2, "dilations": (1, 2)},
    "dynopool": {"widths": (6, 8), "depth": 1, "start": 1.6},
    "espcn": {"hidden": 6, "coarse_channels": 8, "widths": (8, 6)},
    "flowformer": {"hidden": (8, 16), "depths": (1, 1), "num_heads": 2},
    "hornet": {"hidden": 8, "depths": (1, 2)},
    "hornet_fpn": {"hidden": 8, "depths": (1, 2), "out_channels": 8},
    "hornet_gf": {"hidden": 8, "depths": (1, 1, 1), "stem_stride": 1, "length": 16},
    "mlp_mixer": {"length": 16, "hidden": 8, "depth": 2, "patch_size": 2, "tokens_hidden": 7},
    "relative_vit": {"hidden": 8, "depth": 2, "num_heads": 2},
    "repvgg": {"widths": (8, 12), "depths": (2, 3), "strides": (1, 2), "dilations": (1, 2), "groups": 2},
    "vit": {"hidden": 8, "depth": 2, "num_heads": 2},
    "vitdet": {
        "hidden": 8,
        "depth": 2,
        "num_heads": 2,
        "window": 3,
        "num_propagations": 1,
        "global_span": 3,
        "pyramid_channels": 6,
    },
    "yolov7": {
        "stem": ((6, 1),),
        "hidden": (4, 6),
        "out": (8, 12),
        "depth": 2,
        "tap_every": 1,
        "pyramid": (6, 8),
        "pyramid_hidden": (4, 6),
    },
}
"""Settings by name; every registered backbone has a line."""

IN_CHANNELS = 3


def randomize(module: Module) -> Module:
    """The module in evaluation mode, all its parameters and statistics random, none at its special starting value."""
    for parameter in module.parameters():
        if parameter.requires_grad:
            nn.init.normal_(parameter, std=0.2 if parameter.dim() > 1 else 0.5)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2.0)
    return module.eval()


def small_backbone(name: str, *, dtype: torch.dtype = torch.float64, seed: int = 0, **settings: Any) -> Backbone:
    """A small backbone in evaluation mode whose parameters and statistics are all random, none at its special starting value."""
    torch.manual_seed(seed)
    return randomize(create_backbone(name, IN_CHANNELS, **(SMALL[name] | settings)).to(dtype))


def pair_maps(length: int, *, batch: int = 2, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    """Random directed maps of `IN_CHANNELS`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, IN_CHANNELS, length, length, dtype=dtype, generator=generator)
