"""Where reduced precision must end."""

import torch
from torch import Tensor


def at_least_float32(tensor: Tensor) -> Tensor:
    """The tensor in float32, or unchanged if it is already as precise."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def in_float64(tensor: Tensor) -> Tensor:
    """The tensor in float64, on the CPU where its device has none (MPS)."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
