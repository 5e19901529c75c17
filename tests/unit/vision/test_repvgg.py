"""RepVGG against its published sizes, and its two forms against each other."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.convolution import PairConv2d
from protfold.vision.picture_classifier import PictureClassifier
from protfold.vision.reparameterization import RepConv, deployed
from protfold.vision.repvgg import REPVGG, RepVGG, SqueezeExcitation, equivalent_kernel_penalty
from tests.support.backbones import pair_maps, randomize

PUBLISHED = {  # deployed parameters, parameters in training, 1e9 multiplications at 224 x 224
    "A0": (8_309_384, 9_108_968, 1.361),
    "A1": (12_789_864, 14_092_264, 2.364),
    "A2": (25_499_944, 28_210_600, 5.117),
    "B0": (14_339_048, 15_817_960, 3.058),
    "B1": (51_829_480, 57_415_016, 11.8),
    "B1g2": (41_360_104, None, 8.8),
    "B1g4": (36_125_416, None, 7.3),
    "B2": (80_315_112, 89_022_376, 18.4),
    "B2g4": (55_777_512, None, 11.3),
    "B3": (110_960_872, 123_085_288, 26.2),
    "B3g4": (75_626_728, None, 16.1),
    "D2se": (120_387_572, 133_334_836, None),
}


def count(module: nn.Module) -> int:
    """Of parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def classifier(name: str) -> PictureClassifier:
    """As published, without memory."""
    with torch.device("meta"):
        return PictureClassifier(RepVGG(3, **REPVGG[name], symmetry="none"))


@pytest.mark.parametrize("name", REPVGG)
def test_published_sizes(name: str) -> None:
    in_use, in_training, multiplications = PUBLISHED[name]
    network = classifier(name).eval()
    assert in_training in (None, count(network))
    with torch.device("meta"):
        network = deployed(network)
        assert count(network) == in_use
        if multiplications is not None:
            with FlopCounterMode(display=False) as counter:
                network(torch.empty(1, 3, 224, 224))
            assert counter.get_total_flops() / 2e9 == pytest.approx(multiplications, abs=0.06)


SMALL = {
    "plain": {"widths": (8,), "depths": (4,), "strides": (1,), "dilations": (1, 3)},
    "grouped": {"widths": (8, 12), "depths": (2, 3), "strides": (1, 2), "groups": 4},
    "squeezed": {"widths": (16, 32), "depths": (1, 2), "strides": (2, 2), "squeeze": True},
}


@pytest.mark.parametrize("symmetry", ["none", "kernel", "average"])
@pytest.mark.parametrize("name", SMALL)
def test_both_forms_give_the_same(name: str, symmetry: str) -> None:
    torch.manual_seed(0)
    network = randomize(RepVGG(3, **SMALL[name], symmetry=symmetry).double())
    fast = deployed(network)
    assert not any(isinstance(part, RepConv | nn.BatchNorm2d) for part in fast.modules())
    mask = torch.ones(2, 13, dtype=torch.float64)
    mask[0, 5], mask[1, 9:] = 0.0, 0.0
    for one in (None, mask):
        for (slow_map, _), (fast_map, _) in zip(network(pair_maps(13), one), fast(pair_maps(13), one), strict=True):
            torch.testing.assert_close(fast_map, slow_map, rtol=1e-10, atol=1e-10)
            assert slow_map.abs().max() > 1e-3


@pytest.mark.slow
def test_published_network_in_both_forms() -> None:
    torch.manual_seed(0)
    network = PictureClassifier(RepVGG(3, **REPVGG["A0"], symmetry="none")).double().eval()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            for values in (part.weight, part.bias, part.running_mean, part.running_var):
                nn.init.uniform_(values, 0.0, 0.1)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(deployed(network)(x), network(x), rtol=1e-10, atol=1e-10)


def test_squeeze_and_excitation_by_hand() -> None:
    torch.manual_seed(0)
    part = randomize(SqueezeExcitation(32).double())
    x, mask = torch.randn(1, 32, 6, 6, dtype=torch.float64), torch.zeros(1, 1, 6, 6, dtype=torch.float64)
    mask[..., :4, :4] = 1.0
    mean = x[0, :, :4, :4].flatten(1).mean(1)
    hidden = (part.squeeze.weight @ mean + part.squeeze.bias).clamp(min=0.0)
    weights = 1.0 / (1.0 + torch.exp(-(part.excite.weight @ hidden + part.excite.bias)))
    torch.testing.assert_close(part(x, mask), x * weights[:, None, None])


def test_padding_is_not_felt_by_what_the_whole_map_holds() -> None:
    torch.manual_seed(0)
    network = randomize(RepVGG(3, **SMALL["squeezed"]).double())
    x, mask = pair_maps(12), torch.ones(2, 12, dtype=torch.float64)
    wider = network(F.pad(x, (0, 8, 0, 8), value=9.0), F.pad(mask, (0, 8)))
    for (one, stride), (other, _) in zip(network(x, mask), wider, strict=True):
        torch.testing.assert_close(other[..., : 12 // stride, : 12 // stride], one, rtol=1e-10, atol=1e-10)


def test_one_map_for_each_resolution() -> None:
    network = RepVGG(3, widths=(4, 6, 8, 10), depths=(1, 1, 2, 1), strides=(1, 2, 1, 2))
    assert network.channels == (4, 8, 10)
    assert network.strides == (1, 2, 4)


def test_dilation_reaches_as_far_as_it_says() -> None:
    torch.manual_seed(0)
    network = RepVGG(1, widths=(4,), depths=(3,), strides=(1,), dilations=(1, 2, 4)).double().eval()
    x = torch.randn(1, 1, 21, 21, dtype=torch.float64, requires_grad=True)
    network(x)[0][0][..., 10, 10].abs().sum().backward()
    felt = x.grad[0, 0].abs().sum(0).nonzero().flatten()
    assert (felt.min().item(), felt.max().item()) == (3, 17)


def test_penalty_of_equivalent_kernels() -> None:
    """Term by term, and blind to gradients of the normalisations."""
    torch.manual_seed(0)
    block = randomize(RepConv(2, 2).double())
    penalty = equivalent_kernel_penalty(nn.Sequential(block))
    dense, point = block.dense.convolution.weight, block.point.convolution.weight
    expected = 0.0
    for out in range(2):
        t3 = block.dense.norm.weight[out] / (block.dense.norm.running_var[out] + 1e-5).sqrt()
        t1 = block.point.norm.weight[out] / (block.point.norm.running_var[out] + 1e-5).sqrt()
        for channel in range(2):
            used = dense[out, channel, 1, 1] * t3 + point[out, channel, 0, 0] * t1
            expected += used**2 / (t3**2 + t1**2)
            expected += sum(dense[out, channel, i, j] ** 2 for i in range(3) for j in range(3) if (i, j) != (1, 1))
    torch.testing.assert_close(penalty, expected)
    penalty.backward()
    assert dense.grad.any()
    assert point.grad.any()
    assert block.dense.norm.weight.grad is None


def test_stages_have_to_match() -> None:
    with pytest.raises(InputError, match="one of each for every stage"):
        RepVGG(3, widths=(8, 8), depths=(1,), strides=(1,))


def test_deployed_is_a_chain_of_convolutions() -> None:
    fast = deployed(RepVGG(3, widths=(8,), depths=(3,), strides=(1,)).eval())
    parts = [part for part in fast.modules() if not list(part.children())]
    assert [type(part) for part in parts] == [PairConv2d] * 3
