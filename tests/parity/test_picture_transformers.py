"""ViT, MLP-Mixer and the trunk of ViTDet beside timm's; `make_picture_transformers.py` ran those."""

import torch
from torch import Tensor, nn

from protfold.vision.mlp_mixer import MLPMixer
from protfold.vision.picture_classifier import PictureClassifier
from protfold.vision.vit import ViT
from protfold.vision.vitdet import ViTDet
from tests.parity.picture_weights import picture, weight
from tests.parity.reference import Case

TIMM = {
    "backbone.": "",
    "attention_norm": "norm1",
    "attention.output": "attn.proj",
    "attention.": "attn.",
    "feed_forward_norm": "norm2",
    "feed_forward.widen": "mlp.fc1",
    "feed_forward.narrow": "mlp.fc2",
    "token_norm": "norm1",
    "token_mixing.widen": "mlp_tokens.fc1",
    "token_mixing.narrow": "mlp_tokens.fc2",
    "channel_norm": "norm2",
    "channel_mixing.widen": "mlp_channels.fc1",
    "channel_mixing.narrow": "mlp_channels.fc2",
    "positions.rows": "attn.rel_pos_h",
    "positions.columns": "attn.rel_pos_w",
}
"""Parts of our names by what stands for them in timm's."""


def drawn(name: str, *shape: int) -> Tensor:
    """A parameter by timm's name."""
    return torch.from_numpy(weight(name, shape))


def pictures(name: str, height: int, width: int) -> Tensor:
    """Two of them."""
    return torch.from_numpy(picture(name, 2, 3, height, width))


def draw_weights(module: nn.Module, prefix: str, **names: str) -> None:
    """Every parameter, by the name that timm gives it."""
    for name, parameter in module.named_parameters():
        for ours, theirs in (TIMM | names).items():
            name = name.replace(ours, theirs)
        parameter.data = drawn(f"{prefix}/{name}", *parameter.shape)


def tokens_of(places: Tensor) -> Tensor:
    """Pixels of a map, row by row."""
    return places.flatten(2).transpose(1, 2)


def assert_same(found: Tensor, expected: Tensor, tolerance: float = 1e-11) -> None:
    """To a number near to what float64 can hold."""
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)


def vit() -> ViT:
    """Timm's, whose first position is that of the class token."""
    network = ViT(3, hidden=24, depth=2, num_heads=3, patch_size=8, grid=4, class_token=True, symmetry="none").double()
    draw_weights(network, "vit", patch_embedding="patch_embed.proj")
    first, *others = drawn("vit/pos_embed", 1, 17, 24)[0]
    assert network.patch_embedding.learned is not None
    assert network.class_token is not None
    assert network.class_position is not None
    network.patch_embedding.learned.data = torch.stack(others, dim=1).unflatten(1, (4, 4))
    network.class_token.data, network.class_position.data = drawn("vit/cls_token", 1, 1, 24)[0, 0], first
    return network


def test_vit() -> None:
    """All tokens, and logits of the class token."""
    network, case, x = vit(), Case.read("picture_vit"), pictures("vit/pictures", 32, 32)
    tokens = network.encode(tokens_of(network.patch_embedding(x)))
    assert_same(tokens, case["tokens"])
    assert_same(tokens_of(network(x)[0][0]), case["tokens"][:, 1:])
    assert_same(tokens[:, 0] @ drawn("vit/head.weight", 5, 24).T + drawn("vit/head.bias", 5), case["logits"])


def test_vit_of_a_larger_picture() -> None:
    """Positions are interpolated; timm does it in float32."""
    larger = vit()(pictures("vit/larger", 40, 56))[0][0]
    assert_same(tokens_of(larger), Case.read("picture_vit")["larger"][:, 1:], tolerance=2e-6)


def test_mlp_mixer() -> None:
    """All tokens, and logits of their mean."""
    backbone = MLPMixer(3, length=32, hidden=24, depth=2, patch_size=8, tokens_hidden=12, symmetry="none")
    network = PictureClassifier(backbone, num_classes=5).double()
    draw_weights(network, "mixer", patch_embedding="stem.proj")
    case, x = Case.read("picture_mixer"), pictures("mixer/pictures", 32, 32)
    assert_same(tokens_of(backbone(x)[0][0]), case["tokens"])
    assert_same(network(x), case["logits"])


def test_trunk_of_vitdet() -> None:
    """Two blocks with windows and two without, with relative and learned positions."""
    settings = {"hidden": 24, "depth": 4, "num_heads": 3, "window": 4, "num_propagations": 2, "global_span": 8, "grid": 8}
    network = ViTDet(3, patch_size=8, symmetry="none", **settings).double()  # type: ignore[arg-type]
    draw_weights(network, "vitdet", patch_embedding="patch_embed.proj")
    assert network.patch_embedding.learned is not None
    network.patch_embedding.learned.data = drawn("vitdet/pos_embed", 1, 8, 8, 24)[0].movedim(-1, 0)
    x = network.patch_embedding(pictures("vitdet/pictures", 64, 64))
    for block in network.blocks:
        x = block(x, None)
    assert_same(x, Case.read("picture_vitdet")["map"])
