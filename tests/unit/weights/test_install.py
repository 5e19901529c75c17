"""Only checked files are installed, and nothing is written where an archive says."""

import io
import tarfile
from pathlib import Path

import pytest

from protfold.errors import WeightsError
from protfold.weights import load_weights, save_checkpoint
from protfold.weights.checksum import file_sha256, recorded_sha256
from protfold.weights.install import install_archive, install_weights
from tests.support.networks import tiny_network
from tests.support.weight_files import CARD, write_tiny_alphafold2


def test_installed_file_is_found_by_name(folders: dict[str, Path], tmp_path: Path) -> None:
    source = write_tiny_alphafold2(tmp_path / "params_model_1_ptm.npz")
    destination = install_weights(source)
    assert destination == folders["chosen"] / "params_model_1_ptm.npz"
    assert destination.read_bytes() == source.read_bytes()
    assert recorded_sha256(destination) == file_sha256(source) == load_weights("model_1_ptm").sha256
    assert install_weights(source) == destination


def test_files_that_do_not_load_are_not_installed(folders: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(write_tiny_alphafold2(tmp_path / "whole.npz").read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"a\.npz"):
        install_weights(tmp_path / "a.npz")
    with pytest.raises(WeightsError, match="a folder"):
        install_weights(tmp_path)
    assert list(folders["chosen"].iterdir()) == []


def test_another_file_of_the_same_name_is_kept(folders: dict[str, Path], tmp_path: Path) -> None:
    first = install_weights(write_tiny_alphafold2(tmp_path / "own.npz")).read_bytes()
    write_tiny_alphafold2(tmp_path / "own.npz", ptm=False)
    with pytest.raises(WeightsError, match="another file is installed under this name"):
        install_weights(tmp_path / "own.npz")
    assert (folders["chosen"] / "own.npz").read_bytes() == first


def test_a_damaged_installation_is_repaired(folders: dict[str, Path], tmp_path: Path) -> None:
    source = write_tiny_alphafold2(tmp_path / "own.npz")
    destination = install_weights(source)
    destination.write_bytes(b"damaged")
    assert install_weights(source).read_bytes() == source.read_bytes()


def write_tar(path: Path, members: dict[str, bytes | tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
            else:
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def test_archive_gives_the_expected_members_only(folders: dict[str, Path], tmp_path: Path) -> None:
    content = write_tiny_alphafold2(tmp_path / "tiny.npz").read_bytes()
    link = tarfile.TarInfo("params_model_3.npz")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    members: dict[str, bytes | tarfile.TarInfo] = {
        "LICENSE": b"text",
        "../../escaped/params_model_1_ptm.npz": content,
        "./params_model_2.npz": content,
        "params_model_1_multimer_v3.npz": b"not looked at",
        "../evil.npz": content,
        "link": link,
    }
    installed = list(install_archive(write_tar(tmp_path / "a.tar", members)))
    assert installed == [folders["chosen"] / "params_model_1_ptm.npz", folders["chosen"] / "params_model_2.npz"]
    assert sorted(path.name for path in folders["chosen"].iterdir() if path.suffix == ".npz") == [path.name for path in installed]
    assert not list(tmp_path.parent.rglob("escaped"))


def test_archives_that_are_none(folders: dict[str, Path], tmp_path: Path) -> None:
    content = write_tiny_alphafold2(tmp_path / "tiny.npz").read_bytes()
    whole = write_tar(tmp_path / "whole.tar", {"params_model_1.npz": content}).read_bytes()
    (tmp_path / "stump.tar").write_bytes(whole[: len(content) // 2])
    (tmp_path / "text.tar").write_text("hello" * 300)
    write_tar(tmp_path / "other.tar", {"LICENSE": b"text"})
    for name, told in (("stump.tar", "damaged"), ("text.tar", "damaged"), ("other.tar", "holds none of")):
        with pytest.raises(WeightsError, match=told):
            list(install_archive(tmp_path / name))
    assert list(folders["chosen"].iterdir()) == []


def test_own_checkpoints_are_installed_too(folders: dict[str, Path], tmp_path: Path) -> None:
    save_checkpoint(tiny_network(), tmp_path / "own.safetensors", CARD)
    assert load_weights(install_weights(tmp_path / "own.safetensors")).licence == CARD.licence
