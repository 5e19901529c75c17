"""All backbones by name."""

from typing import Any

from protfold.errors import InputError
from protfold.vision.backbone import Backbone
from protfold.vision.convmixer import ConvMixer
from protfold.vision.dilated_resnet import DilatedResNet

BACKBONES: dict[str, type[Backbone]] = {
    "convmixer": ConvMixer,
    "dilated_resnet": DilatedResNet,
}


def list_backbones() -> list[str]:
    """Names for `create_backbone`."""
    return sorted(BACKBONES)


def create_backbone(name: str, in_channels: int, **settings: Any) -> Backbone:
    """A backbone with random weights.

    Args:
        name: one of `list_backbones()`.
        in_channels: of the pair maps.
        settings: arguments of the backbone's class; what is not given has values for pair maps.

    Raises:
        InputError: there is no such backbone, or it has no such setting.
    """
    if name not in BACKBONES:
        raise InputError(f"there is no backbone {name!r}; give one of {', '.join(list_backbones())}")
    try:
        return BACKBONES[name](in_channels, **settings)  # type: ignore[call-arg, arg-type]
    except TypeError as error:
        raise InputError(f"backbone {name}: {error}") from error
