"""Archives: exact, deterministic, and refused before they can do harm."""

import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from protfold.errors import WeightsError
from protfold.weights.archive import MAX_BYTES, Archive, write_archive

ARRAYS = {"a/b//c": np.arange(6, dtype=np.float32).reshape(2, 3), "d//e": np.float32([1.5])}


def test_written_archives_are_read_by_numpy_and_back(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz", ARRAYS)
    with np.load(tmp_path / "a.npz") as file:
        assert {name: file[name].tolist() for name in file.files} == {name: array.tolist() for name, array in ARRAYS.items()}
    archive = Archive(tmp_path / "a.npz")
    assert {name: header.shape for name, header in archive.headers.items()} == {"a/b//c": (2, 3), "d//e": (1,)}
    assert [array.tolist() for array in archive.arrays(["d//e", "a/b//c"])] == [[1.5], [[0, 1, 2], [3, 4, 5]]]


def test_compressed_and_fortran_ordered_archives_are_read(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", **{name: np.asfortranarray(array) for name, array in ARRAYS.items()})
    (array,) = Archive(tmp_path / "a.npz").arrays(["a/b//c"])
    assert array.tolist() == ARRAYS["a/b//c"].tolist()


def test_neither_order_nor_time_changes_the_bytes(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz", ARRAYS)
    write_archive(tmp_path / "b.npz", dict(reversed(ARRAYS.items())))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as file:
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_every_flipped_byte_of_a_value_is_noticed(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz", ARRAYS)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(np.float32(4).tobytes())] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(WeightsError, match=r"a\.npz: damaged.*CRC"):
        list(Archive(tmp_path / "a.npz").arrays(ARRAYS))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_stumps_are_refused(share: float, tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz", ARRAYS)
    content = (tmp_path / "a.npz").read_bytes()
    (tmp_path / "a.npz").write_bytes(content[: int(share * len(content))])
    with pytest.raises(WeightsError, match=r"a\.npz: damaged"):
        Archive(tmp_path / "a.npz")


def test_pickled_objects_are_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "a.npz", a=np.array([{}], dtype=object))
    monkeypatch.setattr(pickle, "load", lambda *_: pytest.fail("unpickled"))
    with pytest.raises(WeightsError, match="'a' holds pickled objects"):
        Archive(tmp_path / "a.npz")


def test_declared_sizes_are_checked_before_unpacking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.npy", bytes(1000))
        file.filelist[0].file_size = MAX_BYTES + 1
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(WeightsError, match="refused, it declares 1 members of 4,294,967,297 bytes"):
        Archive(tmp_path / "bomb.npz")


def test_a_header_that_promises_more_than_its_member_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3), np.float32))
    content = (tmp_path / "a.npy").read_bytes().replace(b"(2, 3)", b"(9, 9)")
    for shape in (b"(9, 9)", b"(-2,-3)"):
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
            file.writestr("a.npy", content.replace(b"(9, 9)", shape))
        with pytest.raises(WeightsError, match=r"a\.npz: (array 'a' of shape|damaged)"):
            Archive(tmp_path / "a.npz")


def test_other_members_are_refused(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.npz", ARRAYS)
    with zipfile.ZipFile(tmp_path / "a.npz", "a") as file:
        file.writestr("data.pkl", b"x")
    with pytest.raises(WeightsError, match=r"'data\.pkl' is not one array"):
        Archive(tmp_path / "a.npz")


def test_absent_and_foreign_files(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_text("hello")
    with pytest.raises(WeightsError, match="damaged, or not"):
        Archive(tmp_path / "a.npz")
    with pytest.raises(WeightsError, match="no such file"):
        Archive(tmp_path / "b.npz")
