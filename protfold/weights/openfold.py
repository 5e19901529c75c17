"""OpenFold's checkpoints, `.pt`, read."""

import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from protfold.errors import WeightsError
from protfold.model import AlphaFold
from protfold.weights.alphafold2_names import PAE_HEAD, TEMPLATES, any_under, rows_for
from protfold.weights.architecture import infer_config, with_values, without_values
from protfold.weights.archive import MAX_BYTES, check_declared_size
from protfold.weights.messages import misfit
from protfold.weights.openfold_names import STACK_BLOCK, current_name, openfold_name, our_name

NUM_POINTWISE_HEADS = 4
"""Heads of the attention over templates. OpenFold's merged projections do not tell it; every published network has four."""

WRAPPERS = (("ema", "params"), ("state_dict",), ("module",))
"""Where training checkpoints keep parameters, the averaged ones first."""


def load_openfold(path: str | os.PathLike[str]) -> AlphaFold:
    """The network of an OpenFold monomer checkpoint, of older or newer releases, in evaluation mode and float32.

    Averaged parameters are taken where a checkpoint has them. Which network it is, is read from the tensors alone, but for
    `NUM_POINTWISE_HEADS` and what `infer_config` names.

    Raises:
        WeightsError: the file is missing, damaged or a DeepSpeed folder, holds objects other than tensors and plain values, or has
            parameters missing, left over or of a wrong shape; the message names them.
    """
    path = Path(path)
    parameters = _our_parameters(path, _split_fused(_read(path)))
    block_numbers: dict[str, set[str]] = {}
    for name in parameters:
        if block := STACK_BLOCK.match(name):
            block_numbers.setdefault(name.split(".")[0], set()).add(block[2])
    num_blocks = {stack: len(numbers) for stack, numbers in block_numbers.items()}
    _check_names(path, parameters, num_blocks)
    shapes = {STACK_BLOCK.sub(r"\1.*.", name): tuple(tensor.shape) for name, tensor in reversed(parameters.items())}
    network = without_values(infer_config(shapes, num_blocks, num_pointwise_heads=NUM_POINTWISE_HEADS))
    wrong = [
        f"{openfold_name(name)}: {list(parameters[name].shape)}, expected {list(expected.shape)}"
        for name, expected in network.state_dict().items()
        if parameters[name].shape != expected.shape
    ]
    if wrong:
        raise WeightsError(misfit(path, "parameters of a wrong shape", shapes=wrong))
    return with_values(
        network,
        {name: tensor.to(torch.float32, copy=True, memory_format=torch.contiguous_format) for name, tensor in parameters.items()},
    )


def _read(path: Path) -> dict[str, Tensor]:
    """The checkpoint's parameters by OpenFold's current names."""
    if path.is_dir():
        raise WeightsError(f"{path}: a DeepSpeed folder; make one file of it with the zero_to_fp32.py inside, then load that file")
    try:
        with zipfile.ZipFile(path) as file:
            check_declared_size(path, file)
        with path.open("rb") as stream:  # given a path, torch.load would go by its ending
            content = torch.load(stream, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise WeightsError(f"{path}: no such file") from error
    except pickle.UnpicklingError as error:
        raise WeightsError(f"{path}: refused, it holds objects other than tensors and plain values") from error
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        raise WeightsError(f"{path}: damaged, or not a PyTorch checkpoint ({error})") from error
    for keys in WRAPPERS:
        inner = content
        for key in keys:
            inner = inner.get(key) if isinstance(inner, Mapping) else None
        if isinstance(inner, Mapping):
            content = inner
            break
    return _checked_tensors(path, content)


def _checked_tensors(path: Path, content: object) -> dict[str, Tensor]:
    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{path}: holds no table of parameters")
    for name, tensor in content.items():
        if not (isinstance(name, str) and isinstance(tensor, Tensor) and tensor.is_floating_point()):
            raise WeightsError(f"{path}: entry {name!r} is not a parameter")
    if sum(tensor.numel() * tensor.element_size() for tensor in content.values()) > MAX_BYTES:
        raise WeightsError(f"{path}: refused, its parameters are larger than any network of this kind")
    return {current_name(name): tensor for name, tensor in content.items()}


def _split_fused(parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """`linear_ab_p` and `linear_ab_g`, which hold `a` and `b` in one, as two."""
    split: dict[str, Tensor] = {}
    for name, tensor in parameters.items():
        if ".linear_ab_" in name:
            for factor, half in zip("ab", tensor.chunk(2, dim=0), strict=True):
                split[name.replace(".linear_ab_", f".linear_{factor}_")] = half
        else:
            split[name] = tensor
    return split


def _our_parameters(path: Path, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    unexpected = [name for name in parameters if our_name(name) is None]
    if unexpected:
        raise WeightsError(misfit(path, "not an OpenFold monomer checkpoint", unexpected=unexpected))
    return {str(our_name(name)): tensor for name, tensor in parameters.items()}


def _check_names(path: Path, parameters: Mapping[str, Tensor], num_blocks: Mapping[str, int]) -> None:
    found = set(parameters)
    rows = rows_for(templates=any_under(TEMPLATES, found), pae=any_under(PAE_HEAD, found))
    axes = {name: row.num_axes for row in rows for name in row.parameter_names(num_blocks.get(row.protfold.split(".")[0], 1))}
    if set(axes) != found:
        missing, unexpected = map(openfold_name, set(axes) - found), map(openfold_name, found - set(axes))
        raise WeightsError(misfit(path, "not an OpenFold monomer checkpoint", missing=missing, unexpected=unexpected))
    wrong = [f"{openfold_name(name)}: {list(parameters[name].shape)}" for name in axes if parameters[name].dim() != axes[name]]
    if wrong:
        raise WeightsError(misfit(path, "parameters of a wrong shape", shapes=wrong))
