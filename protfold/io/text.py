r"""The text of a file, whatever wrote it: unpacked, in UTF-8, with `\n` line ends."""

import codecs
import gzip
import zlib
from pathlib import Path

from protfold.errors import InputError

_UNREAD_PACKINGS = {b"PK\x03\x04": "zip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7-zip"}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins with UTF-16's mark, so it comes first
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


def read_text(path: str | Path) -> bytes:
    """The normalised text of a plain or gzip-compressed file (known by its content, not by its name).

    Raises:
        InputError: the file is missing, unreadable, empty, damaged, packed otherwise, or no text.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError("there is no such file", file=path) from None
    except IsADirectoryError:
        raise InputError("is a folder; give a file", file=path) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error
    if data.startswith(b"\x1f\x8b"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"its gzip compression is damaged ({error}); fetch or pack it again", file=path) from error
    for magic, packing in _UNREAD_PACKINGS.items():
        if data.startswith(magic):
            raise InputError(f"is {packing}-compressed; unpack it, or pack it with gzip", file=path)
    if not data.strip():
        raise InputError("is empty", file=path)
    return normalize_text(data, source=str(path))


def normalize_text(text: str | bytes, source: str = "") -> bytes:
    r"""UTF-8 without a byte order mark, every line ending in `\n` (from `\r\n` or a lone `\r`); NUL bytes stay.

    Bytes that are not UTF-8 are read as Latin-1, so every header can be read; UTF-16 and UTF-32 are known by their byte order mark.

    Raises:
        InputError: the bytes look like UTF-16 without a mark, or break the encoding their mark promises.
    """
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    data = _as_utf8(data, source or None)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _as_utf8(data: bytes, source: str | None) -> bytes:
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(encoding).encode()
            except UnicodeDecodeError as error:
                raise InputError(f"is no valid {encoding.upper()} although it begins so; save it as UTF-8", file=source) from error
    if data.isascii():
        head = data[:200]
        if len(head) > 8 and min(head[::2].count(0), head[1::2].count(0)) == 0 and head.count(0) > len(head) // 4:
            raise InputError("looks like UTF-16 text without a byte order mark; save it as UTF-8", file=source)
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1").encode()
    return data
