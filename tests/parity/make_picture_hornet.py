"""Run OpenMMLab's HorNet and keep what it computes, for protfold's parity tests.

Its package, without what it needs for training and for files of pictures::

    python3.11 -m venv hornet
    hornet/bin/pip install torch==2.13.0 numpy
    hornet/bin/pip install --no-deps mmpretrain==1.2.0
    hornet/bin/python tests/parity/make_picture_hornet.py --out tests/parity/arrays

One file of the package is run, with stand-ins for the few names that it imports. Weights and pictures are those of
`picture_weights.py`, drawn from its names of parameters; all is float64 but the Fourier transforms, which are float32 there.
"""

import argparse
import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import torch
from picture_weights import picture, weight
from torch import Tensor, nn

PACKAGE = Path(importlib.util.find_spec("mmpretrain").origin).parent  # type: ignore[union-attr, arg-type]


def load(name: str, path: str) -> types.ModuleType:
    """One file of the package, as a module of that name."""
    spec = importlib.util.spec_from_file_location(name, PACKAGE / path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules[name] = module
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def stand_in(name: str, **names: object) -> None:
    """A module with these names alone."""
    module = types.ModuleType(name)
    module.__dict__.update(names)
    module.__path__ = []
    sys.modules[name] = module


class Base(nn.Module):
    """In the place of OpenMMLab's base class, which initialises and freezes."""

    def __init__(self, init_cfg: None = None) -> None:
        super().__init__()


class Registry:
    """In the place of the table of classes by name."""

    @staticmethod
    def register_module() -> object:
        """A decorator that changes nothing."""
        return lambda decorated: decorated


def hornet_class() -> type[nn.Module]:
    """OpenMMLab's."""
    for name in ("mmcv", "mmcv.cnn", "mmpretrain", "mmpretrain.models", "mmpretrain.models.backbones"):
        stand_in(name)
    stand_in("mmcv.cnn.bricks", DropPath=nn.Identity)
    stand_in("mmpretrain.models.backbones.base_backbone", BaseBackbone=Base)
    stand_in("mmpretrain.registry", MODELS=Registry)
    scale = load("layer_scale", "models/utils/layer_scale.py")
    stand_in("mmpretrain.models.utils", LayerScale=scale.LayerScale)
    return load("mmpretrain.models.backbones.hornet", "models/backbones/hornet.py").HorNet


def case(name: str, mixing: list[dict[str, object]]) -> dict[str, Tensor]:
    """Maps of all stages of a small network, and the normalised mean of the last."""
    shape = {"base_dim": 16, "depths": [1, 1, 2, 1], "orders": [2, 3, 4, 5], "dw_cfg": mixing}
    network = hornet_class()(arch=shape).double()
    network.eval()
    network.load_state_dict(
        {key: torch.from_numpy(weight(f"{name}/{key}", tuple(value.shape))) for key, value in network.state_dict().items()}
    )
    maps: list[Tensor] = []
    for stage in network.stages:
        stage.register_forward_hook(lambda module, given, output: maps.append(output))
    (features,) = network(torch.from_numpy(picture(f"{name}/pictures", 1, 3, 64, 64)))
    return {**{f"map_{index}": one for index, one in enumerate(maps)}, "features": features}


def main() -> None:
    """Compute the cases and write a file for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the arrays")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    convolution = {"type": "DW", "kernel_size": 7}
    filters = [{"type": "GF", "h": 4, "w": 3}, {"type": "GF", "h": 2, "w": 2}]
    for name, mixing in {"hornet": [convolution] * 4, "hornet_gf": [convolution] * 2 + filters}.items():
        with torch.no_grad():
            arrays = {key: value.numpy() for key, value in case(name, mixing).items()}
        path = out / f"picture_{name}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, { ({key: value.shape for key, value in arrays.items()}) }")


if __name__ == "__main__":
    main()
