"""Laws of probing and fine-tuning."""

from collections import Counter
from typing import Any

import pytest
import torch

from protfold.errors import InputError
from protfold.vision import Backbone, create_backbone, list_backbones
from protfold.vision.pretraining.mae import MaskedAutoencoder
from protfold.vision.pretraining.transfer import (
    PairProbe,
    below,
    layer_numbers,
    load_matching,
    parameter_groups,
    rate_factors,
)
from tests.support.backbones import IN_CHANNELS, SMALL, pair_maps, small_backbone

every = pytest.mark.parametrize("name", list_backbones())
LENGTH = 16


def probe_of(name: str, **settings: Any) -> PairProbe:
    return PairProbe(small_backbone(name, dtype=torch.float32), 2, **settings)


def masks() -> torch.Tensor:
    mask = torch.ones(2, LENGTH)
    mask[1, 11:] = 0.0
    return mask


def maps() -> torch.Tensor:
    return pair_maps(LENGTH, dtype=torch.float32)


def take_step(probe: PairProbe) -> None:
    optimizer = torch.optim.SGD(parameter_groups(probe, maps()), lr=0.1, momentum=0.9)
    for _ in range(2):
        optimizer.zero_grad()
        probe(maps(), masks()).square().sum().backward()
        optimizer.step()


@every
def test_a_frozen_backbone_is_not_touched(name: str) -> None:
    """Parameters and statistics, bit by bit, though the probe is in training mode; the head learns."""
    probe = probe_of(name).train()
    before = {key: value.clone() for key, value in probe.state_dict().items()}
    take_step(probe)
    changed = {key for key, value in probe.state_dict().items() if not torch.equal(value, before[key])}
    assert changed
    assert not [key for key in changed if key.startswith("backbone.")]
    assert {key for key in changed if key.startswith("heads.")} == {key for key in before if key.startswith("heads.")}
    assert not any(module.training for module in probe.backbone.modules())
    assert probe.heads.training


@every
def test_fine_tuning_touches_all(name: str) -> None:
    probe = probe_of(name, frozen=False).train()
    before = {key: value.clone() for key, value in probe.named_parameters()}
    take_step(probe)
    assert not [key for key, value in probe.named_parameters() if torch.equal(value, before[key])]
    assert all(module.training for module in probe.modules())


@every
@pytest.mark.parametrize("frozen", [False, True])
def test_groups_hold_each_parameter_once(name: str, frozen: bool) -> None:
    probe = probe_of(name, frozen=frozen)
    held = Counter(id(parameter) for group in parameter_groups(probe, maps(), layer_decay=0.7) for parameter in group["params"])
    assert held == Counter(id(parameter) for parameter in probe.parameters() if parameter.requires_grad)


@every
def test_every_layer_has_a_number(name: str) -> None:
    """From the input on without a gap; running it for that leaves it as it was."""
    backbone = small_backbone(name, dtype=torch.float32).train()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    numbers = layer_numbers(backbone, maps())
    assert all(torch.equal(value, before[key]) for key, value in backbone.state_dict().items())
    assert all(module.training for module in backbone.modules())
    assert set(numbers) == {key for key, _ in backbone.named_parameters()}
    assert min(numbers.values()) == 0
    assert set(numbers.values()) == set(range(max(numbers.values()) + 1))


def test_layer_decay_in_closed_form() -> None:
    """Embeddings d^(n + 1), block k (from 0) d^(n - k), the head ten; a relative position belongs to its block."""
    for name in ("vit", "relative_vit"):
        probe = PairProbe(create_backbone(name, 3, depth=3), 1, frozen=False)
        factors = rate_factors(probe, maps(), layer_decay=0.5)
        assert factors["backbone.patch_embedding.weight"] == 0.5**4
        assert factors["backbone.blocks.0.attention.qkv.weight"] == 0.5**3
        assert factors["backbone.blocks.2.attention.qkv.weight"] == 0.5
        assert factors["heads.0.projection.weight"] == 10.0
        assert factors.get("backbone.relative_keys.1.table", 0.25) == 0.25
        groups = parameter_groups(probe, maps(), layer_decay=0.5)
        assert sorted({group["rate_factor"] for group in groups}) == [0.0625, 0.125, 0.25, 0.5, 10.0]
        assert all((parameter.ndim > 1) == (group["weight_decay"] > 0) for group in groups for parameter in group["params"])


def test_layers_are_counted_as_they_are_run() -> None:
    """Stage by stage, however a backbone lists them."""
    numbers = layer_numbers(create_backbone("convmae", 3, depths=(2, 1, 2)), maps())
    order = ["embeddings.0", "convolutions.0.0", "convolutions.0.1", "embeddings.1", "convolutions.1.0", "embeddings.2"]
    order += ["transformer.0", "transformer.1"]
    for place, prefix in enumerate(order):
        assert {number for name, number in numbers.items() if name.startswith(f"{prefix}.")} == {place}


def test_factors_out_of_range() -> None:
    with pytest.raises(InputError, match=r"layer_decay = 1\.5, head_factor = 10\.0; give"):
        rate_factors(probe_of("vit", frozen=False), maps(), layer_decay=1.5)


def test_the_probe_is_linear_in_the_features() -> None:
    """In evaluation: the logits of a sum are the sum of logits, but for one constant; and it is symmetric."""

    class Same(Backbone):
        channels, strides = (3,), (1,)

        def feature_maps(self, x: torch.Tensor, mask: torch.Tensor | None) -> list[torch.Tensor]:
            return [x]

    probe = PairProbe(Same(), 2).eval()
    x, y = maps(), pair_maps(LENGTH, seed=1, dtype=torch.float32)
    torch.testing.assert_close(probe(x + y) + probe(torch.zeros_like(x)), probe(x) + probe(y))
    assert torch.equal(probe(x), probe(x).transpose(-1, -2))


@every
def test_padding_is_not_felt(name: str) -> None:
    probe = probe_of(name).train()
    polluted = maps()
    polluted[1, :, 11:] = float("nan")
    clean = probe(maps(), masks())
    torch.testing.assert_close(clean, probe(polluted, masks()))
    assert not clean[1, :, 11:].any()


def test_a_missing_head_is_all_that_is_missing() -> None:
    """Pretrained weights into a probe: exactly the head's keys are missing, and the decoder's are unused."""
    sizes: dict[str, Any] = {"hidden": 16, "depth": 2, "num_heads": 2, "patch_size": 4}
    pretrained = MaskedAutoencoder(3, **sizes, decoder_hidden=8, decoder_depth=1, decoder_heads=2).state_dict()
    probe = PairProbe(create_backbone("vit", 3, **sizes, symmetry="average"), 1)
    values = {f"backbone.{name}": value for name, value in below(pretrained, "encoder").items()}
    report = load_matching(probe, values)
    assert set(report.missing) == {name for name in probe.state_dict() if name.startswith(("heads.", "norms."))}
    assert not report.unused
    assert all(torch.equal(value, probe.state_dict()[name]) for name, value in values.items())
    report = load_matching(probe.backbone, {name.removeprefix("encoder."): value for name, value in pretrained.items()})
    assert not report.missing
    assert set(report.unused) == {name for name in pretrained if name.startswith("decoder.")}


def test_another_input_keeps_all_but_the_embedding() -> None:
    """As from structures to couplings."""
    pretrained = small_backbone("vit", seed=1)
    other = create_backbone("vit", IN_CHANNELS + 2, **SMALL["vit"]).double()
    report = load_matching(other, pretrained.state_dict())
    assert report.missing == report.unused == ("patch_embedding.weight",)
