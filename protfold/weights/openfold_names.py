"""The two-way table between OpenFold's modules and protfold's.

Both are torch modules: parameters keep their shapes and only names change. OpenFold's `a` and `b` of triangle multiplication are
those of the paper, protfold's `left` and `right` those of DeepMind's files: they are swapped in the incoming form.
"""

import re
from collections.abc import Mapping

Modules = dict[str, str]

STACK_BLOCK = re.compile(r"^((?:evoformer|extra_msa_stack|template_embedder(?:\.template_pair_stack)?)\.blocks)\.(\d+)\.")
TRAINING_PREFIX = re.compile(r"^(module\.)?(model\.)?")
OLDER_NAMES = (
    (re.compile(r"\btemplate_angle_embedder\b"), "template_single_embedder"),
    (re.compile(r"\bcore\.(msa_transition|outer_product_mean)\b"), r"\1"),
    (re.compile(r"\bcore\.(tri_|pair_transition)"), r"pair_stack.\1"),
    (re.compile(r"\bipa\.(linear_q_points|linear_kv_points)\.(?=weight|bias)"), r"ipa.\1.linear."),
    (re.compile(r"^(?=template_(single|pair|pointwise))"), "template_embedder."),
)


def _under(ours: str, theirs: str, modules: Mapping[str, str]) -> Modules:
    return {f"{ours}.{our_part}": f"{theirs}.{their_part}" for our_part, their_part in modules.items()}


_ATTENTION: Modules = {"query": "linear_q", "key": "linear_k", "value": "linear_v", "gate": "linear_g", "output": "linear_o"}
_TRANSITION: Modules = {"norm": "layer_norm", "widen": "linear_1", "narrow": "linear_2"}
_TRIANGLE: Modules = {"norm": "layer_norm_in", "center_norm": "layer_norm_out", "output": "linear_z", "gate": "linear_g"}
_TRIANGLE_ATTENTION: Modules = {"norm": "layer_norm", "pair_bias": "linear", **_under("attention", "mha", _ATTENTION)}


def _factors(left: str, right: str) -> Modules:
    return {
        "left": f"linear_{left}_p",
        "left_gate": f"linear_{left}_g",
        "right": f"linear_{right}_p",
        "right_gate": f"linear_{right}_g",
    }


_PAIR: Modules = {
    **_under("multiply_outgoing", "tri_mul_out", {**_TRIANGLE, **_factors("a", "b")}),
    **_under("multiply_incoming", "tri_mul_in", {**_TRIANGLE, **_factors("b", "a")}),
    **_under("attend_starting", "tri_att_start", _TRIANGLE_ATTENTION),
    **_under("attend_ending", "tri_att_end", _TRIANGLE_ATTENTION),
    **_under("transition", "pair_transition", _TRANSITION),
}
_BLOCK: Modules = {
    "row_attention.norm": "msa_att_row.layer_norm_m",
    "row_attention.pair_norm": "msa_att_row.layer_norm_z",
    "row_attention.pair_bias": "msa_att_row.linear_z",
    **_under("row_attention.attention", "msa_att_row.mha", _ATTENTION),
    **_under("msa_transition", "msa_transition", _TRANSITION),
    **_under(
        "outer_product_mean",
        "outer_product_mean",
        {"norm": "layer_norm", "left": "linear_1", "right": "linear_2", "output": "linear_out"},
    ),
    **_under("pair_stack", "pair_stack", _PAIR),
}
_COLUMN: Modules = {
    "column_attention.norm": "msa_att_col._msa_att.layer_norm_m",
    **_under("column_attention.attention", "msa_att_col._msa_att.mha", _ATTENTION),
}
_GLOBAL_COLUMN: Modules = {
    "column_attention.norm": "msa_att_col.layer_norm_m",
    **_under("column_attention", "msa_att_col.global_attention", _ATTENTION),
}
_EMBEDDERS: Modules = {
    "input_embedder.target_to_msa": "input_embedder.linear_tf_m",
    "input_embedder.msa": "input_embedder.linear_msa_m",
    "input_embedder.target_to_row": "input_embedder.linear_tf_z_i",
    "input_embedder.target_to_column": "input_embedder.linear_tf_z_j",
    "input_embedder.relative_position.embed": "input_embedder.linear_relpos",
    "recycling_embedder.msa_norm": "recycling_embedder.layer_norm_m",
    "recycling_embedder.pair_norm": "recycling_embedder.layer_norm_z",
    "recycling_embedder.distance": "recycling_embedder.linear",
    "extra_msa_embedder.embed": "extra_msa_embedder.linear",
}
_TEMPLATES: Modules = {
    "pair": "template_pair_embedder.linear",
    **_under("blocks.*", "template_pair_stack.blocks.*", _PAIR),
    "pair_norm": "template_pair_stack.layer_norm",
    **_under("pointwise_attention", "template_pointwise_att.mha", _ATTENTION),
    "angles": "template_single_embedder.linear_1",
    "angles_output": "template_single_embedder.linear_2",
}
_STRUCTURE: Modules = {
    "single_norm": "layer_norm_s",
    "pair_norm": "layer_norm_z",
    "input": "linear_in",
    "attention.query": "ipa.linear_q",
    "attention.key_value": "ipa.linear_kv",
    "attention.query_points": "ipa.linear_q_points.linear",
    "attention.key_value_points": "ipa.linear_kv_points.linear",
    "attention.pair_bias": "ipa.linear_b",
    "attention.point_weights": "ipa.head_weights",  # a parameter of its own, not of a module
    "attention.output": "ipa.linear_out",
    "attention_norm": "layer_norm_ipa",
    "transition.layers.0": "transition.layers.0.linear_1",
    "transition.layers.1": "transition.layers.0.linear_2",
    "transition.layers.2": "transition.layers.0.linear_3",
    "transition_norm": "transition.layer_norm",
    "backbone_update.update": "bb_update.linear",
    "torsions.current": "angle_resnet.linear_in",
    "torsions.initial": "angle_resnet.linear_initial",
    "torsions.blocks.0.first": "angle_resnet.layers.0.linear_1",
    "torsions.blocks.0.second": "angle_resnet.layers.0.linear_2",
    "torsions.blocks.1.first": "angle_resnet.layers.1.linear_1",
    "torsions.blocks.1.second": "angle_resnet.layers.1.linear_2",
    "torsions.output": "angle_resnet.linear_out",
}
_HEADS: Modules = {
    "plddt_head.norm": "aux_heads.plddt.layer_norm",
    "plddt_head.first": "aux_heads.plddt.linear_1",
    "plddt_head.second": "aux_heads.plddt.linear_2",
    "plddt_head.logits": "aux_heads.plddt.linear_3",
    "distogram_head.half_logits": "aux_heads.distogram.linear",
    "masked_msa_head": "aux_heads.masked_msa.linear",
    "experimentally_resolved_head": "aux_heads.experimentally_resolved.linear",
    "pae_head": "aux_heads.tm.linear",
}
MODULES: Modules = {
    **_EMBEDDERS,
    **_under("template_embedder", "template_embedder", _TEMPLATES),
    **_under("extra_msa_stack.blocks.*", "extra_msa_stack.blocks.*", {**_BLOCK, **_GLOBAL_COLUMN}),
    **_under("evoformer.blocks.*", "evoformer.blocks.*", {**_BLOCK, **_COLUMN}),
    "single": "evoformer.linear",
    **_under("structure_module", "structure_module", _STRUCTURE),
    **_HEADS,
}
OUR_MODULES: Modules = {theirs: ours for ours, theirs in MODULES.items()}


def current_name(name: str) -> str:
    """A parameter's name as OpenFold writes it today, from older releases and training wrappers too."""
    name = TRAINING_PREFIX.sub("", name)
    for older, newer in OLDER_NAMES:
        name = older.sub(newer, name)
    return name


def our_name(name: str) -> str | None:
    """Our name of the parameter that OpenFold calls `name` today; None where there is none."""
    return _renamed(name, OUR_MODULES)


def openfold_name(name: str) -> str:
    """OpenFold's name of one of protfold's parameters."""
    theirs = _renamed(name, MODULES)
    assert theirs is not None, name
    return theirs


def _renamed(name: str, modules: Modules) -> str | None:
    block = STACK_BLOCK.match(name)
    starred = STACK_BLOCK.sub(r"\1.*.", name)
    module, _, leaf = starred.rpartition(".")
    renamed = modules.get(starred) or (f"{modules[module]}.{leaf}" if module in modules else None)
    return renamed.replace("*", block[2]) if renamed and block else renamed
