"""HorNet: orders, closed forms of gated convolution and global filter, published sizes, the pyramid."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision import create_backbone
from protfold.vision.global_filter import GlobalFilter, GlobalLocalFilter, HorNetGF
from protfold.vision.horfpn import HorFPN
from protfold.vision.hornet import HORNET_B, HORNET_L, HORNET_S, HORNET_T, GnConv, HorNet, order_channels
from protfold.vision.picture_classifier import PictureClassifier
from tests.support.backbones import pair_maps, randomize, small_backbone


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def picture_net(settings: dict, *, length: int | None = None) -> PictureClassifier:
    """The published net, without memory."""
    with torch.device("meta"):
        net = HorNet(3, **settings) if length is None else HorNetGF(3, length=length, **settings)
        return PictureClassifier(net, final_norm=nn.LayerNorm(net.channels[-1]))


@pytest.mark.parametrize(
    ("settings", "length", "parameters"),
    [
        (HORNET_T, None, 22_409_512),
        (HORNET_S, None, 49_528_264),
        (HORNET_B, None, 87_256_680),
        (HORNET_L, None, 194_542_504),
        (HORNET_T, 224, 22_991_848),
        (HORNET_S, 224, 50_401_768),
        (HORNET_B, 224, 88_421_352),
        (HORNET_L, 224, 196_289_512),
        (HORNET_L, 384, 201_806_824),
    ],
    ids=["T", "S", "B", "L", "T-GF", "S-GF", "B-GF", "L-GF", "L-GF384"],
)
def test_published_sizes(settings: dict, length: int | None, parameters: int) -> None:
    assert sum(parameter.numel() for parameter in picture_net(settings, length=length).parameters()) == parameters


@pytest.mark.parametrize(("settings", "giga"), [(HORNET_T, 3.968), (HORNET_S, 8.814)], ids=["T", "S"])
def test_published_cost(settings: dict, giga: float) -> None:
    """In multiplications and additions together."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        picture_net(settings)(torch.empty(1, 3, 224, 224))
    assert counter.get_total_flops() / 2e9 == pytest.approx(giga, abs=1e-3)


@pytest.mark.parametrize(
    ("channels", "order", "parameters"), [(64, 2, 19_392), (128, 3, 71_168), (256, 4, 264_832), (512, 5, 1_012_608)]
)
def test_size_of_a_gated_convolution(channels: int, order: int, parameters: int) -> None:
    assert sum(parameter.numel() for parameter in GnConv(channels, order=order).parameters()) == parameters
    assert order_channels(channels, order)[0] + sum(order_channels(channels, order)) == 2 * channels


def test_channels_that_cannot_be_halved() -> None:
    with pytest.raises(InputError, match="multiple of 8 channels"):
        GnConv(12, order=4)


def gated_convolution(channels: int, order: int) -> GnConv:
    return randomize(GnConv(channels, order=order).double())


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_order_is_the_power_of_the_input(order: int) -> None:
    """Without biases it is homogeneous: each gate is one more factor."""
    gated = gated_convolution(16, order)
    for module in gated.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.zeros_(module.bias)
    x = torch.randn(1, 16, 9, 9, dtype=torch.float64)
    torch.testing.assert_close(gated(2.0 * x), 2.0 ** (order + 1) * gated(x), rtol=1e-13, atol=0.0)


def test_order_one_is_a_plain_gate() -> None:
    gated = gated_convolution(6, 1)
    x = torch.randn(2, 6, 8, 8, dtype=torch.float64)
    value, gate = gated.proj_in(x).chunk(2, dim=1)
    torch.testing.assert_close(gated(x), gated.proj_out(value * gated.mixing(gate) / 3.0))


def test_gates_by_hand() -> None:
    """Order 3, pixel by pixel from Eq. 3.3, with the sum of the 7 x 7 neighbours written out."""
    gated = gated_convolution(4, 3)
    x = torch.randn(4, 5, 5, dtype=torch.float64)
    w_in, w_out = gated.proj_in.weight[:, :, 0, 0], gated.proj_out.weight[:, :, 0, 0]
    inner = torch.einsum("oc,cij->oij", w_in, x) + gated.proj_in.bias[:, None, None]
    first, gates = inner[:1], inner[1:]
    mixed = gated.mixing.bias[:, None, None].expand(-1, 5, 5).clone()
    for i in range(5):
        for j in range(5):
            for k in range(5):
                for m in range(5):
                    if abs(k - i) <= 3 and abs(m - j) <= 3:
                        mixed[:, i, j] += gated.mixing.weight[:, 0, k - i + 3, m - j + 3] * gates[:, k, m]
    one, two, four = (mixed / 3.0).split([1, 2, 4])
    product = first * one
    for widen, gate in zip(gated.widen, (two, four), strict=True):
        product = (torch.einsum("oc,cij->oij", widen.weight[:, :, 0, 0], product) + widen.bias[:, None, None]) * gate
    expected = torch.einsum("oc,cij->oij", w_out, product) + gated.proj_out.bias[:, None, None]
    torch.testing.assert_close(gated(x[None])[0], expected, rtol=1e-12, atol=1e-12)


def test_released_blocks_start_near_identity() -> None:
    """By their scales, whatever else is in them."""
    net = HorNet(3, hidden=8, depths=(1,), layer_scale=1e-6).double()
    scales = {name: value.clone() for name, value in net.state_dict().items() if name.endswith("scale")}
    randomize(net).load_state_dict(scales, strict=False)
    x = torch.randn(1, 8, 6, 6, dtype=torch.float64)
    torch.testing.assert_close(net.stages[0][0](x, None), x, rtol=0.0, atol=1e-3)


@pytest.mark.parametrize("side", [6, 7])
def test_global_filter_is_circular_convolution(side: int) -> None:
    """Written out, for an even and an odd side."""
    layer = randomize(GlobalFilter(2, side=side).double())
    x = torch.randn(2, side, side, dtype=torch.float64)
    kernel = torch.fft.irfft2(torch.view_as_complex(layer.frequencies.detach()), s=(side, side))
    expected = torch.zeros_like(x)
    for i in range(side):
        for j in range(side):
            expected += kernel[:, i, j, None, None] * x.roll((i, j), (1, 2))
    torch.testing.assert_close(layer(x[None])[0], expected, rtol=1e-12, atol=1e-12)


def test_global_filter_is_a_product_of_frequencies() -> None:
    """As it is published; what of the frequencies no real kernel has falls away in both."""
    layer = randomize(GlobalFilter(3, side=8).double())
    x = torch.randn(1, 3, 8, 8, dtype=torch.float64)
    product = torch.fft.rfft2(x, norm="ortho") * torch.view_as_complex(layer.frequencies.detach())
    torch.testing.assert_close(layer(x), torch.fft.irfft2(product, s=(8, 8), norm="ortho"), rtol=1e-12, atol=1e-12)


def test_halves_of_the_filter_alternate() -> None:
    layer = randomize(GlobalLocalFilter(6, side=6).double())
    nn.init.ones_(layer.output_norm.weight)
    nn.init.zeros_(layer.output_norm.bias)
    x = torch.randn(1, 6, 6, 6, dtype=torch.float64)
    near, far = layer.near(layer.norm(x)[:, :3]), layer.far(layer.norm(x)[:, 3:])
    both = torch.stack([near[:, 0], far[:, 0], near[:, 1], far[:, 1], near[:, 2], far[:, 2]], dim=1)
    torch.testing.assert_close(layer(x, None), layer.output_norm(both))


def test_filters_take_zeros_where_there_is_no_pair() -> None:
    layer = randomize(GlobalLocalFilter(4, side=6).double())
    x, mask = torch.randn(1, 4, 6, 6, dtype=torch.float64), torch.zeros(1, 1, 6, 6, dtype=torch.float64)
    mask[..., :4, :4] = 1.0
    other = torch.where(mask > 0, x, torch.randn_like(x))
    torch.testing.assert_close(layer(x, mask)[..., :4, :4], layer(other, mask)[..., :4, :4])


def test_global_filters_refuse_another_length() -> None:
    net = small_backbone("hornet_gf")
    with pytest.raises(InputError, match="maps of 17 x 17, but these global filters are for 16"):
        net(pair_maps(17))


def test_global_filters_take_a_length_that_is_no_multiple_of_the_stride() -> None:
    maps = small_backbone("hornet_gf", length=13)(pair_maps(13))
    assert [features.shape[-1] for features, _ in maps] == [13, 7, 4]


def test_pyramid_adds_what_is_coarser() -> None:
    """Fine maps feel coarse ones, each pixel those that lie over it; coarse ones do not feel fine ones."""
    neck = randomize(HorFPN((3, 5), (2, 4), out_channels=4).double())
    fine, coarse = torch.randn(1, 3, 16, 16, dtype=torch.float64), torch.randn(1, 5, 8, 8, dtype=torch.float64)
    outputs = neck([fine, coarse])
    assert [tuple(output.shape) for output in outputs] == [(1, 4, 16, 16), (1, 4, 8, 8)]
    other = coarse.clone()
    other[:, :, 0, 0] += 1.0
    changed = (neck([fine, other])[0] - outputs[0]).abs().sum((0, 1)) > 0
    within_reach = torch.zeros(16, 16, dtype=torch.bool)
    within_reach[:5, :5] = True  # two pixels and the three around them that a 7 x 7 convolution sees
    assert torch.equal(changed, within_reach)
    assert torch.equal(neck([fine + 1.0, coarse])[1], outputs[1])


def test_pyramid_on_another_backbone() -> None:
    net = create_backbone("dilated_resnet", 3, hidden=8, depth=1)
    neck = HorFPN(net.channels, net.strides, out_channels=4, symmetric=True)
    maps = [features for features, _ in net(pair_maps(9, dtype=torch.float32))]
    assert neck(maps)[0].shape == (2, 4, 9, 9)
