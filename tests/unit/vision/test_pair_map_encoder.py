"""`PairMapEncoder` and the channels of separations."""

import pytest
import torch

from protfold.errors import InputError
from protfold.vision import PairMapEncoder
from protfold.vision.positions import SEPARATIONS, num_separation_channels, separation_channels
from tests.support.backbones import IN_CHANNELS, SMALL, pair_maps, randomize

C_Z = 5
BACKBONES = ("dilated_resnet", "convmixer", "vitdet", "hornet_fpn", "yolov7")


def encoder(name: str, **settings: object) -> PairMapEncoder:
    """A small one with random parameters."""
    torch.manual_seed(0)
    built = PairMapEncoder(backbone=name, c_z=C_Z, in_channels=IN_CHANNELS, **(SMALL[name] | settings)).double()
    return randomize(built).eval()


@pytest.mark.parametrize("name", BACKBONES)
def test_gives_a_pair_representation_of_any_length(name: str) -> None:
    for length in (13, 32):
        assert encoder(name)(pair_maps(length)).shape == (2, length, length, C_Z)


def test_starts_at_zero_and_learns() -> None:
    built = PairMapEncoder(backbone="dilated_resnet", c_z=C_Z, in_channels=IN_CHANNELS).double()
    pair = built(pair_maps(9))
    assert not pair.any()
    pair.sum().backward()
    assert built.output.weight.grad is not None
    assert built.output.weight.grad.any()


@pytest.mark.parametrize("name", BACKBONES)
def test_padding_is_not_felt(name: str) -> None:
    built, x = encoder(name), pair_maps(16)
    mask = torch.ones(2, 16, dtype=torch.float64)
    mask[1, 11:] = 0.0
    polluted = x.clone()
    polluted[1, :, 11:] = float("nan")
    together = built(polluted, mask)
    assert not together[1, 11:].any()
    torch.testing.assert_close(together[1:, :11, :11], built(x[1:, :, :11, :11]), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", BACKBONES)
@pytest.mark.parametrize("symmetry", ["kernel", "average"])
def test_transposition_commutes(name: str, symmetry: str) -> None:
    built, x = encoder(name, symmetry=symmetry), pair_maps(12)
    torch.testing.assert_close(built(x.transpose(-1, -2)), built(x).transpose(1, 2), rtol=1e-10, atol=1e-10)


def test_numbers_of_residues_are_felt_but_not_where_they_begin() -> None:
    built, x = encoder("dilated_resnet"), pair_maps(10)
    numbers = torch.arange(10).expand(2, -1)
    torch.testing.assert_close(built(x, residue_index=numbers + 77), built(x))
    gap = numbers + 50 * (numbers > 4)
    assert (built(x, residue_index=gap) - built(x)).abs().max() > 1e-3


@pytest.mark.parametrize("symmetry", ["none", "kernel"])
def test_separations_are_classes(symmetry: str) -> None:
    numbers = torch.tensor([[3, 4, 10, 500]])
    channels = separation_channels(numbers, symmetry)
    assert channels.shape == (1, num_separation_channels(symmetry), 4, 4)
    classes = channels[0, : len(SEPARATIONS) + 1]
    assert (classes.sum(0) == 1).all()
    for i in range(4):
        for j in range(4):
            separation = abs(int(numbers[0, i] - numbers[0, j]))
            assert classes[:, i, j].argmax() == sum(bound <= separation for bound in SEPARATIONS)
    if symmetry == "none":
        assert channels[0, -1, 0, 1] == 1.0
        assert channels[0, -1, 1, 0] == -1.0


def test_unknown_backbone_and_setting_are_named() -> None:
    with pytest.raises(InputError, match="there is no backbone 'alexnet'; give one of"):
        PairMapEncoder(backbone="alexnet", c_z=4, in_channels=3)
    with pytest.raises(InputError, match=r"backbone convmixer: .*widht"):
        PairMapEncoder(backbone="convmixer", c_z=4, in_channels=3, widht=3)


@pytest.mark.parametrize("name", ["mlp_mixer", "hornet_gf"])
def test_shorter_chains_are_padded_for_a_backbone_of_one_length(name: str) -> None:
    """As if they had been; and longer ones are refused."""
    built, x = encoder(name), pair_maps(11)
    length = built.backbone.length
    assert length is not None
    assert length > 11
    beyond = length - 11
    padded = torch.nn.functional.pad(x, (0, beyond, 0, beyond), value=3.0)
    mask = torch.nn.functional.pad(torch.ones(2, 11, dtype=torch.float64), (0, beyond))
    expected = built(padded, mask)[:, :11, :11]
    torch.testing.assert_close(built(x), expected, rtol=1e-10, atol=1e-10)
    with pytest.raises(InputError):
        built(pair_maps(length + 1))
