"""Encodings, line ends, compression, and files that cannot be read."""

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.io.text import normalize_text, read_text

TEXT = ">é query\nACDE\n\nFG\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_do_not_matter(encoding: str, line_end: str) -> None:
    assert normalize_text(TEXT.replace("\n", line_end).encode(encoding)) == TEXT.encode()


def test_big_endian_marks_are_known() -> None:
    assert normalize_text(b"\xfe\xff" + "AC\n".encode("utf-16-be")) == b"AC\n"


def test_text_and_bytes_are_the_same() -> None:
    assert normalize_text(TEXT) == normalize_text(TEXT.encode())
    assert normalize_text("A\0B") == b"A\0B"


@pytest.mark.parametrize("name", ["x.txt", "x.gz"])
def test_gzip_is_known_by_content(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(gzip.compress(TEXT.encode()))
    assert read_text(tmp_path / name) == TEXT.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (gzip.compress(b""), "is empty"),
        (gzip.compress(b"ACDE" * 99)[:-9], "its gzip compression is damaged"),
        (b"\x1f\x8bnonsense", "its gzip compression is damaged"),
        (bz2.compress(b"AC"), "is bzip2-compressed; unpack it"),
        (lzma.compress(b"AC"), "is xz-compressed; unpack it"),
        (b"PK\x03\x04....", "is zip-compressed; unpack it"),
        (b"\xff\xfeA", "is no valid UTF-16-LE although it begins so"),
        (">query\nACDE".encode("utf-16-be"), "looks like UTF-16 text without a byte order mark"),
    ],
)
def test_what_is_no_text_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_text(path)
    assert str(raised.value).startswith(f"{path}: {message}")


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_text(tmp_path / "absent")
    with pytest.raises(InputError, match="is a folder; give a file"):
        read_text(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path / ("x" * 300))
