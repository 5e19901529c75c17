"""HorNet with both kinds of mixing beside OpenMMLab's; `make_picture_hornet.py` ran that."""

import pytest
import torch
from torch import nn

from protfold.vision.global_filter import HorNetGF
from protfold.vision.hornet import HorNet
from protfold.vision.normalization import ChannelNorm
from tests.parity.picture_weights import picture, weight
from tests.parity.reference import Case

HORNET = {
    "stem_norm": "downsample_layers.0.1",
    "stem": "downsample_layers.0.0",
    **{f"halve_norms.{index}": f"downsample_layers.{index + 1}.0" for index in range(3)},
    **{f"halve.{index}": f"downsample_layers.{index + 1}.1" for index in range(3)},
    "gated_scale": "gamma1.weight",
    "transition_scale": "gamma2.weight",
    "transition_norm": "norm2",
    "expand": "pwconv1",
    "contract": "pwconv2",
    "gated.widen": "gnconv.projs",
    "gated.mixing.output_norm": "gnconv.dwconv.post_norm",
    "gated.mixing.norm": "gnconv.dwconv.pre_norm",
    "gated.mixing.near": "gnconv.dwconv.dw",
    "gated.mixing.far.frequencies": "gnconv.dwconv.complex_weight",
    "gated.mixing": "gnconv.dwconv",
    "gated.": "gnconv.",
    ".norm.": ".norm1.",
}
"""Parts of our names by what stands for them in OpenMMLab's."""


def with_their_weights(prefix: str, network: nn.Module) -> nn.Module:
    """In float64, parameters drawn by their names and shapes."""
    for name, value in network.double().eval().state_dict().items():
        theirs = name
        for ours, other in HORNET.items():
            theirs = theirs.replace(ours, other)
        matrix = theirs.rsplit(".", 2)[-2] in ("pwconv1", "pwconv2") and value.dim() == 4
        shape = value.shape[:2] if matrix else (value.numel(),) if value.dim() == 3 else value.shape
        value.copy_(torch.from_numpy(weight(f"{prefix}/{theirs}", tuple(shape))).view_as(value))
    return network


@pytest.mark.parametrize(("name", "tolerance"), [("hornet", 1e-11), ("hornet_gf", 1e-4)])
def test_hornet(name: str, tolerance: float) -> None:
    """Every stage, and the normalised mean; filters have the precision of their float32."""
    case, settings = Case.read(f"picture_{name}"), {"hidden": 16, "depths": (1, 1, 2, 1), "stem_stride": 4, "symmetry": "none"}
    network = HorNet(3, **settings) if name == "hornet" else HorNetGF(3, length=64, **settings)
    maps = with_their_weights(name, network)(torch.from_numpy(picture(f"{name}/pictures", 1, 3, 64, 64)))
    for index, (features, _) in enumerate(maps):
        torch.testing.assert_close(features, case[f"map_{index}"], rtol=tolerance, atol=tolerance)
    norm = ChannelNorm(128).double()
    for leaf, value in norm.state_dict().items():
        value.copy_(torch.from_numpy(weight(f"{name}/norm3.{leaf}", (128,))))
    mean = maps[-1][0].mean((-2, -1), keepdim=True)
    torch.testing.assert_close(norm(mean).flatten(1), case["features"], rtol=tolerance, atol=tolerance)
