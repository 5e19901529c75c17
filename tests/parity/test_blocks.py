"""Every block against DeepMind's, one at a time, with the parameters of the second block of its stack."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from protfold.features.fold_features import TemplateFeatures
from protfold.geometry.atom_frames import pseudo_beta
from protfold.model import AlphaFold
from protfold.model.evoformer import EvoformerBlock
from tests.parity.networks import network
from tests.parity.reference import Case, relative_error, rigid_from_affine, rigid_from_flat12

BLOCK_ERROR = 2e-5
"""Allowed difference, in units of the output's root mean square; float32 rounding alone gives about 1e-6."""


@pytest.fixture(scope="module")
def model() -> AlphaFold:
    """model_1_ptm."""
    return network("model_1_ptm")


def _msa_blocks(block: EvoformerBlock) -> dict[str, Callable[[Case], Tensor]]:
    return {
        "msa_row_attention_with_pair_bias": lambda case: block.row_attention(case["msa"], case["msa_mask"], case["pair"]),
        "msa_transition": lambda case: block.msa_transition(case["msa"]),
        "outer_product_mean": lambda case: block.outer_product_mean(case["msa"], case["msa_mask"]),
    }


def _cases(model: AlphaFold) -> dict[str, Callable[[Case], Tensor]]:
    main, extra = model.evoformer.blocks[1], model.extra_msa_stack.blocks[1]
    assert isinstance(main, EvoformerBlock)
    assert isinstance(extra, EvoformerBlock)
    pair_stack = main.pair_stack
    return {
        **{f"block_{name}": run for name, run in _msa_blocks(main).items()},
        **{f"extra_{name}": run for name, run in _msa_blocks(extra).items()},
        "block_msa_column_attention": lambda case: main.column_attention(case["msa"], case["msa_mask"]),
        "extra_msa_column_global_attention": lambda case: extra.column_attention(case["msa"], case["msa_mask"]),
        "block_triangle_multiplication_outgoing": lambda case: pair_stack.multiply_outgoing(case["pair"], case["pair_mask"]),
        "block_triangle_multiplication_incoming": lambda case: pair_stack.multiply_incoming(case["pair"], case["pair_mask"]),
        "block_triangle_attention_starting_node": lambda case: pair_stack.attend_starting(case["pair"], case["pair_mask"]),
        "block_triangle_attention_ending_node": lambda case: pair_stack.attend_ending(case["pair"], case["pair_mask"]),
        "block_pair_transition": lambda case: pair_stack.transition(case["pair"]),
    }


NAMES = [
    "block_msa_row_attention_with_pair_bias",
    "block_msa_transition",
    "block_outer_product_mean",
    "extra_msa_row_attention_with_pair_bias",
    "extra_msa_transition",
    "extra_outer_product_mean",
    "block_msa_column_attention",
    "extra_msa_column_global_attention",
    "block_triangle_multiplication_outgoing",
    "block_triangle_multiplication_incoming",
    "block_triangle_attention_starting_node",
    "block_triangle_attention_ending_node",
    "block_pair_transition",
]


@pytest.mark.parametrize("gradients", [False, True], ids=["inference", "training"])
@pytest.mark.parametrize("name", NAMES)
def test_block(model: AlphaFold, name: str, gradients: bool) -> None:
    """The update of one block, with mixed masks."""
    case = Case.read(name)
    with torch.set_grad_enabled(gradients):
        output = _cases(model)[name](case)
    assert relative_error(output.detach(), case["output"]) < BLOCK_ERROR


@pytest.mark.parametrize("stack", ["evoformer", "extra_msa"])
def test_whole_iteration(model: AlphaFold, stack: str) -> None:
    """The order of the blocks within an iteration."""
    case = Case.read(f"iteration_{stack}")
    block = (model.evoformer if stack == "evoformer" else model.extra_msa_stack).blocks[1]
    with torch.no_grad():
        msa, pair = block(case["msa"], case["pair"], case["msa_mask"], case["pair_mask"])
    assert relative_error(msa, case["msa_output"]) < BLOCK_ERROR
    assert relative_error(pair, case["pair_output"]) < BLOCK_ERROR


def test_template_pair_stack(model: AlphaFold) -> None:
    """Both blocks of the stack, in the template order."""
    case, embedder = Case.read("template_pair_stack"), model.template_embedder
    assert embedder is not None
    pair = case["pair"]
    with torch.no_grad():
        for block in embedder.blocks:
            pair = block(pair, case["pair_mask"])
    assert relative_error(pair, case["output"]) < BLOCK_ERROR


def _templates(case: Case) -> TemplateFeatures:
    return TemplateFeatures(
        aatype=case["template_aatype"],
        atom37_positions=case["template_all_atom_positions"],
        atom37_mask=case["template_all_atom_masks"],
        pseudo_beta=case["template_pseudo_beta"],
        pseudo_beta_mask=case["template_pseudo_beta_mask"],
        mask=case["template_mask"],
    )


@torch.no_grad()
def test_template_embedding(model: AlphaFold) -> None:
    """Pointwise attention alone, all templates together, and no real template at all."""
    case, embedder = Case.read("template_embedding"), model.template_embedder
    assert embedder is not None
    attended = embedder.pointwise_attention(case["pair"], case["single_template_embedding"], case["template_mask"])
    assert relative_error(attended, case["pointwise_attention"]) < BLOCK_ERROR
    update = embedder(_templates(case), case["pair"], case["pair_mask"])
    assert relative_error(update, case["output"]) < BLOCK_ERROR
    case["template_mask"] = torch.zeros_like(case["template_mask"])
    assert torch.equal(embedder(_templates(case), case["pair"], case["pair_mask"]), case["output_without_templates"])


@torch.no_grad()
def test_recycling(model: AlphaFold) -> None:
    """The additive terms from the previous pass."""
    case = Case.read("recycling")
    beta = pseudo_beta(case["aatype"], case["prev_pos"])
    first_row, pair = model.recycling_embedder(case["prev_msa_first_row"], case["prev_pair"], beta)
    assert relative_error(first_row, case["msa_output"]) < BLOCK_ERROR
    assert relative_error(pair, case["pair_output"]) < BLOCK_ERROR


@torch.no_grad()
def test_invariant_point_attention(model: AlphaFold) -> None:
    """With residue frames at random places and some residues masked."""
    case = Case.read("invariant_point_attention")
    attention = model.structure_module.attention
    output = attention(case["single"], case["pair"], rigid_from_affine(case["affine"]), case["seq_mask"])
    assert relative_error(output, case["output"]) < BLOCK_ERROR


@torch.no_grad()
def test_structure_module(model: AlphaFold) -> None:
    """Frames, torsions and atoms of all eight layers."""
    case = Case.read("structure_module")
    ours = model.structure_module(case["single"], case["pair"], case["aatype"], case["seq_mask"])
    trajectory = rigid_from_affine(case["trajectory"])
    assert (ours.backbone.rotation - trajectory.rotation).abs().max() < 1e-4
    assert (ours.backbone.translation - trajectory.translation).abs().max() < 1e-3
    assert (ours.torsion_sin_cos - case["angles_sin_cos"]).abs().max() < 1e-4
    assert relative_error(ours.unnormalized_torsions, case["unnormalized_angles_sin_cos"]) < 1e-4
    frames = rigid_from_flat12(case["frames"])
    assert (ours.group_frames.rotation - frames.rotation).abs().max() < 1e-4
    assert (ours.atom14_positions - case["atom14_trajectory"]).abs().max() < 2e-3
    assert relative_error(ours.single, case["representation"]) < 1e-4


HEADS = {
    "predicted_lddt": ("structure_module", lambda model: model.plddt_head),
    "distogram": ("pair", lambda model: model.distogram_head),
    "masked_msa": ("msa", lambda model: model.masked_msa_head),
    "experimentally_resolved": ("single", lambda model: model.experimentally_resolved_head),
    "predicted_aligned_error": ("pair", lambda model: model.pae_head),
}


@pytest.mark.parametrize("name", HEADS)
@torch.no_grad()
def test_head(model: AlphaFold, name: str) -> None:
    """Logits of each head."""
    case = Case.read(f"head_{name}")
    representation, head = HEADS[name]
    assert relative_error(head(model)(case[representation]), case["logits"]) < BLOCK_ERROR
