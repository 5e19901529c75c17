"""Names to files."""

from pathlib import Path

import pytest

from protfold.errors import WeightsError
from protfold.features.config import model_4
from protfold.weights import expand_weights, find_weights
from protfold.weights.registry import ALPHAFOLD2, ENVIRONMENT_VARIABLE, install_folder, installed_weights, weights_name


def test_folders_are_searched_in_their_order(folders: dict[str, Path]) -> None:
    for name in ("shipped", "cache", "chosen"):
        path = folders[name] / "mini.safetensors"
        path.touch()
        assert find_weights("mini") == path
        assert list(installed_weights()) == [path]


def test_names_of_files(folders: dict[str, Path]) -> None:
    for file_name in ("params_model_1_ptm.npz", "finetuning_ptm_2.pt", "own.safetensors", "notes.txt", "own.safetensors.sha256"):
        (folders["cache"] / file_name).touch()
    assert find_weights("model_1_ptm").name == "params_model_1_ptm.npz"
    assert find_weights("finetuning_ptm_2").name == "finetuning_ptm_2.pt"
    assert {weights_name(path) for path in installed_weights()} == {"model_1_ptm", "finetuning_ptm_2", "own"}


def test_a_path_is_taken_as_it_is(folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folders["chosen"] / "mini.safetensors").touch()
    monkeypatch.chdir(tmp_path)
    Path("mini.safetensors").touch()
    assert find_weights("mini.safetensors") == Path("mini.safetensors")
    with pytest.raises(WeightsError, match=r"sub/mini: no such file"):
        find_weights("sub/mini")


def test_cures(folders: dict[str, Path]) -> None:
    with pytest.raises(WeightsError, match="protfold weights download model_2"):
        find_weights("model_2")
    with pytest.raises(WeightsError, match="protfold weights list"):
        find_weights("modell_2")
    with pytest.raises(WeightsError, match="5 parameter sets; name one of model_1_ptm"):
        find_weights("alphafold2")


def test_collections() -> None:
    assert expand_weights("mini") == ("mini",)
    assert expand_weights("alphafold2") == ("model_1_ptm", "model_2_ptm", "model_3_ptm", "model_4_ptm", "model_5_ptm")
    assert set(expand_weights("alphafold2") + expand_weights("alphafold2_casp14")) == set(ALPHAFOLD2)
    assert ALPHAFOLD2["model_4_ptm"].feature_config == model_4()


def test_without_a_chosen_folder_files_go_to_the_cache(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert install_folder() == folders["chosen"]
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    assert install_folder() == folders["cache"]
