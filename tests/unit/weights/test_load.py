"""Any format by name or path."""

from pathlib import Path

import pytest
import torch

from protfold.errors import WeightsError
from protfold.features.config import model_1, model_3
from protfold.weights import inspect_weights, load_checkpoint, load_openfold, load_weights, save_checkpoint
from protfold.weights.checksum import file_sha256, record_sha256
from protfold.weights.load import described, file_format
from protfold.weights.openfold_names import openfold_name
from tests.support.networks import tiny_network
from tests.support.weight_files import CARD, assert_same_parameters, tiny_alphafold2_network, write_tiny_alphafold2


def test_formats_are_told_by_content(folders: dict[str, Path]) -> None:
    folder = folders["chosen"]
    write_tiny_alphafold2(folder / "a.pt")
    save_checkpoint(tiny_network(), folder / "b.npz", CARD)
    torch.save(
        {openfold_name(name): value for name, value in tiny_alphafold2_network().state_dict().items()}, folder / "c.safetensors"
    )
    assert [load_weights(name).format for name in "abc"] == ["alphafold2", "protfold", "openfold"]


def test_own_checkpoint_speaks_for_itself(folders: dict[str, Path]) -> None:
    path = folders["shipped"] / "tiny.safetensors"
    save_checkpoint(tiny_network(), path, CARD)
    weights = load_weights("tiny")
    assert (weights.name, weights.path, weights.sha256) == ("tiny", path, file_sha256(path))
    assert (weights.licence, weights.description, weights.feature_config) == (CARD.licence, CARD.description, CARD.feature_config)
    assert_same_parameters(weights.model, load_checkpoint(path).model)


def test_published_names_bring_their_licence_and_features(folders: dict[str, Path], tmp_path: Path) -> None:
    weights = load_weights(write_tiny_alphafold2(folders["cache"] / "params_model_3_ptm.npz", templates=False))
    assert (weights.name, weights.licence, weights.feature_config) == ("model_3_ptm", "CC BY 4.0", model_3())
    unnamed = load_weights(write_tiny_alphafold2(tmp_path / "x.npz"))
    assert (unnamed.licence, unnamed.feature_config) == ("not stated in the file", model_1())


def test_a_changed_file_is_refused(folders: dict[str, Path]) -> None:
    path = folders["cache"] / "tiny.safetensors"
    save_checkpoint(tiny_network(), path, CARD)
    record_sha256(path, file_sha256(path))
    assert load_weights("tiny").sha256 == file_sha256(path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    load_checkpoint(path)  # the format alone cannot tell
    with pytest.raises(WeightsError, match="not the file that was installed"):
        load_weights("tiny")


def test_inspection_tells_what_loading_finds(folders: dict[str, Path], tmp_path: Path) -> None:
    theirs = write_tiny_alphafold2(tmp_path / "a.npz")
    network = load_weights(theirs).model
    summary = inspect_weights(theirs)
    assert (summary.config, summary.name, summary.card) == (network.config, "a", {})
    assert summary.shapes["alphafold/alphafold_iteration/evoformer/pair_activiations//weights"] == (65, 12)
    torch.save({openfold_name(name): value for name, value in network.state_dict().items()}, tmp_path / "b.pt")
    assert inspect_weights(tmp_path / "b.pt").config == load_openfold(tmp_path / "b.pt").config
    save_checkpoint(network, tmp_path / "c.safetensors", CARD)
    own = inspect_weights(tmp_path / "c.safetensors")
    assert own.config == network.config
    assert own.card["training steps"] == 7
    assert own.card["lddt"] == 0.25


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_text("some text that is long enough")
    with pytest.raises(WeightsError, match="neither a NumPy archive"):
        file_format(tmp_path / "a.npz")
    assert described(tmp_path / "a.npz") == ("", "damaged, or not a parameter file")
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(WeightsError, match="cannot be read"):
        file_format(tmp_path / "b.npz")
