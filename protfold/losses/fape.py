"""Frame-aligned point error. Å."""

import torch
from torch import Tensor

from protfold.geometry.rigid import Rigid
from protfold.typing import Float

LENGTH_SCALE = 10.0
CLAMP_DISTANCE = 10.0


def frame_aligned_point_error(
    frames: Rigid,
    target_frames: Rigid,
    frames_mask: Float[Tensor, "*#batch N_frames"],
    points: Float[Tensor, "*batch N_points 3"],
    target_points: Float[Tensor, "*#batch N_points 3"],
    points_mask: Float[Tensor, "*#batch N_points"],
    *,
    clamp: Float[Tensor, "*#batch"] | None = None,
    eps: float = 1e-4,
) -> Float[Tensor, "*batch"]:
    """Mean distance between predicted and true points seen from each frame, in units of 10 Å.

    Jumper et al. (2021) Suppl. Alg. 28 "computeFAPE"

    Args:
        frames, target_frames: [*batch, N_frames]; the true ones may lack leading axes, such as that of layers.
        frames_mask, points_mask: 1 where the true frame or point is known.
        points, target_points: Å.
        clamp: 1 for examples whose distances are cut at 10 Å, 0 for those that are not; None cuts all.
    """
    distances = aligned_distances(frames, target_frames, points, target_points, eps=eps)
    clamped = distances.clamp(max=CLAMP_DISTANCE)
    if clamp is not None:
        clamped = torch.lerp(distances, clamped, clamp[..., None, None])
    pair_mask = frames_mask[..., :, None] * points_mask[..., None, :]
    return (clamped * pair_mask).sum((-1, -2)) / (pair_mask.sum((-1, -2)) + eps) / LENGTH_SCALE


def aligned_distances(
    frames: Rigid,
    target_frames: Rigid,
    points: Float[Tensor, "*batch N_points 3"],
    target_points: Float[Tensor, "*#batch N_points 3"],
    *,
    eps: float = 1e-4,
) -> Float[Tensor, "*batch N_frames N_points"]:
    """Distance of each predicted point from the true one after laying each predicted frame on the true one: `sqrt(d.d + eps)`."""
    difference = _local_points(frames, points) - _local_points(target_frames, target_points)
    return difference.square().sum(-2).add(eps).sqrt()


def _local_points(frames: Rigid, points: Float[Tensor, "*#batch N_points 3"]) -> Float[Tensor, "*batch N_frames 3 N_points"]:
    """`frames.invert_apply(points)` of every frame and point as one matrix product a structure."""
    axes = frames.rotation.transpose(-1, -2)
    origins = axes @ frames.translation[..., None]
    return (axes.flatten(-3, -2) @ points.transpose(-1, -2)).unflatten(-2, (-1, 3)) - origins
