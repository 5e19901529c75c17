"""DeepMind's arrays as OpenFold's state dict, slowly: one array after another, each by the published rule, with names typed out.

Knows nothing of protfold's tables or parameter names.
"""

import numpy as np
import torch

ROOT = "alphafold/alphafold_iteration/"
Arrays = dict[str, np.ndarray]
State = dict[str, torch.Tensor]


class Converter:
    """Fills a state dict from arrays, and keeps account of the arrays used."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays, self.used, self.state = arrays, set[str](), State()

    def take(self, name: str, block: int | None) -> np.ndarray:
        self.used.add(ROOT + name)
        array = self.arrays[ROOT + name]
        return array if block is None else array[block]

    def put(self, name: str, value: np.ndarray) -> None:
        assert name not in self.state
        self.state[name] = torch.from_numpy(np.array(value, order="C"))

    def linear(self, theirs: str, target: str, block: int | None = None) -> None:
        self.put(f"{target}.weight", np.einsum("io->oi", self.take(f"{theirs}//weights", block)))
        self.put(f"{target}.bias", self.take(f"{theirs}//bias", block))

    def norm(self, theirs: str, target: str, block: int | None = None) -> None:
        self.put(f"{target}.weight", self.take(f"{theirs}//scale", block))
        self.put(f"{target}.bias", self.take(f"{theirs}//offset", block))

    def attention(self, theirs: str, target: str, block: int | None, *, gated: bool = True, shared: bool = False) -> None:
        for letter, array in (("q", "query_w"), ("k", "key_w"), ("v", "value_w"), *((("g", "gating_w"),) if gated else ())):
            weight = self.take(f"{theirs}//{array}", block)
            if shared and letter in "kv":
                self.put(f"{target}.linear_{letter}.weight", weight.T)
            else:
                self.put(
                    f"{target}.linear_{letter}.weight",
                    np.stack([weight[:, h, c] for h in range(weight.shape[1]) for c in range(weight.shape[2])]),
                )
        if gated:
            self.put(f"{target}.linear_g.bias", np.concatenate(list(self.take(f"{theirs}//gating_b", block))))
        self.product(f"{theirs}//output_w", f"{target}.linear_o.weight", block)
        self.put(f"{target}.linear_o.bias", self.take(f"{theirs}//output_b", block))

    def product(self, theirs: str, target: str, block: int | None) -> None:
        """[H, C, out]: input channel h * C + c."""
        self.put(target, np.concatenate(list(self.take(theirs, block)), axis=0).T)

    def multiplication(self, theirs: str, target: str, block: int, left: str, right: str) -> None:
        self.norm(f"{theirs}/layer_norm_input", f"{target}.layer_norm_in", block)
        self.norm(f"{theirs}/center_layer_norm", f"{target}.layer_norm_out", block)
        for side, factor in (("left", left), ("right", right)):
            self.linear(f"{theirs}/{side}_projection", f"{target}.linear_{factor}_p", block)
            self.linear(f"{theirs}/{side}_gate", f"{target}.linear_{factor}_g", block)
        self.linear(f"{theirs}/output_projection", f"{target}.linear_z", block)
        self.linear(f"{theirs}/gating_linear", f"{target}.linear_g", block)

    def triangle_attention(self, theirs: str, target: str, block: int) -> None:
        self.norm(f"{theirs}/query_norm", f"{target}.layer_norm", block)
        self.put(f"{target}.linear.weight", self.take(f"{theirs}//feat_2d_weights", block).T)
        self.attention(f"{theirs}/attention", f"{target}.mha", block)

    def transition(self, theirs: str, target: str, block: int) -> None:
        self.norm(f"{theirs}/input_layer_norm", f"{target}.layer_norm", block)
        self.linear(f"{theirs}/transition1", f"{target}.linear_1", block)
        self.linear(f"{theirs}/transition2", f"{target}.linear_2", block)

    def pair(self, theirs: str, target: str, block: int) -> None:
        self.multiplication(f"{theirs}/triangle_multiplication_outgoing", f"{target}.tri_mul_out", block, "a", "b")
        self.multiplication(f"{theirs}/triangle_multiplication_incoming", f"{target}.tri_mul_in", block, "b", "a")
        self.triangle_attention(f"{theirs}/triangle_attention_starting_node", f"{target}.tri_att_start", block)
        self.triangle_attention(f"{theirs}/triangle_attention_ending_node", f"{target}.tri_att_end", block)
        self.transition(f"{theirs}/pair_transition", f"{target}.pair_transition", block)

    def msa_block(self, theirs: str, target: str, block: int, *, extra: bool) -> None:
        row = f"{theirs}/msa_row_attention_with_pair_bias"
        self.norm(f"{row}/query_norm", f"{target}.msa_att_row.layer_norm_m", block)
        self.norm(f"{row}/feat_2d_norm", f"{target}.msa_att_row.layer_norm_z", block)
        self.put(f"{target}.msa_att_row.linear_z.weight", self.take(f"{row}//feat_2d_weights", block).T)
        self.attention(f"{row}/attention", f"{target}.msa_att_row.mha", block)
        if extra:
            column = f"{theirs}/msa_column_global_attention"
            self.norm(f"{column}/query_norm", f"{target}.msa_att_col.layer_norm_m", block)
            self.attention(f"{column}/attention", f"{target}.msa_att_col.global_attention", block, shared=True)
        else:
            column = f"{theirs}/msa_column_attention"
            self.norm(f"{column}/query_norm", f"{target}.msa_att_col._msa_att.layer_norm_m", block)
            self.attention(f"{column}/attention", f"{target}.msa_att_col._msa_att.mha", block)
        self.transition(f"{theirs}/msa_transition", f"{target}.msa_transition", block)
        outer = f"{theirs}/outer_product_mean"
        self.norm(f"{outer}/layer_norm_input", f"{target}.outer_product_mean.layer_norm", block)
        self.linear(f"{outer}/left_projection", f"{target}.outer_product_mean.linear_1", block)
        self.linear(f"{outer}/right_projection", f"{target}.outer_product_mean.linear_2", block)
        self.product(f"{outer}//output_w", f"{target}.outer_product_mean.linear_out.weight", block)
        self.put(f"{target}.outer_product_mean.linear_out.bias", self.take(f"{outer}//output_b", block))
        self.pair(theirs, f"{target}.pair_stack", block)


def openfold_state(arrays: Arrays) -> State:
    """The state dict, in the names of current releases; every array is used."""
    to = Converter(arrays)
    _embedders(to)
    if any("template" in name for name in arrays):
        _templates(to)
    for theirs, target, extra in (("extra_msa_stack", "extra_msa_stack", True), ("evoformer_iteration", "evoformer", False)):
        scope = f"evoformer/{theirs}"
        for block in range(len(arrays[f"{ROOT}{scope}/msa_transition/transition1//bias"])):
            to.msa_block(scope, f"{target}.blocks.{block}", block, extra=extra)
    _structure(to)
    _heads(to)
    assert to.used == set(arrays)
    return to.state


def _embedders(to: Converter) -> None:
    to.linear("evoformer/preprocess_1d", "input_embedder.linear_tf_m")
    to.linear("evoformer/preprocess_msa", "input_embedder.linear_msa_m")
    to.linear("evoformer/left_single", "input_embedder.linear_tf_z_i")
    to.linear("evoformer/right_single", "input_embedder.linear_tf_z_j")
    to.linear("evoformer/pair_activiations", "input_embedder.linear_relpos")
    to.linear("evoformer/prev_pos_linear", "recycling_embedder.linear")
    to.norm("evoformer/prev_msa_first_row_norm", "recycling_embedder.layer_norm_m")
    to.norm("evoformer/prev_pair_norm", "recycling_embedder.layer_norm_z")
    to.linear("evoformer/extra_msa_activations", "extra_msa_embedder.linear")
    to.linear("evoformer/single_activations", "evoformer.linear")


def _templates(to: Converter) -> None:
    scope = "evoformer/template_embedding"
    to.linear(f"{scope}/single_template_embedding/embedding2d", "template_embedder.template_pair_embedder.linear")
    to.linear("evoformer/template_single_embedding", "template_embedder.template_single_embedder.linear_1")
    to.linear("evoformer/template_projection", "template_embedder.template_single_embedder.linear_2")
    stack = f"{scope}/single_template_embedding/template_pair_stack/__layer_stack_no_state"
    for block in range(len(to.arrays[f"{ROOT}{stack}/pair_transition/transition1//bias"])):
        to.pair(stack, f"template_embedder.template_pair_stack.blocks.{block}", block)
    to.norm(f"{scope}/single_template_embedding/output_layer_norm", "template_embedder.template_pair_stack.layer_norm")
    to.attention(f"{scope}/attention", "template_embedder.template_pointwise_att.mha", None, gated=False)


def _structure(to: Converter) -> None:
    module, fold = "structure_module", "structure_module/fold_iteration"
    points, sidechain, angles = f"{fold}/invariant_point_attention", f"{fold}/rigid_sidechain", f"{module}.angle_resnet"
    to.norm(f"{module}/single_layer_norm", f"{module}.layer_norm_s")
    to.norm(f"{module}/pair_layer_norm", f"{module}.layer_norm_z")
    to.linear(f"{module}/initial_projection", f"{module}.linear_in")
    to.linear(f"{points}/q_scalar", f"{module}.ipa.linear_q")
    to.linear(f"{points}/kv_scalar", f"{module}.ipa.linear_kv")
    to.linear(f"{points}/q_point_local", f"{module}.ipa.linear_q_points.linear")
    to.linear(f"{points}/kv_point_local", f"{module}.ipa.linear_kv_points.linear")
    to.linear(f"{points}/attention_2d", f"{module}.ipa.linear_b")
    to.linear(f"{points}/output_projection", f"{module}.ipa.linear_out")
    to.put(f"{module}.ipa.head_weights", to.take(f"{points}//trainable_point_weights", None))
    to.norm(f"{fold}/attention_layer_norm", f"{module}.layer_norm_ipa")
    for theirs, layer in (("transition", 1), ("transition_1", 2), ("transition_2", 3)):
        to.linear(f"{fold}/{theirs}", f"{module}.transition.layers.0.linear_{layer}")
    to.norm(f"{fold}/transition_layer_norm", f"{module}.transition.layer_norm")
    to.linear(f"{fold}/affine_update", f"{module}.bb_update.linear")
    to.linear(f"{sidechain}/input_projection", f"{angles}.linear_in")
    to.linear(f"{sidechain}/input_projection_1", f"{angles}.linear_initial")
    for block, suffix in ((0, ""), (1, "_1")):
        to.linear(f"{sidechain}/resblock1{suffix}", f"{angles}.layers.{block}.linear_1")
        to.linear(f"{sidechain}/resblock2{suffix}", f"{angles}.layers.{block}.linear_2")
    to.linear(f"{sidechain}/unnormalized_angles", f"{angles}.linear_out")


def _heads(to: Converter) -> None:
    to.norm("predicted_lddt_head/input_layer_norm", "aux_heads.plddt.layer_norm")
    for theirs, layer in (("act_0", 1), ("act_1", 2), ("logits", 3)):
        to.linear(f"predicted_lddt_head/{theirs}", f"aux_heads.plddt.linear_{layer}")
    to.linear("distogram_head/half_logits", "aux_heads.distogram.linear")
    to.linear("masked_msa_head/logits", "aux_heads.masked_msa.linear")
    to.linear("experimentally_resolved_head/logits", "aux_heads.experimentally_resolved.linear")
    if f"{ROOT}predicted_aligned_error_head/logits//bias" in to.arrays:
        to.linear("predicted_aligned_error_head/logits", "aux_heads.tm.linear")
