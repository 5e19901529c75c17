"""YOLOv7: arithmetic of aggregation, compound scaling, pooling, both forms of the network, published sizes."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.elan import Elan, ExtendedElan, Halving, SpatialPyramidPooling, Unit, concatenated_width, max_pool
from protfold.vision.implicit import ImplicitLinear
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.reparameterization import RepConv, deployed
from protfold.vision.yolov7 import (
    YOLOV7,
    YOLOV7_D6,
    YOLOV7_E6,
    YOLOV7_E6E,
    YOLOV7_TINY,
    YOLOV7_W6,
    YOLOV7_X,
    YoloV7,
    compound_scaled,
)
from protfold.vision.yolov7_detector import AUXILIARY_D6, AUXILIARY_W6, YoloV7Detector
from tests.support.backbones import pair_maps, randomize, small_backbone


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(
    ("settings", "auxiliary", "side", "trained", "fused", "giga"),
    [
        (YOLOV7_TINY, (), 640, 6_228_762, 6_219_709, 13.7),
        (YOLOV7, (), 640, 37_622_682, 36_905_341, 104.5),
        (YOLOV7_X, (), 640, 71_347_394, 71_311_741, 189.7),
        (YOLOV7_W6, AUXILIARY_W6, 1280, 82_312_436, 70_394_300, 359.7),
        (YOLOV7_E6, AUXILIARY_W6, 1280, 111_898_292, 97_202_940, 514.4),
        (YOLOV7_D6, AUXILIARY_D6, 1280, 154_709_364, 133_757_052, 701.7),
        (YOLOV7_E6E, AUXILIARY_W6, 1280, 166_408_884, 151_687_420, 842.2),
    ],
    ids=["tiny", "v7", "X", "W6", "E6", "D6", "E6E"],
)
def test_published_sizes_and_cost(
    settings: dict[str, Any], auxiliary: tuple[int, ...], side: int, trained: int, fused: int, giga: float
) -> None:
    """As trained, and as used; multiplications and additions of the latter, counted apart."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        detector = YoloV7Detector(YoloV7(3, **settings, symmetry="none"), auxiliary=auxiliary)
        used = detector.deployed()
        lead, coarse = used(torch.empty(1, 3, side, side))
    assert (size(detector), size(used)) == (trained, fused)
    assert counter.get_total_flops() / 1e9 == pytest.approx(giga, abs=0.05)
    assert [one.shape[1:] for one in lead] == [(255, side // 8 // 2**level, side // 8 // 2**level) for level in range(len(lead))]
    assert not coarse


def test_auxiliary_training_graph_costs_as_published() -> None:
    """The published cost of D6 is of this graph, unlike those of the others."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        detector = YoloV7Detector(YoloV7(3, **YOLOV7_D6, symmetry="none"), auxiliary=AUXILIARY_D6)
        _, coarse = detector(torch.empty(1, 3, 1280, 1280))
    assert len(coarse) == 4
    assert counter.get_total_flops() / 1e9 == pytest.approx(806.1, abs=0.5)


def test_compound_scaling_gives_the_released_networks() -> None:
    """The stages of X are those of v7 scaled; D6 is E6 scaled, and E6 is W6 scaled with other transitions."""
    scaled = compound_scaled(YOLOV7, depth=1.5)
    assert scaled["stem"] == ((40, 1), (80, 2), (80, 1), (160, 2))
    assert scaled["out"] == (320, 640, 1280, 1280)
    assert (scaled["depth"], scaled["pyramid"]) == (6, (160, 320, 640))
    assert YOLOV7_E6["out"] == (160, 320, 640, 960, 1280)
    assert YOLOV7_E6["stem"] == ((80, 1),)
    assert YOLOV7_D6["out"] == (192, 384, 768, 1152, 1536)
    assert (YOLOV7_D6["depth"], YOLOV7_D6["stem"], YOLOV7_D6["pyramid"]) == (8, ((96, 1),), (192, 384, 576, 768))


@pytest.mark.parametrize(("settings", "depth"), [(YOLOV7, 1.5), (YOLOV7_W6, 1.5), (YOLOV7_E6, 4 / 3)], ids=["v7", "W6", "E6"])
def test_compound_scaling_keeps_the_ratio_of_transitions(settings: dict[str, Any], depth: float) -> None:
    """Channels that go into the matrix after a concatenation to those that come out, in stages and pyramid."""

    def ratios(one: dict[str, Any]) -> list[float]:
        with torch.device("meta"):
            net = YoloV7(3, **one)
        outputs = [module.output.convolution.convolution for module in net.modules() if isinstance(module, Elan)]
        return [output.in_channels / output.out_channels for output in outputs]

    assert ratios(compound_scaled(settings, depth=depth)) == pytest.approx(ratios(settings))


def test_concatenated_widths() -> None:
    """In units of the chain's channels: v7, X, D6; pyramids of v7 and D6."""
    assert [concatenated_width(hidden=1, inner=1, depth=depth, tap_every=2) for depth in (4, 6, 8)] == [4, 5, 6]
    assert [concatenated_width(hidden=2, inner=1, depth=depth, tap_every=1) for depth in (4, 8)] == [8, 12]


def test_aggregation_by_hand() -> None:
    """Depths 4 and 2 of the chain, its beginning, and the shallow path, in this order."""
    elan = randomize(Elan(3, 5, hidden=4, inner=2, depth=4, tap_every=2, unit=Unit, chain_unit=Unit).double())
    x = torch.randn(2, 3, 6, 6, dtype=torch.float64)

    def unit(one: Unit, x: torch.Tensor) -> torch.Tensor:
        """Convolution, normalisation and activation, written out."""
        weight, norm = one.convolution.convolution.weight, one.convolution.norm
        side = weight.shape[-1]
        patches = F.pad(x, (side // 2,) * 4).unfold(2, side, 1).unfold(3, side, 1)
        y = torch.einsum("bchwij,ocij->bohw", patches, weight)
        mean, variance, gain, shift = (
            value[:, None, None] for value in (norm.running_mean, norm.running_var, norm.weight, norm.bias)
        )
        y = (y - mean) / (variance + 1e-3).sqrt() * gain + shift
        return y / (1.0 + (-y).exp())

    first, shallow = unit(elan.first, x), unit(elan.shallow, x)
    one = unit(elan.chain[0], first)
    two = unit(elan.chain[1], one)
    three = unit(elan.chain[2], two)
    four = unit(elan.chain[3], three)
    expected = unit(elan.output, torch.cat([four, two, first, shallow], dim=1))
    torch.testing.assert_close(elan(x), expected, rtol=1e-11, atol=1e-11)


def test_extended_aggregation_is_one_with_groups() -> None:
    """Two elans summed are one whose paths are twice as wide and whose chain has two groups: expansion and merged cardinality."""
    paths = [randomize(Elan(3, 4, hidden=2, inner=2, depth=1, tap_every=1, unit=Unit, chain_unit=Unit).double()) for _ in range(2)]
    for path in paths:
        path.output.activation = lambda x: x  # the released network activates each path before the sum
    x = torch.randn(1, 3, 5, 5, dtype=torch.float64)
    merged = 0.0
    for name in ("shallow", "first"):
        wide = torch.cat([getattr(path, name)(x) for path in paths], dim=1)
        if name == "first":
            kernel = torch.cat([path.chain[0].convolution.fused().weight for path in paths])
            bias = torch.cat([path.chain[0].convolution.fused().bias for path in paths])
            chained = F.silu(F.conv2d(wide, kernel, bias, padding=1, groups=2))
            merged = merged + contribution(paths, chained, slice(0, 2)) + contribution(paths, wide, slice(2, 4))
        else:
            merged = merged + contribution(paths, wide, slice(4, 6))
    bias = sum(path.output.convolution.fused().bias for path in paths)
    torch.testing.assert_close(ExtendedElan(paths)(x), merged + bias[:, None, None], rtol=1e-11, atol=1e-11)


def contribution(paths: list[Elan], wide: torch.Tensor, taps: slice) -> torch.Tensor:
    """Of some concatenated channels of all paths to the sum of their outputs."""
    weights = torch.cat([path.output.convolution.fused().weight[:, taps] for path in paths], dim=1)
    return F.conv2d(wide, weights)


def test_four_pixels_as_one_with_more_channels() -> None:
    """Space to depth and a convolution of 3 x 3 are one of 6 x 6 with stride 2."""
    net = YoloV7(3, stem=((8, 1),), space_to_depth=True)
    kernel = net.stem[0].convolution.convolution.weight.detach().double()
    assert kernel.shape == (8, 3, 6, 6)
    x = torch.randn(1, 3, 10, 10, dtype=torch.float64)
    split = kernel.unflatten(2, (3, 2)).unflatten(4, (3, 2)).permute(0, 1, 3, 5, 2, 4).flatten(1, 3)
    torch.testing.assert_close(
        F.conv2d(x, kernel, stride=2, padding=2), F.conv2d(F.pixel_unshuffle(x, 2), split, padding=1), rtol=1e-12, atol=1e-12
    )
    assert net.strides == (4, 8, 16)


def test_largest_of_real_pairs() -> None:
    """Negative values are larger than what stands in the padding, and than none."""
    x = -1.0 - torch.rand(1, 2, 6, 6)
    mask = torch.zeros(1, 1, 6, 6)
    mask[..., :3, :3] = 1.0
    polluted = torch.where(mask > 0, x, 9.0)
    same, half = max_pool(polluted, mask, 3), max_pool(polluted, mask, 2, stride=2)
    for i in range(6):
        for j in range(6):
            seen = x[0, :, max(i - 1, 0) : min(i + 2, 3), max(j - 1, 0) : min(j + 2, 3)]
            expected = seen.amax((-2, -1)) if i < 3 and j < 3 else torch.zeros(2)
            assert torch.equal(same[0, :, i, j], expected)
    assert torch.equal(half[0, :, 1, 1], x[0, :, 2, 2])
    assert torch.equal(half[0, :, 0, 0], x[0, :, :2, :2].amax((-2, -1)))
    assert not half[0, :, 2].any()


def test_larger_squares_are_smaller_ones_repeated() -> None:
    """Maxima over 5, 9 and 13 pixels: one, two and three times over 5."""
    x = torch.randn(1, 2, 15, 15)
    once = max_pool(x, None, 5)
    assert torch.equal(max_pool(x, None, 9), max_pool(once, None, 5))
    assert torch.equal(max_pool(x, None, 13), max_pool(max_pool(once, None, 5), None, 5))


@pytest.mark.parametrize("light", [False, True])
def test_pyramid_pooling_sees_six_pixels_around(light: bool) -> None:
    """And the convolutions of its full form one each on both sides of the maxima."""
    block = randomize(SpatialPyramidPooling(2, 3, unit=Unit, light=light).double())
    x = torch.randn(1, 2, 21, 21, dtype=torch.float64)
    reach = torch.zeros(21, 21, dtype=torch.bool)
    for value in (-50.0, 50.0):
        other = x.clone()
        other[0, :, 10, 10] = value
        reach |= (block(other) - block(x)).abs().amax((0, 1)) > 0
    distance = torch.maximum((torch.arange(21) - 10).abs()[:, None], (torch.arange(21) - 10).abs())
    assert distance[reach].max() == (6 if light else 8)


def test_implicit_knowledge_fused() -> None:
    head = randomize(ImplicitLinear(5, 7).double())
    x = torch.randn(2, 5, 4, 4, dtype=torch.float64)
    by_hand = torch.einsum("oc,bcij->boij", head.linear.weight[:, :, 0, 0], x + head.added) + head.linear.bias[:, None, None]
    torch.testing.assert_close(head(x), by_hand * head.multiplied, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(head.fused()(x), head(x), rtol=1e-12, atol=1e-12)


def test_implicit_knowledge_starts_as_nearly_none() -> None:
    head = ImplicitLinear(2000, 2000)
    assert head.added.std().item() == pytest.approx(0.02, rel=0.1)
    assert head.multiplied.mean().item() == pytest.approx(1.0, abs=0.002)
    assert head.multiplied.std().item() == pytest.approx(0.02, rel=0.1)


@pytest.mark.parametrize("symmetry", ["none", "kernel"])
@pytest.mark.parametrize("reparameterized", ["none", "outputs", "everywhere"])
def test_form_for_use_equals_form_for_training(reparameterized: str, symmetry: Any) -> None:
    net = small_backbone("yolov7", reparameterized=reparameterized, symmetry=symmetry, paths=2)
    used = deployed(net)
    mask = torch.ones(2, 16, dtype=torch.float64)
    mask[1, 11:] = 0.0
    for (one, _), (two, _) in zip(net(pair_maps(16), mask), used(pair_maps(16), mask), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-10)
    assert not any(isinstance(module, PairBatchNorm2d) for module in used.modules())
    assert size(used) < size(net)


def test_convolutions_that_are_concatenated_have_no_shortcut() -> None:
    net = small_backbone("yolov7", reparameterized="everywhere")
    planned = [module for module in net.modules() if isinstance(module, RepConv)]
    assert len(planned) > len(net.strides)
    assert all(one.identity is None for one in planned)


def test_detector_for_use_equals_detector_in_training() -> None:
    detector = YoloV7Detector(YoloV7(3, symmetry="none"), outputs=6, auxiliary=(8, 8, 8))
    detector = randomize(detector.double())
    x = torch.randn(1, 3, 16, 16, dtype=torch.float64)
    (lead, coarse), (used, none) = detector(x), detector.deployed()(x)
    for one, two in zip(lead, used, strict=True):
        torch.testing.assert_close(one, two, rtol=1e-10, atol=1e-10)
    assert len(coarse) == 3
    assert not none


def test_auxiliary_predictions_see_nothing_of_the_way_up() -> None:
    detector = YoloV7Detector(YoloV7(3), outputs=6, auxiliary=(8, 8, 8))
    sum(one.sum() for one in detector(torch.randn(1, 3, 16, 16))[1]).backward()
    neck = detector.backbone.neck
    assert all(parameter.grad is None for parameter in neck.up.parameters())
    assert all(parameter.grad is not None for parameter in neck.down.parameters())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"transition": "none"}, "no step 'none' from 48 to 48 channels"),
        ({"pyramid_transition": "largest"}, "no step 'largest' from 24 to 32 channels"),
        ({"reparameterized": "all"}, "give one of none, outputs, everywhere"),
        ({"activation": "relu"}, "give one of silu, leaky_relu"),
        ({"out": (48, 64)}, "3 and 2 stages"),
    ],
)
def test_settings_that_make_no_network(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        YoloV7(3, **settings)


@pytest.mark.parametrize("transition", ["split", "split_wide", "strided", "largest"])
def test_every_step_halves_a_chain_in_a_batch_as_alone(transition: str) -> None:
    net = small_backbone("yolov7", transition=transition, space_to_depth=True)
    assert net.strides == (4, 8)
    x, mask = pair_maps(16), torch.ones(2, 16, dtype=torch.float64)
    mask[1, 9:] = 0.0
    for (one, stride), (alone, _) in zip(net(x, mask), net(x[1:, :, :9, :9]), strict=True):
        side = -(-9 // stride)
        torch.testing.assert_close(one[1:, :, :side, :side], alone, rtol=1e-11, atol=1e-11)


def test_maxima_feel_nothing_beyond_a_chain() -> None:
    """Nor in the cell that its last residue shares with the padding."""
    step = randomize(Halving(4, 6, hidden=2, unit=Unit).double())
    x, mask = torch.randn(1, 4, 8, 8, dtype=torch.float64), torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    mask[..., :5, :5] = 1.0
    polluted = torch.where(mask > 0, x, 9.0)
    torch.testing.assert_close(step(x, mask)[..., :3, :3], step(polluted, mask)[..., :3, :3])


def test_half_of_the_channels_are_maxima() -> None:
    step = randomize(Halving(4, 6, hidden=2, unit=Unit).double())
    x = torch.randn(1, 4, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(step(x)[:, 3:], step.of_largest(F.max_pool2d(x, 2)))
