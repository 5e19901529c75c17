"""How one of DeepMind's arrays becomes one of protfold's parameters, and back.

DeepMind stores a projection as [in, out] and keeps attention heads as an axis of their own; torch wants [out, in] with the heads
merged. Everything here only moves axes, so both directions are exact to the bit, and a tensor on the meta device tells the
resulting shape.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from protfold.model import AlphaFoldConfig

Size = Callable[[AlphaFoldConfig], int]


@runtime_checkable
class Transform(Protocol):
    """A change of layout that can be undone."""

    @property
    def num_axes(self) -> int:
        """Axes of DeepMind's array, the one over stacked blocks left out."""

    def to_protfold(self, array: Tensor) -> Tensor:
        """DeepMind's array as protfold's parameter."""

    def to_alphafold2(self, parameter: Tensor, config: AlphaFoldConfig) -> Tensor:
        """Our parameter as DeepMind's array; `config` tells the sizes of split axes."""


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector, the same on both sides."""

    num_axes: int = 1

    def to_protfold(self, array: Tensor) -> Tensor:
        """The array itself."""
        return array

    def to_alphafold2(self, parameter: Tensor, config: AlphaFoldConfig) -> Tensor:
        """The parameter itself."""
        return parameter


@dataclass(frozen=True, slots=True)
class Transposed:
    """A matrix, [in, out] there and [out, in] here."""

    num_axes: int = 2

    def to_protfold(self, array: Tensor) -> Tensor:
        """[in, out] to [out, in]."""
        return array.transpose(0, 1)

    def to_alphafold2(self, parameter: Tensor, config: AlphaFoldConfig) -> Tensor:
        """[out, in] to [in, out]."""
        return parameter.transpose(0, 1)


@dataclass(frozen=True, slots=True)
class Split:
    """`inner`, with one of its axes kept as two by DeepMind; the first of the two has `size` entries."""

    axis: int
    size: Size
    inner: Transform

    @property
    def num_axes(self) -> int:
        """One more than `inner` has."""
        return self.inner.num_axes + 1

    def to_protfold(self, array: Tensor) -> Tensor:
        """Merges the two axes first."""
        return self.inner.to_protfold(array.flatten(self.axis, self.axis + 1))

    def to_alphafold2(self, parameter: Tensor, config: AlphaFoldConfig) -> Tensor:
        """Splits the axis last."""
        return self.inner.to_alphafold2(parameter, config).unflatten(self.axis, (self.size(config), -1))


VECTOR = Vector()
TRANSPOSED = Transposed()


def heads_out(num_heads: Size) -> Transform:
    """A projection to heads, [in, heads, channels]."""
    return Split(1, num_heads, TRANSPOSED)


def heads_in(num_heads: Size) -> Transform:
    """A projection from heads, [heads, channels, out]; also of an outer product, [left, right, out]."""
    return Split(0, num_heads, TRANSPOSED)


def heads_vector(num_heads: Size) -> Transform:
    """A bias of heads, [heads, channels]."""
    return Split(0, num_heads, VECTOR)
