"""DeepMind's stored inputs and outputs, as `make_reference.py` wrote them."""

from pathlib import Path

import numpy as np
import torch

from protfold.geometry.rigid import Rigid, rotation_from_quaternion

ARRAYS = Path(__file__).parent / "arrays"


class Case(dict[str, torch.Tensor]):
    """One file of inputs and DeepMind's outputs."""

    @classmethod
    def read(cls, name: str) -> "Case":
        """All arrays of a case as tensors, integers as int64."""
        with np.load(ARRAYS / f"{name}.npz") as file:
            arrays = {key: np.asarray(file[key]) for key in file.files if file[key].dtype.kind in "fiu"}
        return cls({key: torch.from_numpy(a.astype(np.int64) if a.dtype.kind in "iu" else a) for key, a in arrays.items()})


def relative_error(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """Largest difference, in units of the reference's root mean square."""
    return float((ours - theirs).abs().max() / theirs.square().mean().sqrt())


def rigid_from_flat12(flat: torch.Tensor) -> Rigid:
    """DeepMind's twelve numbers: the rotation by rows, then the translation."""
    return Rigid(flat[..., :9].unflatten(-1, (3, 3)), flat[..., 9:])


def rigid_from_affine(affine: torch.Tensor) -> Rigid:
    """DeepMind's seven numbers: a unit quaternion, then the translation."""
    return Rigid(rotation_from_quaternion(affine[..., :4]), affine[..., 4:])
