"""`Rigid`: rotations with translations, mapping local to global coordinates. Å."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from protfold.geometry.vectors import normalize
from protfold.typing import Float


@dataclass(frozen=True, slots=True, eq=False)
class Rigid:
    """A field of rigid motions `x_global = rotation @ x_local + translation`.

    Attributes:
        rotation: proper rotation matrices, columns are the local axes in global coordinates.
        translation: Å (or network units inside the structure module).
    """

    rotation: Float[Tensor, "*shape 3 3"]
    translation: Float[Tensor, "*shape 3"]

    @classmethod
    def identity(cls, shape: tuple[int, ...], *, like: Tensor) -> "Rigid":
        """Identity motions of the given shape, with the type and device of `like`."""
        rotation = torch.eye(3, dtype=like.dtype, device=like.device).expand(*shape, 3, 3)
        return cls(rotation, like.new_zeros(*shape, 3))

    @classmethod
    def from_3_points(
        cls,
        x_axis: Float[Tensor, "*shape 3"],
        origin: Float[Tensor, "*shape 3"],
        xy_plane: Float[Tensor, "*shape 3"],
        *,
        eps: float = 1e-8,
    ) -> "Rigid":
        """The frame at `origin` whose x axis points to the first point and whose xy plane holds the third (at y > 0).

        Jumper et al. (2021) Suppl. Alg. 21 "rigidFrom3Points"
        """
        first = normalize(x_axis - origin, eps=eps)
        in_plane = xy_plane - origin
        second = normalize(in_plane - first * (first * in_plane).sum(-1, keepdim=True), eps=eps)
        third = torch.linalg.cross(first, second)
        return cls(torch.stack([first, second, third], dim=-1), origin)

    @classmethod
    def from_matrix(cls, matrix: Float[Tensor, "*shape 4 4"]) -> "Rigid":
        """From homogeneous transforms."""
        return cls(matrix[..., :3, :3], matrix[..., :3, 3])

    def __getitem__(self, index: Any) -> "Rigid":
        index = index if isinstance(index, tuple) else (index,)
        return Rigid(self.rotation[(*index, ..., slice(None), slice(None))], self.translation[(*index, ..., slice(None))])

    def compose(self, local: "Rigid") -> "Rigid":
        """First `local`, then this motion: `self ∘ local`."""
        return Rigid(self.rotation @ local.rotation, self.apply(local.translation))

    def apply(self, points: Float[Tensor, "*points 3"]) -> Float[Tensor, "*result 3"]:
        """Local points to global ones; shapes broadcast."""
        return rotate(self.rotation, points) + self.translation

    def invert_apply(self, points: Float[Tensor, "*points 3"]) -> Float[Tensor, "*result 3"]:
        """Global points to local ones; shapes broadcast."""
        return rotate(self.rotation.transpose(-1, -2), points - self.translation)

    def scale_translation(self, factor: float) -> "Rigid":
        """The same frames with lengths in another unit."""
        return Rigid(self.rotation, self.translation * factor)

    def stop_rotation_gradient(self) -> "Rigid":
        """The same frames, with the rotation cut off from the gradient."""
        return Rigid(self.rotation.detach(), self.translation)


def rotate(rotation: Float[Tensor, "*#shape 3 3"], vectors: Float[Tensor, "*#shape 3"]) -> Float[Tensor, "*#shape 3"]:
    """`rotation @ vector` in full precision, shapes broadcast."""
    return (rotation * vectors[..., None, :]).sum(-1)


def rotation_from_quaternion(quaternion: Float[Tensor, "*shape 4"]) -> Float[Tensor, "*shape 3 3"]:
    """Rotation matrices of unit quaternions `(w, x, y, z)`."""
    w, x, y, z = quaternion.unbind(-1)
    rows = [
        w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z,
    ]  # fmt: skip
    return torch.stack(rows, dim=-1).unflatten(-1, (3, 3))


def rotation_about_x(sin_cos: Float[Tensor, "*shape 2"]) -> Float[Tensor, "*shape 3 3"]:
    """Rotations about the x axis from `(sin, cos)`.

    Jumper et al. (2021) Suppl. Alg. 25 "makeRotX"
    """
    sin, cos = sin_cos.unbind(-1)
    zero, one = torch.zeros_like(sin), torch.ones_like(sin)
    return torch.stack([one, zero, zero, zero, cos, -sin, zero, sin, cos], dim=-1).unflatten(-1, (3, 3))
