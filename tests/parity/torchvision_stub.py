"""What timm imports of torchvision, without torchvision, whose wheels want torch with CUDA."""

import enum
import importlib.machinery
import sys
import types

from torch import nn


class _Anything(types.ModuleType):
    """A module with every name asked for: each is a class that does nothing."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


class InterpolationMode(enum.Enum):
    """As torchvision's."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


def install() -> None:
    """Put the stub in the place of torchvision; to be called before timm is imported."""
    names = ("", ".ops", ".ops.misc", ".transforms", ".transforms.functional", ".datasets")
    modules = {f"torchvision{name}": _Anything(f"torchvision{name}") for name in names}
    for name, module in modules.items():
        module.__path__ = []
        module.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        parent, _, leaf = name.rpartition(".")
        if parent:
            setattr(modules[parent], leaf, module)
    modules["torchvision.ops.misc"].FrozenBatchNorm2d = type("FrozenBatchNorm2d", (nn.Module,), {})
    modules["torchvision.transforms"].InterpolationMode = InterpolationMode
    modules["torchvision.transforms.functional"].InterpolationMode = InterpolationMode
    sys.modules.update(modules)
