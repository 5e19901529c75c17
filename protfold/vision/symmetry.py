"""Transposition of pair maps. Distances, contacts and summed covariances are symmetric; what is made of them should be.

No convolution keeps that by itself. A network can be made equivariant, f(x transposed) = f(x) transposed, in two ways: `kernel`
ties the weights, which costs nothing; `average` takes the mean of the map and of its transposed twin, which costs twice as much and
works for any network. `none` is for directed features, as the orientation of one residue seen from another.
"""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from protfold.typing import Float

Symmetry = Literal["none", "kernel", "average"]


def transposed(x: Float[Tensor, "*leading N M"]) -> Float[Tensor, "*leading M N"]:
    """Rows and columns exchanged."""
    return x.transpose(-1, -2)


def symmetric(x: Float[Tensor, "*leading N N"]) -> Float[Tensor, "*leading N N"]:
    """The mean of both triangles: of a map, or of the kernel of a convolution."""
    return 0.5 * (x + transposed(x))


def averaged(function: Callable[[Tensor], list[Tensor]], x: Float[Tensor, "B C N N"]) -> list[Float[Tensor, "B _ _ _"]]:
    """Maps that `function` gives of x and, transposed, of x transposed; their mean."""
    return [0.5 * (one + transposed(other)) for one, other in zip(function(x), function(transposed(x)), strict=True)]
