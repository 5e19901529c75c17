"""Run timm's RepVGG and ConvMixer and keep what they compute, for protfold's parity tests.

In the environment that `make_picture_transformers.py` describes::

    timm/bin/python tests/parity/make_picture_convolutions.py --out tests/parity/arrays

Weights and pictures are those of `picture_weights.py`, drawn from timm's names of parameters; all is float64.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torchvision_stub
from picture_weights import picture, weight
from torch import Tensor, nn

torchvision_stub.install()

from timm.models.byobnet import ByoBlockCfg, ByobNet, ByoModelCfg  # noqa: E402
from timm.models.convmixer import ConvMixer  # noqa: E402
from timm.utils.model import reparameterize_model  # noqa: E402


def ready(prefix: str, network: nn.Module) -> nn.Module:
    """In float64 and evaluation mode, with weights and statistics drawn from `prefix` and the names of the parameters."""
    network.double().eval()
    values = {name: value for name, value in network.state_dict().items() if value.is_floating_point()}
    drawn = {name: torch.from_numpy(weight(f"{prefix}/{name}", tuple(value.shape))) for name, value in values.items()}
    network.load_state_dict(drawn, strict=False)
    return network


def repvgg() -> dict[str, Tensor]:
    """Maps and logits of a small RepVGG with groups and squeeze and excitation, and logits of its form for use."""
    configuration = ByoModelCfg(
        blocks=(
            ByoBlockCfg(type="rep", d=2, c=16, s=2, gs=lambda channels, index: channels // 2 if index % 2 == 1 else 0),
            ByoBlockCfg(type="rep", d=1, c=32, s=2, gs=0),
        ),
        stem_type="rep",
        stem_chs=16,
        attn_layer="se",
        attn_kwargs={"rd_ratio": 0.0625, "rd_divisor": 1},
    )
    network = ready("repvgg", ByobNet(configuration, num_classes=5))
    pictures = torch.from_numpy(picture("repvgg/pictures", 2, 3, 32, 32))
    return {
        "map": network.forward_features(pictures),
        "logits": network(pictures),
        "logits_in_use": reparameterize_model(network)(pictures),
    }


def convmixer() -> dict[str, Tensor]:
    """Map and logits of a small ConvMixer."""
    network = ready("convmixer", ConvMixer(24, 3, kernel_size=5, patch_size=4, num_classes=5))
    pictures = torch.from_numpy(picture("convmixer/pictures", 2, 3, 32, 32))
    return {"map": network.forward_features(pictures), "logits": network(pictures)}


def main() -> None:
    """Compute the cases and write a file for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the arrays")
    out = parser.parse_args().out
    torch.set_num_threads(1)
    for case in (repvgg, convmixer):
        with torch.no_grad():
            arrays = {key: value.numpy() for key, value in case().items()}
        path = out / f"picture_{case.__name__}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, { ({key: value.shape for key, value in arrays.items()}) }")


if __name__ == "__main__":
    main()
