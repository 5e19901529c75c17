"""DeepMind's files: every array used once, told apart by arrays alone, and written back to the bit."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.errors import WeightsError
from protfold.model import AlphaFold, AlphaFoldConfig, AttentionStackConfig, TemplateConfig
from protfold.weights import load_alphafold2, save_alphafold2
from tests.parity.parameters import VARIANTS, layout
from tests.support.networks import tiny_network
from tests.support.weight_files import (
    Arrays,
    alphafold2_arrays,
    assert_same_parameters,
    tiny_alphafold2_network,
    write_tiny_alphafold2,
)

ROOT = "alphafold/alphafold_iteration/"
TRIANGLE = f"{ROOT}evoformer/evoformer_iteration/triangle_multiplication_incoming/"


@pytest.fixture
def tiny_arrays(tmp_path: Path) -> Arrays:
    """The arrays of the smallest file with templates and PAE head."""
    with np.load(write_tiny_alphafold2(tmp_path / "tiny.npz")) as file:
        return dict(file)


@pytest.mark.parametrize("variant", VARIANTS)
def test_published_layouts_are_told_apart_and_round_trips_are_exact(variant: str, tmp_path: Path) -> None:
    arrays = alphafold2_arrays(variant)
    np.savez(tmp_path / "theirs.npz", **arrays)
    network = load_alphafold2(tmp_path / "theirs.npz")
    few_blocks = AlphaFoldConfig(
        evoformer=AttentionStackConfig(num_blocks=2),
        extra_msa=AttentionStackConfig(num_blocks=1, c_msa_head=8),
        template=TemplateConfig() if variant.startswith("model_1") else None,
        num_pae_bins=64 if variant.endswith("ptm") else 0,
    )
    assert network.config == few_blocks
    save_alphafold2(network, tmp_path / "ours.npz")
    with np.load(tmp_path / "ours.npz") as written:
        assert sorted(written.files) == sorted(arrays)
        for name, array in arrays.items():
            assert written[name].dtype == np.float32
            assert np.array_equal(written[name], array), name


@pytest.mark.parametrize("templates", [True, False])
@pytest.mark.parametrize("ptm", [True, False])
def test_other_widths(templates: bool, ptm: bool, tmp_path: Path) -> None:
    network = tiny_alphafold2_network(templates=templates, ptm=ptm)
    save_alphafold2(network, tmp_path / "tiny.npz")
    assert_same_parameters(load_alphafold2(tmp_path / "tiny.npz"), network)


def test_chosen_elements_arrive_where_the_paper_has_them(tiny_arrays: Arrays, tmp_path: Path) -> None:
    network = load_alphafold2(tmp_path / "tiny.npz")
    evoformer = f"{ROOT}evoformer/evoformer_iteration/"
    block = network.evoformer.blocks[1]
    assert (
        block.outer_product_mean.output.weight[5, 4 * 2 + 3] == tiny_arrays[f"{evoformer}outer_product_mean//output_w"][1, 2, 3, 5]
    )
    assert block.pair_stack.multiply_incoming.left.weight[4, 3] == tiny_arrays[f"{TRIANGLE}left_projection//weights"][1, 3, 4]
    assert (
        block.row_attention.attention.gate.bias[8 + 3]
        == tiny_arrays[f"{evoformer}msa_row_attention_with_pair_bias/attention//gating_b"][1, 1, 3]
    )
    points = f"{ROOT}structure_module/fold_iteration/invariant_point_attention/"
    assert torch.equal(
        network.structure_module.attention.point_weights, torch.from_numpy(tiny_arrays[f"{points}/trainable_point_weights"])
    )
    assert network.structure_module.attention.key_value_points.weight[7, 2] == tiny_arrays[f"{points}kv_point_local//weights"][2, 7]


def test_loaded_network_is_ready_to_run(tmp_path: Path) -> None:
    state = torch.random.get_rng_state()
    network = load_alphafold2(write_tiny_alphafold2(tmp_path / "tiny.npz"))
    assert torch.equal(torch.random.get_rng_state(), state)
    assert not network.training
    assert all(
        parameter.device.type == "cpu" and parameter.is_contiguous() and parameter.requires_grad
        for parameter in network.parameters()
    )
    ordinary = dict(AlphaFold(network.config).named_buffers())
    assert len(ordinary) > 0
    assert all(torch.equal(buffer, ordinary[name]) for name, buffer in network.named_buffers())


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    first = write_tiny_alphafold2(tmp_path / "a.npz")
    save_alphafold2(load_alphafold2(first), tmp_path / "b.npz")
    assert (tmp_path / "b.npz").read_bytes() == first.read_bytes()


def rename(arrays: Arrays) -> None:
    arrays[f"{TRIANGLE}left_projektion//bias"] = arrays.pop(f"{TRIANGLE}left_projection//bias")


def add(arrays: Arrays) -> None:
    arrays[f"{ROOT}evoformer/later_addition//bias"] = np.zeros(3, np.float32)


def transpose(arrays: Arrays) -> None:
    arrays[f"{ROOT}evoformer/preprocess_msa//weights"] = arrays[f"{ROOT}evoformer/preprocess_msa//weights"].T


def merge_heads(arrays: Arrays) -> None:
    name = f"{ROOT}evoformer/template_embedding/attention//output_w"
    arrays[name] = arrays[name].reshape(-1, arrays[name].shape[-1])


def regroup_heads(arrays: Arrays) -> None:
    name = f"{ROOT}evoformer/evoformer_iteration/msa_column_attention/attention//key_w"
    blocks, c_in, heads, channels = arrays[name].shape
    arrays[name] = arrays[name].reshape(blocks, c_in, heads * 2, channels // 2)


def drop_block(arrays: Arrays) -> None:
    arrays[f"{TRIANGLE}gating_linear//bias"] = arrays[f"{TRIANGLE}gating_linear//bias"][:1]


def double_precision(arrays: Arrays) -> None:
    arrays[f"{ROOT}evoformer/prev_pos_linear//bias"] = arrays[f"{ROOT}evoformer/prev_pos_linear//bias"].astype(np.float64)


def half_a_template_stack(arrays: Arrays) -> None:
    del arrays[f"{ROOT}evoformer/template_projection//bias"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (rename, ["1 missing: .*left_projection//bias", "1 unexpected: .*left_projektion//bias"]),
        (add, ["1 unexpected: .*later_addition//bias"]),
        (transpose, [r"preprocess_msa//weights: \[16, 49\], expected \[49, 16\]"]),
        (merge_heads, [r"attention//output_w: \[64, 12\], expected 3 axes"]),
        (regroup_heads, [r"key_w: \[2, 16, 4, 4\], expected \[2, 16, 2, 8\]"]),
        (drop_block, [r"gating_linear//bias: \[1, 12\], expected \[2, 12\]"]),
        (double_precision, ["prev_pos_linear//bias' is float64"]),
        (half_a_template_stack, ["1 missing: .*template_projection//bias"]),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_arrays_that_do_not_fit_are_named(
    change: Callable[[Arrays], None], told: list[str], tiny_arrays: Arrays, tmp_path: Path
) -> None:
    change(tiny_arrays)
    np.savez(tmp_path / "changed.npz", **tiny_arrays)
    for message in told:
        with pytest.raises(WeightsError, match=message) as caught:
            load_alphafold2(tmp_path / "changed.npz")
        assert "changed.npz" in str(caught.value)


def test_multimer_is_refused_by_name(tmp_path: Path) -> None:
    name = f"{ROOT}evoformer/~_relative_encoding/position_activations//weights"
    np.savez(tmp_path / "multimer.npz", **{name: np.zeros((73, 128), np.float32)})
    with pytest.raises(WeightsError, match="Multimer parameters are not supported yet"):
        load_alphafold2(tmp_path / "multimer.npz")


def test_sizes_that_the_layout_cannot_hold_are_not_written(tmp_path: Path) -> None:
    config = tiny_alphafold2_network().config
    shallow = AlphaFold(replace(config, structure=replace(config.structure, num_layers=3)))
    with pytest.raises(WeightsError, match="cannot hold all sizes"):
        save_alphafold2(shallow, tmp_path / "out.npz")
    with pytest.raises(WeightsError, match=r"4 missing: structure_module\.torsions\.blocks\.1"):
        save_alphafold2(tiny_network(), tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.slow
def test_published_size_loads_in_seconds(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    shapes = layout("model_1_ptm")
    np.savez(tmp_path / "full.npz", **{name: generator.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()})
    started = time.perf_counter()
    network = load_alphafold2(tmp_path / "full.npz")
    seconds = time.perf_counter() - started
    assert network.config == AlphaFoldConfig()
    assert sum(parameter.numel() for parameter in network.parameters()) == 93_237_338
    assert seconds < 30
