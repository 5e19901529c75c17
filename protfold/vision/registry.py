"""All backbones by name."""

from typing import Any

from protfold.errors import InputError
from protfold.vision.acmix import ACmixResNet
from protfold.vision.acmix_swin import ACmixSwin
from protfold.vision.backbone import Backbone
from protfold.vision.convmae import ConvMAE
from protfold.vision.convmixer import ConvMixer
from protfold.vision.dilated_resnet import DilatedResNet
from protfold.vision.dynopool import DynOPool
from protfold.vision.espcn import ESPCN
from protfold.vision.flowformer import Flowformer
from protfold.vision.global_filter import HorNetGF
from protfold.vision.horfpn import HorNetFPN
from protfold.vision.hornet import HorNet
from protfold.vision.mlp_mixer import MLPMixer
from protfold.vision.relative_vit import RelativeViT
from protfold.vision.repvgg import RepVGG
from protfold.vision.vit import ViT
from protfold.vision.vitdet import ViTDet
from protfold.vision.yolov7 import YoloV7

BACKBONES: dict[str, type[Backbone]] = {
    "acmix_resnet": ACmixResNet,
    "acmix_swin": ACmixSwin,
    "convmae": ConvMAE,
    "convmixer": ConvMixer,
    "dilated_resnet": DilatedResNet,
    "dynopool": DynOPool,
    "espcn": ESPCN,
    "flowformer": Flowformer,
    "hornet": HorNet,
    "hornet_fpn": HorNetFPN,
    "hornet_gf": HorNetGF,
    "mlp_mixer": MLPMixer,
    "relative_vit": RelativeViT,
    "repvgg": RepVGG,
    "vit": ViT,
    "vitdet": ViTDet,
    "yolov7": YoloV7,
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
