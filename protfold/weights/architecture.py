"""The architecture that a set of parameters belongs to, and a network of it that waits for values."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from protfold.errors import WeightsError
from protfold.model import (
    AlphaFold,
    AlphaFoldConfig,
    AttentionStackConfig,
    EnvironmentTransformer,
    EnvironmentTransformerConfig,
    StructureModuleConfig,
    TemplateConfig,
)
from protfold.vision.coevolution_term import CoevolutionTerm
from protfold.vision.distance_network import DistanceNetwork, DistanceNetworkConfig
from protfold.vision.pretraining.network import PairPretraining, PairPretrainingConfig

Shape = tuple[int, ...]
Network = AlphaFold | EnvironmentTransformer | DistanceNetwork | PairPretraining
NetworkConfig = AlphaFoldConfig | EnvironmentTransformerConfig | DistanceNetworkConfig | PairPretrainingConfig
SomeNetwork = TypeVar("SomeNetwork", bound=Network)

_NETWORKS: Mapping[type[NetworkConfig], Callable[..., Network]] = {
    AlphaFoldConfig: AlphaFold,
    EnvironmentTransformerConfig: EnvironmentTransformer,
    DistanceNetworkConfig: DistanceNetwork,
    PairPretrainingConfig: PairPretraining,
}


def infer_config(shapes: Mapping[str, Shape], num_blocks: Mapping[str, int], *, num_pointwise_heads: int) -> AlphaFoldConfig:
    """The sizes of the network whose parameters have these shapes.

    Two numbers leave no trace in any array and are those of the published networks: the 8 layers of the structure module, which
    share their weights, and its position scale of 10 Å. Layers of the structure module's transition (3) and residual blocks of the
    torsion head (2) are fixed by the names.

    Args:
        shapes: shape of each parameter, by protfold's names with `*` for the number of a block.
        num_blocks: number of blocks by the name of the stack's owner: `evoformer`, `extra_msa_stack`, `template_embedder`.
        num_pointwise_heads: heads of the attention over templates, which torch's merged projections do not show.

    Raises:
        WeightsError: an array is empty.
    """
    for name, shape in shapes.items():
        if 0 in shape:
            raise WeightsError(f"the array of {name} is empty: shape {list(shape)}")
    c_m, c_target = shapes["input_embedder.target_to_msa.weight"]
    c_z, num_offsets = shapes["input_embedder.relative_position.embed.weight"]
    return AlphaFoldConfig(
        c_m=c_m,
        c_z=c_z,
        c_s=shapes["single.weight"][0],
        c_e=shapes["extra_msa_embedder.embed.weight"][0],
        c_target=c_target,
        max_relative_position=(num_offsets - 1) // 2,
        evoformer=_stack(shapes, "evoformer", num_blocks),
        extra_msa=_stack(shapes, "extra_msa_stack", num_blocks),
        template=_template(shapes, num_blocks, num_pointwise_heads) if "template_embedder.pair.weight" in shapes else None,
        structure=_structure(shapes),
        c_plddt=shapes["plddt_head.first.weight"][0],
        num_plddt_bins=shapes["plddt_head.logits.weight"][0],
        num_distogram_bins=shapes["distogram_head.half_logits.weight"][0],
        num_pae_bins=shapes["pae_head.weight"][0] if "pae_head.weight" in shapes else 0,
    )


def _stack(shapes: Mapping[str, Shape], owner: str, num_blocks: Mapping[str, int]) -> AttentionStackConfig:
    block = f"{owner}.blocks.*"
    num_msa_heads = shapes[f"{block}.row_attention.pair_bias.weight"][0]
    num_pair_heads = shapes[f"{block}.pair_stack.attend_starting.pair_bias.weight"][0]
    widened, narrow = shapes[f"{block}.msa_transition.widen.weight"]
    return AttentionStackConfig(
        num_blocks=num_blocks[owner],
        num_msa_heads=num_msa_heads,
        c_msa_head=shapes[f"{block}.row_attention.attention.query.weight"][0] // num_msa_heads,
        num_pair_heads=num_pair_heads,
        c_pair_head=shapes[f"{block}.pair_stack.attend_starting.attention.query.weight"][0] // num_pair_heads,
        c_outer_product=shapes[f"{block}.outer_product_mean.left.weight"][0],
        c_triangle=shapes[f"{block}.pair_stack.multiply_outgoing.left.weight"][0],
        transition_factor=widened // narrow,
    )


def _template(shapes: Mapping[str, Shape], num_blocks: Mapping[str, int], num_pointwise_heads: int) -> TemplateConfig:
    block = "template_embedder.blocks.*"
    num_pair_heads = shapes[f"{block}.attend_starting.pair_bias.weight"][0]
    widened, narrow = shapes[f"{block}.transition.widen.weight"]
    return TemplateConfig(
        c_t=shapes["template_embedder.pair.weight"][0],
        num_blocks=num_blocks["template_embedder"],
        num_pair_heads=num_pair_heads,
        c_pair_head=shapes[f"{block}.attend_starting.attention.query.weight"][0] // num_pair_heads,
        c_triangle=shapes[f"{block}.multiply_outgoing.left.weight"][0],
        transition_factor=widened // narrow,
        num_pointwise_heads=num_pointwise_heads,
        c_pointwise_head=shapes["template_embedder.pointwise_attention.query.weight"][0] // num_pointwise_heads,
    )


def _structure(shapes: Mapping[str, Shape]) -> StructureModuleConfig:
    attention, torsions = "structure_module.attention", "structure_module.torsions"
    num_heads = shapes[f"{attention}.point_weights"][0]
    num_query_points = shapes[f"{attention}.query_points.weight"][0] // (3 * num_heads)
    num_points = shapes[f"{attention}.key_value_points.weight"][0] // (3 * num_heads)
    return StructureModuleConfig(
        num_heads=num_heads,
        c_scalar=shapes[f"{attention}.query.weight"][0] // num_heads,
        num_query_points=num_query_points,
        num_value_points=num_points - num_query_points,
        c_torsion=shapes[f"{torsions}.current.weight"][0],
    )


class _EmptyOnMeta(TorchFunctionMode):
    """Inside, `torch.empty`, of which layers make their parameters, takes no memory; whatever has a value is made as usual."""

    def __torch_function__(
        self, function: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if function is torch.empty:
            kwargs["device"] = "meta"
        return function(*args, **kwargs)


@overload
def without_values(config: AlphaFoldConfig, pair_encoder: DistanceNetworkConfig | None = None) -> AlphaFold: ...
@overload
def without_values(config: NetworkConfig, pair_encoder: DistanceNetworkConfig | None = None) -> Network: ...
def without_values(config: NetworkConfig, pair_encoder: DistanceNetworkConfig | None = None) -> Network:
    """The network with parameters that have a shape and no value yet; its buffers are ready.

    Args:
        config: its sizes.
        pair_encoder: of a folding network, the sizes of that in its `CoevolutionTerm`; None for one without.
    """
    with _EmptyOnMeta():
        if isinstance(config, AlphaFoldConfig) and pair_encoder is not None:
            return AlphaFold(config, pair_encoder=CoevolutionTerm(pair_encoder, c_z=config.c_z))
        return _NETWORKS[type(config)](config)


def with_values(network: SomeNetwork, parameters: Mapping[str, Tensor]) -> SomeNetwork:
    """`network` itself, its parameters replaced by these, in evaluation mode."""
    network.load_state_dict(dict(parameters), assign=True)
    network.eval()
    return network
