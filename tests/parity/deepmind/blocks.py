"""Each block of the trunk, with the parameters of block 1 of its stack."""

from collections.abc import Callable
from typing import Any

from alphafold.model import modules
from deepmind.draws import alignment_mask, draw, sequence_mask
from deepmind.network import EVOFORMER, EXTRA, TEMPLATE, Arrays, Network

Cases = dict[str, Callable[[], Arrays]]


def blocks() -> Cases:
    """Every block of the Evoformer, the extra-MSA stack and the template stack."""
    network = Network("model_1_ptm")
    template_stack = "template_pair_stack"
    return {
        **msa_blocks(network),
        **outer_products(network),
        **pair_blocks(network),
        **iterations(network),
        template_stack: case(
            network,
            f"{TEMPLATE}/single_template_embedding/{template_stack}",
            pair_inputs(template_stack, 12, 64),
            lambda pair, mask: modules.TemplatePairStack(network.trunk.template.template_pair_stack, network.settings)(
                pair, mask, is_training=False
            ),
            block=None,
        ),
    }


def case(network: Network, path: str, inputs: Arrays, build: Callable[..., Any], block: int | None = 1) -> Callable[[], Arrays]:
    """A case that applies the module at `path` to `inputs`, in this order."""

    def compute() -> Arrays:
        output = network.run(path, build, *inputs.values(), block=block)
        return {**inputs, **(output if isinstance(output, dict) else {"output": output})}

    return compute


def msa_inputs(name: str, rows: int, length: int, channels: int) -> Arrays:
    """An MSA representation and its mask, with two columns of padding."""
    return {
        "msa": draw(name + "/msa", rows, length, channels),
        "msa_mask": alignment_mask(name + "/mask", rows, sequence_mask(length, 2)),
    }


def pair_inputs(name: str, length: int, channels: int = 128) -> Arrays:
    """A pair representation and its mask, with two positions of padding."""
    mask = sequence_mask(length, 2)
    return {"pair": draw(name + "/pair", length, length, channels), "pair_mask": mask[:, None] * mask[None, :]}


def msa_blocks(network: Network) -> Cases:
    """Attention over rows and columns, and transitions."""
    cases: Cases = {}

    def add(stack: str, module: type, part: str, option: str, rows: int, channels: int, pair: bool = False) -> None:
        name = f"{'extra' if stack == EXTRA else 'block'}_{part}"
        inputs = msa_inputs(name, rows, 11, channels)
        if pair:
            inputs["pair"] = pair_inputs(name, 11)["pair"]

        def build(msa: Any, mask: Any, *pair: Any) -> Any:
            return module(network.trunk.evoformer[option], network.settings, name=part)(msa, mask, *pair, is_training=False)

        cases[name] = case(network, f"{stack}/{part}", inputs, build)

    for stack, rows, channels in ((EVOFORMER, 7, 256), (EXTRA, 11, 64)):
        part = "msa_row_attention_with_pair_bias"
        add(stack, modules.MSARowAttentionWithPairBias, part, part, rows, channels, pair=True)
        add(stack, modules.Transition, "msa_transition", "msa_transition", rows, channels)
    add(EVOFORMER, modules.MSAColumnAttention, "msa_column_attention", "msa_column_attention", 7, 256)
    add(EXTRA, modules.MSAColumnGlobalAttention, "msa_column_global_attention", "msa_column_attention", 11, 64)
    return cases


def outer_products(network: Network) -> Cases:
    """The outer product mean of both stacks."""

    def build(msa: Any, mask: Any) -> Any:
        module = modules.OuterProductMean(network.trunk.evoformer.outer_product_mean, network.settings, 128)
        return module(msa, mask, is_training=False)

    sizes = {"block_outer_product_mean": (EVOFORMER, 7, 256), "extra_outer_product_mean": (EXTRA, 11, 64)}
    return {
        name: case(network, f"{stack}/outer_product_mean", msa_inputs(name, rows, 10, channels), build)
        for name, (stack, rows, channels) in sizes.items()
    }


def pair_blocks(network: Network) -> Cases:
    """Triangle multiplication, triangle attention and transition."""
    cases: Cases = {}

    def add(module: type, part: str) -> None:
        def build(pair: Any, mask: Any) -> Any:
            return module(network.trunk.evoformer[part], network.settings, name=part)(pair, mask, is_training=False)

        cases[f"block_{part}"] = case(network, f"{EVOFORMER}/{part}", pair_inputs(f"block_{part}", 10), build)

    add(modules.TriangleMultiplication, "triangle_multiplication_outgoing")
    add(modules.TriangleMultiplication, "triangle_multiplication_incoming")
    add(modules.TriangleAttention, "triangle_attention_starting_node")
    add(modules.TriangleAttention, "triangle_attention_ending_node")
    add(modules.Transition, "pair_transition")
    return cases


def iterations(network: Network) -> Cases:
    """A whole block of each stack."""
    cases: Cases = {}

    def add(stack: str, name: str, rows: int, channels: int) -> None:
        def build(msa: Any, msa_mask: Any, pair: Any, pair_mask: Any) -> Any:
            module = modules.EvoformerIteration(
                network.trunk.evoformer, network.settings, is_extra_msa=stack == EXTRA, name=stack.split("/")[-1]
            )
            result = module({"msa": msa, "pair": pair}, {"msa": msa_mask, "pair": pair_mask}, is_training=False)
            return {"msa_output": result["msa"], "pair_output": result["pair"]}

        inputs = {**msa_inputs(name, rows, 9, channels), **pair_inputs(name, 9)}
        cases[name] = case(network, stack, inputs, build)

    add(EVOFORMER, "iteration_evoformer", 6, 256)
    add(EXTRA, "iteration_extra_msa", 9, 64)
    return cases
