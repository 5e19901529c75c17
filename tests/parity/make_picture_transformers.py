"""Run timm's ViT, MLP-Mixer and ViTDet trunk and keep what they compute, for protfold's parity tests.

An environment of its own, CPU only; timm's torchvision is stood in for::

    python3.11 -m venv timm
    timm/bin/pip install torch==2.13.0 numpy==2.4.6 pillow pyyaml safetensors tqdm packaging
    timm/bin/pip install --no-deps timm==1.0.31
    timm/bin/python tests/parity/make_picture_transformers.py --out tests/parity/arrays

Weights and pictures are those of `picture_weights.py`, drawn from timm's names of parameters; all is float64. The trunk of ViTDet is timm's
image encoder of SAM with absolute and relative positions, without its neck.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torchvision_stub
from picture_weights import picture, weight
from torch import Tensor, nn

torchvision_stub.install()

from timm.models.mlp_mixer import MlpMixer  # noqa: E402
from timm.models.vision_transformer import VisionTransformer  # noqa: E402
from timm.models.vision_transformer_sam import VisionTransformerSAM  # noqa: E402

SIZES = {"patch_size": 8, "embed_dim": 24, "num_classes": 5}


def _ready(prefix: str, network: nn.Module) -> nn.Module:
    """In float64 and evaluation mode, with weights drawn from `prefix` and the names of the parameters."""
    network.double().eval()
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    network.load_state_dict({name: torch.from_numpy(weight(f"{prefix}/{name}", shape)) for name, shape in shapes.items()})
    return network


def _pictures(name: str, height: int, width: int) -> Tensor:
    return torch.from_numpy(picture(name, 2, 3, height, width))


def vit() -> dict[str, Tensor]:
    """Tokens and logits at the size of the learned positions, and tokens of a larger picture."""
    network = _ready("vit", VisionTransformer(img_size=32, depth=2, num_heads=3, dynamic_img_size=True, **SIZES))
    pictures = _pictures("vit/pictures", 32, 32)
    return {
        "tokens": network.forward_features(pictures),
        "logits": network(pictures),
        "larger": network.forward_features(_pictures("vit/larger", 40, 56)),
    }


def mixer() -> dict[str, Tensor]:
    """Tokens and logits."""
    network = _ready("mixer", MlpMixer(img_size=32, num_blocks=2, **SIZES))
    pictures = _pictures("mixer/pictures", 32, 32)
    return {"tokens": network.forward_features(pictures), "logits": network(pictures)}


def vitdet() -> dict[str, Tensor]:
    """The map after four blocks, of which the second and fourth see all of it and the others windows of 4 x 4."""
    settings = {"window_size": 4, "global_attn_indexes": (1, 3), "use_rel_pos": True}
    norm = partial(nn.LayerNorm, eps=1e-6)
    network = _ready("vitdet", VisionTransformerSAM(img_size=64, depth=4, num_heads=3, norm_layer=norm, **settings, **SIZES))
    network.neck = nn.Identity()
    return {"map": network.forward_features(_pictures("vitdet/pictures", 64, 64))}


def main() -> None:
    """Compute the cases and write a file for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the arrays")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for case in (vit, mixer, vitdet):
        with torch.no_grad():
            arrays = {key: value.numpy() for key, value in case().items()}
        path = out / f"picture_{case.__name__}.npz"
        np.savez_compressed(path, **arrays)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB, { ({key: value.shape for key, value in arrays.items()}) }")


if __name__ == "__main__":
    main()
