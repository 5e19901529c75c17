"""Checksums kept beside files."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from protfold.errors import WeightsError
from protfold.weights.checksum import checksum_file, file_sha256, record_sha256, recorded_sha256, verified_sha256


def test_one_flipped_bit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(bytes(range(256)) * 5000)
    assert file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest() == verified_sha256(path)
    record_sha256(path, file_sha256(path))
    assert verified_sha256(path) == recorded_sha256(path)
    content = bytearray(path.read_bytes())
    content[777_777] ^= 4
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not the file that was installed"):
        verified_sha256(path)


def test_sha256sum_understands_the_record(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"x")
    record_sha256(path, file_sha256(path))
    run = subprocess.run(
        ["sha256sum", "--check", checksum_file(path).name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "a.npz: OK\n")


def test_records_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert recorded_sha256(tmp_path / "a") is None
    checksum_file(tmp_path / "a").touch()
    with pytest.raises(WeightsError, match="not a checksum"):
        recorded_sha256(tmp_path / "a")
