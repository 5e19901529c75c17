"""DeepMind's parameter files, `params_model_*.npz`, read and written."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from protfold.errors import WeightsError
from protfold.model import AlphaFold, AlphaFoldConfig
from protfold.weights.alphafold2_names import PAE_HEAD, ROOT, TABLE, TEMPLATES, Row, any_under, rows_for
from protfold.weights.architecture import Shape, infer_config, with_values, without_values
from protfold.weights.archive import Archive, write_archive
from protfold.weights.messages import misfit

POINTWISE_QUERY = f"{ROOT}evoformer/template_embedding/attention//query_w"
MULTIMER_SIGN = f"{ROOT}evoformer/~_relative_encoding/"


def load_alphafold2(path: str | os.PathLike[str]) -> AlphaFold:
    """The network of one of DeepMind's monomer parameter files, in evaluation mode.

    Which network it is (templates, PAE head, numbers of blocks, widths, heads, points) is read from the arrays alone; see
    `infer_config` for the two numbers that no array shows. Every array is used exactly once.

    Raises:
        WeightsError: the file is missing or damaged, belongs to another network, or has arrays missing, left over or of a wrong
            shape; the message names them.
    """
    archive = Archive(Path(path))
    rows, config = _identify(archive)
    network = without_values(config)
    _check_shapes(archive, rows, network)
    parameters: dict[str, Tensor] = {}
    for row, values in zip(rows, archive.arrays(row.alphafold2 for row in rows), strict=True):
        array = torch.from_numpy(values)
        blocks = array.unbind(0) if row.stacked else (array,)
        for name, block in zip(row.parameter_names(len(blocks)), blocks, strict=True):
            parameters[name] = row.transform.to_protfold(block).clone(memory_format=torch.contiguous_format)
    return with_values(network, parameters)


def read_alphafold2_shapes(path: str | os.PathLike[str]) -> tuple[AlphaFoldConfig, dict[str, Shape]]:
    """The architecture of a DeepMind parameter file and the shapes of its arrays, from headers alone.

    Raises:
        WeightsError: as `load_alphafold2`, values aside.
    """
    archive = Archive(Path(path))
    rows, config = _identify(archive)
    _check_shapes(archive, rows, without_values(config))
    return config, {name: header.shape for name, header in archive.headers.items()}


def save_alphafold2(network: AlphaFold, path: str | os.PathLike[str]) -> None:
    """Writes the parameters in DeepMind's layout, float32; loading them gives the same bits.

    Raises:
        WeightsError: the network has parts that DeepMind's layout cannot hold.
    """
    config, state = network.config, network.state_dict()
    rows = rows_for(templates=config.template is not None, pae=config.num_pae_bins > 0)
    num_blocks = {name: _num_blocks(name, config) for name in (row.protfold for row in rows)}
    placed = {name for row in rows for name in row.parameter_names(num_blocks[row.protfold])}
    if placed != set(state):
        raise WeightsError(
            misfit(path, "DeepMind's layout has no place for", unexpected=set(state) - placed, missing=placed - set(state))
        )
    arrays = {row.alphafold2: _stacked_array(row, state, config) for row in rows}
    _, stored = _identify_shapes(path, {name: array.shape for name, array in arrays.items()})
    if stored != config:
        raise WeightsError(
            f"{path}: not written, DeepMind's layout cannot hold all sizes of this network\nit is {config}\nand would be {stored}"
        )
    write_archive(Path(path), arrays)


def _identify(archive: Archive) -> tuple[list[Row], AlphaFoldConfig]:
    for name, header in archive.headers.items():
        if header.dtype != np.float32:
            raise WeightsError(f"{archive.path}: array {name!r} is {header.dtype}, DeepMind's parameters are float32")
    return _identify_shapes(archive.path, {name: header.shape for name, header in archive.headers.items()})


def _identify_shapes(path: object, shapes: Mapping[str, Shape]) -> tuple[list[Row], AlphaFoldConfig]:
    """The rows of the table that arrays of these names belong to, and the architecture their shapes tell."""
    if any(name.startswith(MULTIMER_SIGN) for name in shapes):
        raise WeightsError(
            f"{path}: AlphaFold-Multimer parameters are not supported yet; take a monomer file such as params_model_1_ptm.npz"
        )
    present = {row.protfold for row in TABLE if row.alphafold2 in shapes}
    rows = rows_for(templates=any_under(TEMPLATES, present), pae=any_under(PAE_HEAD, present))
    expected = {row.alphafold2 for row in rows}
    if expected != set(shapes):
        raise WeightsError(
            misfit(path, "not AlphaFold 2 monomer parameters", missing=expected - set(shapes), unexpected=set(shapes) - expected)
        )
    ranks = {row.alphafold2: row.transform.num_axes + row.stacked for row in rows}
    wrong = [f"{name}: {list(shapes[name])}, expected {rank} axes" for name, rank in ranks.items() if len(shapes[name]) != rank]
    if wrong:
        raise WeightsError(misfit(path, "arrays of a wrong shape", shapes=wrong))
    ours = {row.protfold: _our_shape(row, shapes[row.alphafold2]) for row in rows}
    num_blocks = {row.protfold.split(".")[0]: shapes[row.alphafold2][0] for row in rows if row.stacked}
    num_pointwise_heads = shapes[POINTWISE_QUERY][1] if POINTWISE_QUERY in shapes else 0
    return rows, infer_config(ours, num_blocks, num_pointwise_heads=num_pointwise_heads)


def _our_shape(row: Row, shape: Shape) -> Shape:
    return tuple(row.transform.to_protfold(torch.empty(shape[1:] if row.stacked else shape, device="meta")).shape)


def _check_shapes(archive: Archive, rows: Iterable[Row], network: AlphaFold) -> None:
    state, wrong = network.state_dict(), []
    for row in rows:
        found = archive.headers[row.alphafold2].shape
        expected = _alphafold2_shape(row, state, network.config)
        if found != expected:
            wrong.append(f"{row.alphafold2}: {list(found)}, expected {list(expected)}")
    if wrong:
        raise WeightsError(misfit(archive.path, "arrays of a wrong shape", shapes=wrong))


def _alphafold2_shape(row: Row, state: Mapping[str, Tensor], config: AlphaFoldConfig) -> Shape:
    parameter = state[row.parameter_names(1)[0]].to("meta")
    shape = tuple(row.transform.to_alphafold2(parameter, config).shape)
    return (_num_blocks(row.protfold, config), *shape) if row.stacked else shape


def _stacked_array(row: Row, state: Mapping[str, Tensor], config: AlphaFoldConfig) -> np.ndarray:
    names = row.parameter_names(_num_blocks(row.protfold, config))
    blocks = [row.transform.to_alphafold2(state[name].detach().float().cpu(), config) for name in names]
    return (torch.stack(blocks) if row.stacked else blocks[0]).contiguous().numpy()


def _num_blocks(parameter: str, config: AlphaFoldConfig) -> int:
    """Blocks of the stack that a parameter belongs to; 1 outside of stacks."""
    match parameter.split(".")[0]:
        case "evoformer":
            return config.evoformer.num_blocks
        case "extra_msa_stack":
            return config.extra_msa.num_blocks
        case "template_embedder" if config.template is not None:
            return config.template.num_blocks
    return 1
