"""How much memory a prediction needs, from the shapes of what it holds at once. Bytes; GiB where named.

The peak is the largest of a few moments, each a sum of arrays alive together; `docs/inference.md` compares it with measured peaks.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import nn

from protfold.model import AlphaFold, AlphaFoldConfig
from protfold.model.config import AttentionStackConfig

GIB = 2**30
FLOAT32 = 4
SMALLEST_CHUNK = 2**14
FEATURES_PER_CLUSTER_POSITION = 4 * (49 + 2) + 8
FEATURES_PER_EXTRA_POSITION = 4 * 3 + 8
TEMPLATE_PAIR_FEATURES = 88 + 88 + 39
EMBEDDING_TEMPORARIES = 4
POINT_ATTENTION_TEMPORARIES = 16
WORKSPACE = {torch.float32: 36 * 2**20, torch.bfloat16: 76 * 2**20}
"""Measured: what the matrix library and the allocator keep beside the arrays, by type of the trunk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSize:
    """The axes of a target's features.

    Attributes:
        num_residues: of all chains.
        num_clusters, num_extra: alignment rows as cluster centres and outside the clusters.
        num_templates: templates, padding included.
        num_passes: recycles + 1.
    """

    num_residues: int
    num_clusters: int
    num_extra: int
    num_templates: int = 0
    num_passes: int = 4


def estimate_memory_gib(
    config: AlphaFoldConfig,
    num_residues: int,
    num_clusters: int,
    num_extra: int,
    dtype: str = "float32",
    *,
    chunk_elements: int = SMALLEST_CHUNK,
) -> float:
    """Peak memory (GiB) of a prediction with recycling: parameters, features, and the largest moment of the network.

    A network that reads templates is given four. The interpreter and its libraries, about 0.4 GiB on a CPU, come on top.

    Args:
        config: architecture.
        num_residues: of all chains.
        num_clusters, num_extra: alignment rows as cluster centres and outside the clusters.
        dtype: `float32` or `bfloat16`, of the trunk.
        chunk_elements: of temporaries; the default asks how little could do.
    """
    size = InputSize(
        num_residues=num_residues,
        num_clusters=num_clusters,
        num_extra=num_extra,
        num_templates=0 if config.template is None else 4,
    )
    trunk = torch.bfloat16 if dtype == "bfloat16" else torch.float32
    network = network_bytes(config, size, dtype=trunk, chunk_elements=chunk_elements)
    return (parameter_bytes(config, trunk) + feature_bytes(size) + network) / GIB


def chunk_elements_that_fit(
    config: AlphaFoldConfig, size: InputSize, *, dtype: torch.dtype, available: float, preferred: int
) -> int | None:
    """The preferred chunk, halved until the network's peak fits; None if not even the smallest does."""
    chunk = preferred
    while chunk >= SMALLEST_CHUNK:
        if network_bytes(config, size, dtype=dtype, chunk_elements=chunk) <= available:
            return chunk
        chunk //= 2
    return None


@lru_cache(maxsize=8)
def parameter_bytes(config: AlphaFoldConfig, dtype: torch.dtype) -> int:
    """Of the whole network, its trunk in `dtype`."""
    with torch.device("meta"):
        network = AlphaFold(
            replace(config, evoformer=replace(config.evoformer, num_blocks=1), extra_msa=replace(config.extra_msa, num_blocks=1))
        )
    network.set_trunk_dtype(dtype)
    evoformer_block, extra_block = network.evoformer.blocks[0], network.extra_msa_stack.blocks[0]
    return (
        _module_bytes(network)
        + (config.evoformer.num_blocks - 1) * _module_bytes(evoformer_block)
        + (config.extra_msa.num_blocks - 1) * _module_bytes(extra_block)
    )


def _module_bytes(module: nn.Module) -> int:
    return sum(parameter.numel() * parameter.element_size() for parameter in module.parameters())


def feature_bytes(size: InputSize) -> int:
    """Arrays of `FoldFeatures` without templates."""
    position = FEATURES_PER_CLUSTER_POSITION * size.num_clusters + FEATURES_PER_EXTRA_POSITION * size.num_extra
    return size.num_passes * size.num_residues * position


def network_bytes(config: AlphaFoldConfig, size: InputSize, *, dtype: torch.dtype, chunk_elements: int) -> int:
    """The largest moment of a pass over given features: of the trunk, of its change to float32, of the structure, of the heads."""
    residues, rows = size.num_residues, size.num_clusters + size.num_templates
    pairs = residues**2
    msa, pair, extra = rows * residues * config.c_m, pairs * config.c_z, size.num_extra * residues * config.c_e
    recycled = FLOAT32 * pair if size.num_passes > 1 else 0

    in_templates = 0 if config.template is None else _template_elements(config, size)
    in_extra = max(
        EMBEDDING_TEMPORARIES * extra,
        extra + _block_elements(config.extra_msa, config, rows=size.num_extra, residues=residues, channels=config.c_e),
    )
    in_evoformer = _block_elements(config.evoformer, config, rows=rows, residues=residues, channels=config.c_m)
    chunk = max(chunk_elements, _smallest_chunk(config, size))
    representations = dtype.itemsize * (msa + pair)
    trunk = representations + dtype.itemsize * (max(in_templates, in_extra, in_evoformer) + chunk)

    kept = FLOAT32 * (msa + pair)
    to_float32 = kept + representations if dtype != torch.float32 else 0
    structure = kept + FLOAT32 * (pair + POINT_ATTENTION_TEMPORARIES * config.structure.num_heads * pairs)
    heads = kept + FLOAT32 * pairs * (config.num_pae_bins + 2 * config.num_distogram_bins)
    return WORKSPACE[dtype] + recycled + max(trunk, to_float32, structure, heads)


def _block_elements(stack: AttentionStackConfig, config: AlphaFoldConfig, *, rows: int, residues: int, channels: int) -> int:
    """What a block holds beside its two representations: an update, and the whole projections that chunks read from."""
    pairs, msa_positions = residues**2, rows * residues
    attention = msa_positions * channels + pairs * 2 * stack.num_msa_heads
    outer_product_mean = msa_positions * 3 * stack.c_outer_product + pairs * config.c_z
    triangle = pairs * (config.c_z + 2 * stack.c_triangle)
    return max(attention, outer_product_mean, triangle)


def _template_elements(config: AlphaFoldConfig, size: InputSize) -> int:
    assert config.template is not None
    c_t = config.template.c_t
    one = max(TEMPLATE_PAIR_FEATURES + c_t, 2 * c_t + 2 * config.template.c_triangle)
    return size.num_residues**2 * (2 * size.num_templates * c_t + one)


def _smallest_chunk(config: AlphaFoldConfig, size: InputSize) -> int:
    """Temporaries of the hungriest single row or column, below which no chunk can go."""
    return max(
        2 * size.num_residues * config.evoformer.c_outer_product**2,
        size.num_residues * (config.evoformer.transition_factor + 2) * config.c_m,
        6 * (size.num_clusters + size.num_templates) * config.c_m,
        4 * size.num_extra * config.c_e,
    )
