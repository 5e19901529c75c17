"""Laws of every backbone: padding is not felt, transposition commutes, any length, gradients everywhere."""

import pytest
import torch

from protfold.vision import Backbone, create_backbone, list_backbones
from protfold.vision.registry import BACKBONES
from tests.support.backbones import IN_CHANNELS, SMALL, pair_maps, small_backbone

LENGTH = 16
"""Of maps; residues of the first are all there, of the second up to `SHORTER`."""
SHORTER = 11
ANY_LENGTH = [name for name in list_backbones() if not BACKBONES[name].fixed_length]

every = pytest.mark.parametrize("name", list_backbones())
any_length = pytest.mark.parametrize("name", ANY_LENGTH)


def masks(length: int = LENGTH) -> torch.Tensor:
    """Of two chains."""
    mask = torch.ones(2, length, dtype=torch.float64)
    mask[1, SHORTER:] = 0.0
    return mask


def assert_same(first: list, second: list, tolerance: float = 1e-10) -> None:
    """Feature maps and strides."""
    assert [stride for _, stride in first] == [stride for _, stride in second]
    for (one, _), (other, _) in zip(first, second, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


def size(maps: list) -> float:
    """Of the largest value."""
    return max(features.abs().max().item() for features, _ in maps)


@every
def test_has_small_settings(name: str) -> None:
    assert name in SMALL


@every
def test_shapes_are_as_declared(name: str) -> None:
    backbone = small_backbone(name)
    maps = backbone(pair_maps(LENGTH))
    assert [features.shape[1] for features, _ in maps] == list(backbone.channels)
    assert [stride for _, stride in maps] == list(backbone.strides) == sorted(backbone.strides)
    assert all(features.shape[-2:] == (-(-LENGTH // stride),) * 2 for features, stride in maps)


@every
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_what_stands_in_the_padding_is_not_felt(name: str, training: bool) -> None:
    backbone = small_backbone(name).train(training)
    x = pair_maps(LENGTH)
    polluted = x.clone()
    polluted[1, :, SHORTER:], polluted[1, :, :, SHORTER:] = 1e3, float("nan")
    torch.manual_seed(1)
    clean = backbone(x, masks())
    torch.manual_seed(1)
    assert_same(clean, backbone(polluted, masks()))
    assert size(clean) > 1e-3


@every
def test_zero_where_there_is_no_pair(name: str) -> None:
    backbone = small_backbone(name)
    for features, stride in backbone(pair_maps(LENGTH), masks()):
        beyond = -(-SHORTER // stride)
        assert not features[1, :, beyond:].any()
        assert not features[1, :, :, beyond:].any()


@any_length
@pytest.mark.parametrize("training", [False, True], ids=["evaluation", "training"])
def test_more_padding_changes_nothing(name: str, training: bool) -> None:
    backbone = small_backbone(name).train(training)
    x, mask = pair_maps(LENGTH), masks()
    more = torch.nn.functional.pad(x, (0, 23, 0, 23), value=7.0)
    torch.manual_seed(1)
    maps = backbone(x, mask)
    torch.manual_seed(1)
    wider = backbone(more, torch.nn.functional.pad(mask, (0, 23)))
    assert_same(maps, [(features[..., : -(-LENGTH // stride), : -(-LENGTH // stride)], stride) for features, stride in wider])


@any_length
def test_chain_in_a_batch_as_alone(name: str) -> None:
    backbone = small_backbone(name)
    x = pair_maps(LENGTH)
    together = backbone(x, masks())
    alone = backbone(x[1:, :, :SHORTER, :SHORTER], torch.ones(1, SHORTER, dtype=torch.float64))
    assert_same([(features[1:, :, : -(-SHORTER // s), : -(-SHORTER // s)], s) for features, s in together], alone)


@any_length
def test_mask_of_ones_as_no_mask(name: str) -> None:
    backbone = small_backbone(name)
    x = pair_maps(13)
    assert_same(backbone(x), backbone(x, torch.ones(2, 13, dtype=torch.float64)))


@every
@pytest.mark.parametrize("symmetry", ["kernel", "average"])
def test_transposition_commutes(name: str, symmetry: str) -> None:
    if symmetry not in BACKBONES[name].symmetries:
        pytest.skip(f"{name} has no symmetry {symmetry}")
    backbone = small_backbone(name, symmetry=symmetry)
    x = pair_maps(LENGTH)
    maps = backbone(x, masks())
    flipped = backbone(x.transpose(-1, -2), masks())
    assert_same(maps, [(features.transpose(-1, -2), stride) for features, stride in flipped])
    assert any((features - features.transpose(-1, -2)).abs().max() > 1e-6 for features, _ in maps)


@every
def test_transposition_does_not_commute_by_itself(name: str) -> None:
    """Else the law above would say nothing."""
    backbone = small_backbone(name, symmetry="none")
    if BACKBONES[name].always_symmetric:
        pytest.skip(f"{name} commutes with transposition whatever its weights")
    maps = backbone(pair_maps(LENGTH))
    flipped = backbone(pair_maps(LENGTH).transpose(-1, -2))
    assert any(
        (one - other.transpose(-1, -2)).abs().max() > 1e-3 * size(maps) for (one, _), (other, _) in zip(maps, flipped, strict=True)
    )


@every
def test_every_parameter_has_a_gradient_and_padding_none(name: str) -> None:
    backbone = small_backbone(name).train()
    x = pair_maps(LENGTH).requires_grad_()
    maps = backbone(x, masks())
    sum((features * torch.randn_like(features)).sum() for features, _ in maps).backward()
    missing = [
        key for key, value in backbone.named_parameters() if value.requires_grad and (value.grad is None or not value.grad.any())
    ]
    assert not missing
    assert all(value.grad is None or value.grad.isfinite().all() for value in backbone.parameters())
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert not x.grad[1, :, SHORTER:].any()
    assert not x.grad[1, :, :, SHORTER:].any()
    assert x.grad[1, :, :SHORTER, :SHORTER].any()


@every
def test_chain_without_residues_gives_zeros(name: str) -> None:
    backbone = small_backbone(name)
    mask = masks()
    mask[1] = 0.0
    for features, _ in backbone(pair_maps(LENGTH), mask):
        assert not features[1].any()
        assert features[0].isfinite().all()


@every
def test_bfloat16_is_near_float32(name: str) -> None:
    exact = small_backbone(name, dtype=torch.float32)
    x, mask = pair_maps(LENGTH, dtype=torch.float32), masks().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = exact(x, mask)
    for (one, _), (other, _) in zip(rough, exact(x, mask), strict=True):
        assert (one.float() - other).norm() < 0.1 * other.norm()


@every
def test_default_settings_are_built(name: str) -> None:
    backbone = create_backbone(name, IN_CHANNELS)
    assert isinstance(backbone, Backbone)
    assert 10_000 < sum(parameter.numel() for parameter in backbone.parameters()) < 5_000_000
