"""RepVGG and ConvMixer beside timm's; `make_picture_convolutions.py` ran those."""

import pytest
import torch
from torch import nn

from protfold.vision.convmixer import ConvMixer
from protfold.vision.picture_classifier import PictureClassifier
from protfold.vision.reparameterization import deployed
from protfold.vision.repvgg import RepVGG
from tests.parity.picture_weights import picture, weight
from tests.parity.reference import Case

REPVGG = {
    "backbone.": "",
    "blocks.0.": "stem.",
    "blocks.1.": "stages.0.0.",
    "blocks.2.": "stages.0.1.",
    "blocks.3.": "stages.1.0.",
    "squeeze.squeeze": "attn.fc1",
    "squeeze.excite": "attn.fc2",
    "convolution.identity": "identity",
    "convolution.dense": "conv_kxk",
    "convolution.point": "conv_1x1",
    "convolution.weight": "conv.weight",
    ".norm.": ".bn.",
    "head.": "head.fc.",
}
CONVMIXER = {
    "backbone.": "",
    "patch_embedding": "stem.0",
    "patch_norm": "stem.2",
    "layers": "blocks",
    "depthwise_norm": "0.fn.2",
    "depthwise": "0.fn.0",
    "pointwise_norm": "3",
    "pointwise": "1",
}
"""Parts of our names by what stands for them in timm's."""


def with_timm_weights(prefix: str, network: nn.Module, names: dict[str, str]) -> nn.Module:
    """In float64 and evaluation mode, parameters and statistics drawn by timm's names."""
    for name, value in network.double().eval().state_dict().items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        if value.is_floating_point():
            value.copy_(torch.from_numpy(weight(f"{prefix}/{name}", tuple(value.shape))))
    return network


def assert_as_timm(name: str, network: PictureClassifier) -> Case:
    """Its map and its logits."""
    case, x = Case.read(f"picture_{name}"), torch.from_numpy(picture(f"{name}/pictures", 2, 3, 32, 32))
    torch.testing.assert_close(network.backbone(x)[-1][0], case["map"], rtol=1e-11, atol=1e-11)
    torch.testing.assert_close(network(x), case["logits"], rtol=1e-11, atol=1e-11)
    return case


@pytest.fixture(scope="module")
def repvgg() -> PictureClassifier:
    """With groups, and squeeze and excitation."""
    settings = {"widths": (16, 16, 32), "depths": (1, 2, 1), "strides": (2, 2, 2), "dilations": (1,), "groups": 2}
    backbone = RepVGG(3, squeeze=True, symmetry="none", **settings)  # type: ignore[arg-type]
    network = with_timm_weights("repvgg", PictureClassifier(backbone, num_classes=5), REPVGG)
    assert isinstance(network, PictureClassifier)
    return network


def test_repvgg(repvgg: PictureClassifier) -> None:
    """As it is trained."""
    assert_as_timm("repvgg", repvgg)


def test_repvgg_in_use(repvgg: PictureClassifier) -> None:
    """Our fused form beside the published one and beside timm's fused form."""
    case = assert_as_timm("repvgg", deployed(repvgg))
    x = torch.from_numpy(picture("repvgg/pictures", 2, 3, 32, 32))
    torch.testing.assert_close(deployed(repvgg)(x), case["logits_in_use"], rtol=1e-11, atol=1e-11)


def test_convmixer() -> None:
    """With three layers."""
    backbone = ConvMixer(3, hidden=24, depth=3, kernel_size=5, patch_size=4, symmetry="none")
    network = with_timm_weights("convmixer", PictureClassifier(backbone, num_classes=5), CONVMIXER)
    assert isinstance(network, PictureClassifier)
    assert_as_timm("convmixer", network)
