"""Initial values by intent. Jumper et al. (2021) Suppl. Sec. 1.11.4 "Parameters initialization"."""

import math

from torch import nn


def linear(c_in: int, c_out: int, *, bias: bool = True) -> nn.Linear:
    """A plain projection: truncated normal with variance 1 / fan-in, zero bias."""
    return _linear(c_in, c_out, bias=bias, variance=1.0)


def relu_linear(c_in: int, c_out: int) -> nn.Linear:
    """A projection followed by ReLU: variance 2 / fan-in."""
    return _linear(c_in, c_out, bias=True, variance=2.0)


def gating_linear(c_in: int, c_out: int) -> nn.Linear:
    """The projection of a sigmoid gate: starts open, weights 0 and bias 1."""
    layer = nn.Linear(c_in, c_out)
    nn.init.zeros_(layer.weight)
    nn.init.ones_(layer.bias)
    return layer


def final_linear(c_in: int, c_out: int) -> nn.Linear:
    """The last projection of a residual branch or head: starts at zero."""
    layer = nn.Linear(c_in, c_out)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def _linear(c_in: int, c_out: int, *, bias: bool, variance: float) -> nn.Linear:
    layer = nn.Linear(c_in, c_out, bias=bias)
    # 0.8796 is the standard deviation of a unit normal cut at two.
    deviation = math.sqrt(variance / c_in) / 0.87962566
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    if bias:
        nn.init.zeros_(layer.bias)
    return layer
