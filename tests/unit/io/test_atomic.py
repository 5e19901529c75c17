"""Files appear whole, or not at all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from protfold.errors import ProtfoldError
from protfold.io import sweep_stale_temporaries, write_atomically


@pytest.mark.parametrize("content", ["Å\nb\r\n", b"\0\xff", ""])
def test_content_is_written_as_it_is(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "made" / "x.txt"
    write_atomically(path, b"old")
    write_atomically(str(path), content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert [file.name for file in path.parent.iterdir()] == ["x.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    write_atomically(tmp_path / "x", "a")
    (tmp_path / "y").write_text("a")
    assert (tmp_path / "x").stat().st_mode == (tmp_path / "y").stat().st_mode


def test_a_failed_write_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(tmp_path / "x", "old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(ProtfoldError, match="x: cannot be written: No space left on device"):
        write_atomically(tmp_path / "x", "new")
    assert (tmp_path / "x").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProtfoldError, match="cannot be written"):
        write_atomically(tmp_path, "a")
    (tmp_path / "file").write_text("a")
    with pytest.raises(ProtfoldError, match="cannot be written"):
        write_atomically(tmp_path / "file" / "x", "a")


def test_a_killed_writer_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom protfold.io.atomic import write_atomically\nprint('ready', flush=True)\n"
        "while True:\n    for letter in 'ab': write_atomically(sys.argv[1], letter * 300_000)\n"
    )
    path = tmp_path / "x"
    for delay in (0.01, 0.04):
        writer = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        if path.exists():
            assert path.read_text() in ("a" * 300_000, "b" * 300_000)
    sweep_stale_temporaries(tmp_path, older_than=0.0)
    assert [file.name for file in tmp_path.iterdir()] in ([], ["x"])


def test_only_old_temporaries_of_ours_are_swept(tmp_path: Path) -> None:
    stale, fresh, foreign = tmp_path / ".protfold-0.tmp", tmp_path / ".protfold-1.tmp", tmp_path / "mine.tmp"
    for path in (stale, fresh, foreign):
        path.write_text("a")
        os.utime(path, (0, 0))
    os.utime(fresh)
    assert sweep_stale_temporaries(tmp_path) == [stale]
    assert sorted(tmp_path.iterdir()) == [fresh, foreign]
    assert sweep_stale_temporaries(tmp_path / "absent") == []
