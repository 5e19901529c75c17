"""Own checkpoints: exact in float32, bounded error in half, self-describing, checked."""

import dataclasses
import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from protfold.errors import WeightsError
from protfold.model import AlphaFold
from protfold.weights import load_checkpoint, save_checkpoint
from protfold.weights.checkpoint import HEADER_KEY, read_checkpoint_header
from tests.support.networks import tiny_config, tiny_network
from tests.support.weight_files import CARD, assert_same_parameters


@pytest.mark.parametrize("templates", [True, False])
@pytest.mark.parametrize("ptm", [True, False])
def test_round_trip_is_exact(templates: bool, ptm: bool, tmp_path: Path) -> None:
    network = tiny_network(templates=templates, ptm=ptm)
    save_checkpoint(network, tmp_path / "a.safetensors", CARD)
    checkpoint = load_checkpoint(tmp_path / "a.safetensors")
    assert checkpoint.card == CARD
    assert not checkpoint.model.training
    assert_same_parameters(checkpoint.model, network)


def test_equal_networks_give_equal_bytes(tmp_path: Path) -> None:
    save_checkpoint(tiny_network(), tmp_path / "a", CARD)
    save_checkpoint(load_checkpoint(tmp_path / "a").model, tmp_path / "b", CARD)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(("dtype", "bits"), [(torch.float16, 11), (torch.bfloat16, 8)])
def test_half_storage_rounds_within_its_bits(dtype: torch.dtype, bits: int, tmp_path: Path) -> None:
    network = tiny_network()
    save_checkpoint(network, tmp_path / "a", CARD, storage_dtype=dtype)
    save_checkpoint(network, tmp_path / "whole", CARD)
    stored = load_checkpoint(tmp_path / "a").model.state_dict()
    for name, value in network.state_dict().items():
        assert stored[name].dtype == torch.float32
        assert bool(((stored[name] - value).abs() <= value.abs() * 2.0**-bits + 3e-8).all()), name
    assert (tmp_path / "a").stat().st_size < 0.75 * (tmp_path / "whole").stat().st_size


def test_stored_halves_are_stored_again_without_loss(tmp_path: Path) -> None:
    save_checkpoint(tiny_network(), tmp_path / "a", CARD, storage_dtype=torch.float16)
    save_checkpoint(load_checkpoint(tmp_path / "a").model, tmp_path / "b", CARD, storage_dtype=torch.float16)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_values_beyond_float16_are_not_written(tmp_path: Path) -> None:
    network = tiny_network()
    with torch.no_grad():
        network.single.bias[3] = 1e6
    with pytest.raises(WeightsError, match=r"single\.bias has a value too large"):
        save_checkpoint(network, tmp_path / "a", CARD, storage_dtype=torch.float16)
    assert not (tmp_path / "a").exists()


def test_a_pair_encoder_is_not_dropped_in_silence(tmp_path: Path) -> None:
    network = AlphaFold(tiny_config(), pair_encoder=torch.nn.Identity())
    with pytest.raises(WeightsError, match="pair encoder"):
        save_checkpoint(network, tmp_path / "a", CARD)


def test_header_is_read_alone(tmp_path: Path) -> None:
    network = tiny_network()
    save_checkpoint(network, tmp_path / "a", CARD, storage_dtype=torch.float16)
    header = read_checkpoint_header(tmp_path / "a")
    assert (header.config, header.card, header.storage) == (network.config, CARD, "F16")
    assert header.shapes == {name: tuple(value.shape) for name, value in network.state_dict().items()}


def rewritten(path: Path, *, drop: str | None = None, **changes: object) -> Path:
    """The checkpoint with another header or without a parameter."""
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()[HEADER_KEY]) | changes
        tensors = {name: file.get_tensor(name) for name in file.keys() if name != drop}  # noqa: SIM118 - a reader, not a dict
    save_file(tensors, path, {HEADER_KEY: json.dumps(header)})
    return path


def test_headers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path, config = tmp_path / "a", dataclasses.asdict(tiny_config())
    save_checkpoint(tiny_network(), path, CARD)
    content = path.read_bytes()
    for changes, told in (
        ({"version": 2}, "version 2, this protfold reads version 1"),
        ({"config": config | {"depth": 3}}, "unknown key depth in config"),
        ({"config": config | {"c_plddt": 17}}, r"plddt_head\.first\.weight: \[16, 24\], expected \[17, 24\]"),
        ({"card": {}}, "header cannot be read: no description, licence.* in card"),
        ({"drop": "single.bias"}, "1 missing: single.bias"),
    ):
        path.write_bytes(content)
        with pytest.raises(WeightsError, match=told):
            load_checkpoint(rewritten(path, **changes))  # type: ignore[arg-type]


def test_foreign_and_damaged_files_are_refused(tmp_path: Path) -> None:
    save_checkpoint(tiny_network(), tmp_path / "whole", CARD)
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "stump").write_bytes(content[:-100])
    (tmp_path / "text").write_text("hello")
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign")
    for name, told in (
        ("stump", "damaged"),
        ("text", "damaged"),
        ("foreign", "not written by protfold"),
        ("absent", "no such file"),
    ):
        with pytest.raises(WeightsError, match=told):
            load_checkpoint(tmp_path / name)
