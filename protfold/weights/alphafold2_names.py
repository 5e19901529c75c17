"""The two-way table between DeepMind's arrays and protfold's parameters.

DeepMind names an array `scope//name`; arrays of a stack hold all blocks along their first axis, which `*` stands for in our names.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

import torch

from protfold.weights.transforms import TRANSPOSED, VECTOR, Size, Transform, heads_in, heads_out, heads_vector

ROOT = "alphafold/alphafold_iteration/"
TEMPLATES = "template_embedder."
PAE_HEAD = "pae_head."


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        protfold: name of our parameter, with `*` for the number of a block.
        alphafold2: name of DeepMind's array.
        transform: how the one becomes the other.
    """

    protfold: str
    alphafold2: str
    transform: Transform

    @property
    def stacked(self) -> bool:
        """Whether DeepMind's array holds all blocks of a stack."""
        return "*" in self.protfold

    @property
    def num_axes(self) -> int:
        """Axes of our parameter."""
        return self.transform.to_protfold(torch.empty((1,) * self.transform.num_axes, device="meta")).dim()

    def parameter_names(self, num_blocks: int) -> list[str]:
        """Names of our parameters, one a block."""
        return [self.protfold.replace("*", str(block)) for block in range(num_blocks)] if self.stacked else [self.protfold]


def _linear(ours: str, theirs: str) -> list[Row]:
    return [Row(f"{ours}.weight", f"{theirs}//weights", TRANSPOSED), Row(f"{ours}.bias", f"{theirs}//bias", VECTOR)]


def _norm(ours: str, theirs: str) -> list[Row]:
    return [Row(f"{ours}.weight", f"{theirs}//scale", VECTOR), Row(f"{ours}.bias", f"{theirs}//offset", VECTOR)]


def _ungated_attention(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        Row(f"{ours}.query.weight", f"{theirs}//query_w", heads_out(num_heads)),
        Row(f"{ours}.key.weight", f"{theirs}//key_w", heads_out(num_heads)),
        Row(f"{ours}.value.weight", f"{theirs}//value_w", heads_out(num_heads)),
        Row(f"{ours}.output.weight", f"{theirs}//output_w", heads_in(num_heads)),
        Row(f"{ours}.output.bias", f"{theirs}//output_b", VECTOR),
    ]


def _gate(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        Row(f"{ours}.gate.weight", f"{theirs}//gating_w", heads_out(num_heads)),
        Row(f"{ours}.gate.bias", f"{theirs}//gating_b", heads_vector(num_heads)),
    ]


def _attention(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [*_ungated_attention(ours, theirs, num_heads), *_gate(ours, theirs, num_heads)]


def _row_attention(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/query_norm"),
        *_norm(f"{ours}.pair_norm", f"{theirs}/feat_2d_norm"),
        Row(f"{ours}.pair_bias.weight", f"{theirs}//feat_2d_weights", TRANSPOSED),
        *_attention(f"{ours}.attention", f"{theirs}/attention", num_heads),
    ]


def _column_attention(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/query_norm"),
        *_attention(f"{ours}.attention", f"{theirs}/attention", num_heads),
    ]


def _column_global_attention(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/query_norm"),
        Row(f"{ours}.query.weight", f"{theirs}/attention//query_w", heads_out(num_heads)),
        Row(f"{ours}.key.weight", f"{theirs}/attention//key_w", TRANSPOSED),
        Row(f"{ours}.value.weight", f"{theirs}/attention//value_w", TRANSPOSED),
        *_gate(ours, f"{theirs}/attention", num_heads),
        Row(f"{ours}.output.weight", f"{theirs}/attention//output_w", heads_in(num_heads)),
        Row(f"{ours}.output.bias", f"{theirs}/attention//output_b", VECTOR),
    ]


def _transition(ours: str, theirs: str) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/input_layer_norm"),
        *_linear(f"{ours}.widen", f"{theirs}/transition1"),
        *_linear(f"{ours}.narrow", f"{theirs}/transition2"),
    ]


def _outer_product_mean(ours: str, theirs: str, c_hidden: Size) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/layer_norm_input"),
        *_linear(f"{ours}.left", f"{theirs}/left_projection"),
        *_linear(f"{ours}.right", f"{theirs}/right_projection"),
        Row(f"{ours}.output.weight", f"{theirs}//output_w", heads_in(c_hidden)),
        Row(f"{ours}.output.bias", f"{theirs}//output_b", VECTOR),
    ]


def _triangle_multiplication(ours: str, theirs: str) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/layer_norm_input"),
        *_linear(f"{ours}.left", f"{theirs}/left_projection"),
        *_linear(f"{ours}.right", f"{theirs}/right_projection"),
        *_linear(f"{ours}.left_gate", f"{theirs}/left_gate"),
        *_linear(f"{ours}.right_gate", f"{theirs}/right_gate"),
        *_norm(f"{ours}.center_norm", f"{theirs}/center_layer_norm"),
        *_linear(f"{ours}.output", f"{theirs}/output_projection"),
        *_linear(f"{ours}.gate", f"{theirs}/gating_linear"),
    ]


def _triangle_attention(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        *_norm(f"{ours}.norm", f"{theirs}/query_norm"),
        Row(f"{ours}.pair_bias.weight", f"{theirs}//feat_2d_weights", TRANSPOSED),
        *_attention(f"{ours}.attention", f"{theirs}/attention", num_heads),
    ]


def _pair_stack(ours: str, theirs: str, num_heads: Size) -> list[Row]:
    return [
        *_triangle_multiplication(f"{ours}.multiply_outgoing", f"{theirs}/triangle_multiplication_outgoing"),
        *_triangle_multiplication(f"{ours}.multiply_incoming", f"{theirs}/triangle_multiplication_incoming"),
        *_triangle_attention(f"{ours}.attend_starting", f"{theirs}/triangle_attention_starting_node", num_heads),
        *_triangle_attention(f"{ours}.attend_ending", f"{theirs}/triangle_attention_ending_node", num_heads),
        *_transition(f"{ours}.transition", f"{theirs}/pair_transition"),
    ]


def _msa_stack(ours: str, theirs: str, part: str) -> list[Row]:
    """All of an Evoformer or extra-MSA block but its column attention; `part` names its sizes in the configuration."""
    return [
        *_row_attention(f"{ours}.row_attention", f"{theirs}/msa_row_attention_with_pair_bias", attrgetter(f"{part}.num_msa_heads")),
        *_transition(f"{ours}.msa_transition", f"{theirs}/msa_transition"),
        *_outer_product_mean(f"{ours}.outer_product_mean", f"{theirs}/outer_product_mean", attrgetter(f"{part}.c_outer_product")),
        *_pair_stack(f"{ours}.pair_stack", theirs, attrgetter(f"{part}.num_pair_heads")),
    ]


def _embedders() -> list[Row]:
    return [
        *_linear("input_embedder.target_to_msa", "evoformer/preprocess_1d"),
        *_linear("input_embedder.msa", "evoformer/preprocess_msa"),
        *_linear("input_embedder.target_to_row", "evoformer/left_single"),
        *_linear("input_embedder.target_to_column", "evoformer/right_single"),
        *_linear("input_embedder.relative_position.embed", "evoformer/pair_activiations"),  # their spelling
        *_norm("recycling_embedder.msa_norm", "evoformer/prev_msa_first_row_norm"),
        *_norm("recycling_embedder.pair_norm", "evoformer/prev_pair_norm"),
        *_linear("recycling_embedder.distance", "evoformer/prev_pos_linear"),
        *_linear("extra_msa_embedder.embed", "evoformer/extra_msa_activations"),
    ]


def _template_embedder() -> list[Row]:
    single = "evoformer/template_embedding/single_template_embedding"
    pointwise_heads = attrgetter("template.num_pointwise_heads")
    return [
        *_linear("template_embedder.pair", f"{single}/embedding2d"),
        *_pair_stack(
            "template_embedder.blocks.*",
            f"{single}/template_pair_stack/__layer_stack_no_state",
            attrgetter("template.num_pair_heads"),
        ),
        *_norm("template_embedder.pair_norm", f"{single}/output_layer_norm"),
        *_ungated_attention("template_embedder.pointwise_attention", "evoformer/template_embedding/attention", pointwise_heads),
        *_linear("template_embedder.angles", "evoformer/template_single_embedding"),
        *_linear("template_embedder.angles_output", "evoformer/template_projection"),
    ]


def _stacks() -> list[Row]:
    extra, evoformer = "evoformer/extra_msa_stack", "evoformer/evoformer_iteration"
    return [
        *_msa_stack("extra_msa_stack.blocks.*", extra, "extra_msa"),
        *_column_global_attention(
            "extra_msa_stack.blocks.*.column_attention",
            f"{extra}/msa_column_global_attention",
            attrgetter("extra_msa.num_msa_heads"),
        ),
        *_msa_stack("evoformer.blocks.*", evoformer, "evoformer"),
        *_column_attention(
            "evoformer.blocks.*.column_attention", f"{evoformer}/msa_column_attention", attrgetter("evoformer.num_msa_heads")
        ),
        *_linear("single", "evoformer/single_activations"),
    ]


def _structure_module() -> list[Row]:
    ours, theirs = "structure_module", "structure_module/fold_iteration"
    points, torsions = f"{theirs}/invariant_point_attention", f"{theirs}/rigid_sidechain"
    return [
        *_norm(f"{ours}.single_norm", "structure_module/single_layer_norm"),
        *_norm(f"{ours}.pair_norm", "structure_module/pair_layer_norm"),
        *_linear(f"{ours}.input", "structure_module/initial_projection"),
        *_linear(f"{ours}.attention.query", f"{points}/q_scalar"),
        *_linear(f"{ours}.attention.key_value", f"{points}/kv_scalar"),
        *_linear(f"{ours}.attention.query_points", f"{points}/q_point_local"),
        *_linear(f"{ours}.attention.key_value_points", f"{points}/kv_point_local"),
        *_linear(f"{ours}.attention.pair_bias", f"{points}/attention_2d"),
        Row(f"{ours}.attention.point_weights", f"{points}//trainable_point_weights", VECTOR),
        *_linear(f"{ours}.attention.output", f"{points}/output_projection"),
        *_norm(f"{ours}.attention_norm", f"{theirs}/attention_layer_norm"),
        *_linear(f"{ours}.transition.layers.0", f"{theirs}/transition"),
        *_linear(f"{ours}.transition.layers.1", f"{theirs}/transition_1"),
        *_linear(f"{ours}.transition.layers.2", f"{theirs}/transition_2"),
        *_norm(f"{ours}.transition_norm", f"{theirs}/transition_layer_norm"),
        *_linear(f"{ours}.backbone_update.update", f"{theirs}/affine_update"),
        *_linear(f"{ours}.torsions.current", f"{torsions}/input_projection"),
        *_linear(f"{ours}.torsions.initial", f"{torsions}/input_projection_1"),
        *_linear(f"{ours}.torsions.blocks.0.first", f"{torsions}/resblock1"),
        *_linear(f"{ours}.torsions.blocks.0.second", f"{torsions}/resblock2"),
        *_linear(f"{ours}.torsions.blocks.1.first", f"{torsions}/resblock1_1"),
        *_linear(f"{ours}.torsions.blocks.1.second", f"{torsions}/resblock2_1"),
        *_linear(f"{ours}.torsions.output", f"{torsions}/unnormalized_angles"),
    ]


def _heads() -> list[Row]:
    lddt = "predicted_lddt_head"
    return [
        *_norm("plddt_head.norm", f"{lddt}/input_layer_norm"),
        *_linear("plddt_head.first", f"{lddt}/act_0"),
        *_linear("plddt_head.second", f"{lddt}/act_1"),
        *_linear("plddt_head.logits", f"{lddt}/logits"),
        *_linear("distogram_head.half_logits", "distogram_head/half_logits"),
        *_linear("masked_msa_head", "masked_msa_head/logits"),
        *_linear("experimentally_resolved_head", "experimentally_resolved_head/logits"),
        *_linear("pae_head", "predicted_aligned_error_head/logits"),
    ]


def _rooted(rows: Iterable[Row]) -> tuple[Row, ...]:
    return tuple(Row(row.protfold, ROOT + row.alphafold2, row.transform) for row in rows)


TABLE: tuple[Row, ...] = _rooted([*_embedders(), *_template_embedder(), *_stacks(), *_structure_module(), *_heads()])


def any_under(prefix: str, names: Iterable[str]) -> bool:
    """Whether one of the names begins with `prefix`."""
    return any(name.startswith(prefix) for name in names)


def rows_for(*, templates: bool, pae: bool) -> list[Row]:
    """The rows of a network with or without template parameters and PAE head."""
    absent = tuple(prefix for prefix, present in ((TEMPLATES, templates), (PAE_HEAD, pae)) if not present)
    return [row for row in TABLE if not row.protfold.startswith(absent)]
