"""OpenFold's checkpoints against DeepMind's arrays converted by the slow reference beside this file."""

import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.errors import WeightsError
from protfold.weights import load_alphafold2, load_openfold
from protfold.weights.openfold_names import current_name, openfold_name, our_name
from tests.support.weight_files import alphafold2_arrays, assert_same_parameters, tiny_alphafold2_network, write_tiny_alphafold2
from tests.unit.weights.openfold_reference import State, openfold_state


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A small checkpoint in current names, from the arrays in `tiny.npz`."""
    with np.load(write_tiny_alphafold2(tmp_path / "tiny.npz")) as file:
        return openfold_state(dict(file))


@pytest.mark.parametrize("variant", ["model_1_ptm", "model_3"])
def test_same_network_as_from_the_arrays(variant: str, tmp_path: Path) -> None:
    arrays = alphafold2_arrays(variant)
    np.savez(tmp_path / "arrays.npz", **arrays)
    torch.save(openfold_state(arrays), tmp_path / "openfold.pt")
    assert_same_parameters(load_openfold(tmp_path / "openfold.pt"), load_alphafold2(tmp_path / "arrays.npz"))


def older_names(state: State) -> State:
    """Names of the first releases."""
    rules = (
        (r"^template_embedder\.", ""),
        (r"template_single_embedder", "template_angle_embedder"),
        (r"(?<=\d)\.(msa_transition|outer_product_mean)\.", r".core.\1."),
        (r"\.pair_stack\.", ".core."),
        (r"(linear_k?v?q?_points)\.linear\.", r"\1."),
    )
    renamed = {}
    for name, value in state.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        renamed[name] = value
    assert "evoformer.blocks.1.core.tri_mul_in.linear_a_p.weight" in renamed
    assert "structure_module.ipa.linear_kv_points.weight" in renamed
    assert "template_angle_embedder.linear_1.bias" in renamed
    return renamed


def fused_names(state: State) -> State:
    """One array for both factors of triangle multiplication."""
    fused = {name: value for name, value in state.items() if not re.search(r"linear_[ab]_[pg]", name)}
    for name, value in state.items():
        if match := re.search(r"linear_a_([pg])", name):
            other = name.replace(f"linear_a_{match[1]}", f"linear_b_{match[1]}")
            fused[name.replace("linear_a_", "linear_ab_")] = torch.cat([value, state[other]])
    return fused


WRAPPERS: dict[str, Callable[[State], object]] = {
    "averaged": lambda state: {
        "ema": {"params": state, "decay": 0.999},
        "state_dict": {"model." + name: -value for name, value in state.items()},
    },
    "state_dict": lambda state: {"state_dict": {"model." + name: value for name, value in state.items()}, "epoch": 3},
    "module": lambda state: {"module": {"module.model." + name: value for name, value in state.items()}},
    "older": older_names,
    "fused": fused_names,
    "double": lambda state: {name: value.to(torch.float64) for name, value in state.items()},
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_kind_of_checkpoint(wrapper: str, state: State, tmp_path: Path) -> None:
    torch.save(WRAPPERS[wrapper](state), tmp_path / "checkpoint.pt")
    assert_same_parameters(load_openfold(tmp_path / "checkpoint.pt"), load_alphafold2(tmp_path / "tiny.npz"))


def test_names_go_back_and_forth() -> None:
    names = list(tiny_alphafold2_network().state_dict())
    assert [our_name(openfold_name(name)) for name in names] == names
    assert [current_name(openfold_name(name)) for name in names] == [openfold_name(name) for name in names]


def lose_one(state: State) -> None:
    del state["evoformer.blocks.1.msa_att_row.linear_z.weight"]


def add_one(state: State) -> None:
    state["evoformer.blocks.1.msa_att_row.linear_y.weight"] = torch.zeros(3)


def transpose_one(state: State) -> None:
    state["input_embedder.linear_msa_m.weight"] = state["input_embedder.linear_msa_m.weight"].T


def flatten_one(state: State) -> None:
    state["input_embedder.linear_tf_m.weight"] = state["input_embedder.linear_tf_m.weight"].flatten()


def skip_a_block(state: State) -> None:
    for name in [name for name in state if name.startswith("evoformer.blocks.0.")]:
        state[name.replace("blocks.0", "blocks.7")] = state.pop(name)


def expand_one(state: State) -> None:
    state["aux_heads.plddt.linear_1.weight"] = torch.zeros(1, 1).expand(2**20, 2**20)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lose_one, "1 missing: evoformer.blocks.1.msa_att_row.linear_z.weight"),
        (add_one, "1 unexpected: evoformer.blocks.1.msa_att_row.linear_y.weight"),
        (transpose_one, r"linear_msa_m.weight: \[49, 16\], expected \[16, 49\]"),
        (flatten_one, "linear_tf_m.weight"),
        (skip_a_block, "missing: evoformer.blocks.0"),
        (expand_one, "larger than any network"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_parameters_that_do_not_fit_are_named(change: Callable[[State], None], told: str, state: State, tmp_path: Path) -> None:
    change(state)
    torch.save(state, tmp_path / "changed.pt")
    with pytest.raises(WeightsError, match=told):
        load_openfold(tmp_path / "changed.pt")


class Harmful:
    """Unpickling this leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (str(self.trace),)


def test_code_in_a_pickle_is_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    torch.save({"state_dict": Harmful(trace)}, tmp_path / "harmful.pt")
    with pytest.raises(WeightsError, match="refused, it holds objects"):
        load_openfold(tmp_path / "harmful.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Harmful(trace)))
    with pytest.raises(WeightsError, match="not a PyTorch checkpoint"):
        load_openfold(tmp_path / "plain.pt")
    assert not trace.exists()


def test_folders_stumps_and_other_content_are_refused(state: State, tmp_path: Path) -> None:
    torch.save(state, tmp_path / "whole.pt")
    content = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "stump.pt").write_bytes(content[: len(content) // 2])
    torch.save({"learning_rate": 1.0}, tmp_path / "other.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    (tmp_path / "folder.ckpt").mkdir()
    for name, told in (
        ("stump.pt", "damaged"),
        ("other.pt", "'learning_rate' is not a parameter"),
        ("list.pt", "no table of parameters"),
        ("folder.ckpt", "DeepSpeed"),
        ("absent.pt", "no such file"),
    ):
        with pytest.raises(WeightsError, match=told):
            load_openfold(tmp_path / name)
