"""Pickles that hold numbers, text, NumPy arrays and plain containers, read without running anything they name.

A pickle is a program that may call any function of the machine that reads it. This reader knows a handful of names, those that NumPy
writes, and gives each a harmless stand-in of its own (NumPy's constructors can be made to read arbitrary memory); any other is refused.
"""

import io
import math
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from protfold.errors import InputError

_PLAIN_KINDS = "biufcSU"


def read_plain_pickle(path: str | Path) -> object:
    """The object of a file; arrays become lists, NumPy's scalars Python's.

    Raises:
        InputError: the file cannot be read, is damaged, or holds anything else.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from None
    try:
        return _as_plain(_PlainUnpickler(io.BytesIO(data)).load())
    except _Refused as error:
        raise InputError(
            f"is refused: it holds {error}, and only numbers, text, arrays and plain containers are read", file=path
        ) from None
    except Exception as error:  # whatever a damaged stream makes of the unpickler
        raise InputError(f"is no pickle that can be read ({type(error).__name__}); copy it again", file=path) from error


class _Refused(Exception):
    """A name that no plain pickle holds."""


class _DataType:
    """Stands for `numpy.dtype`."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in _PLAIN_KINDS + "O":
            raise _Refused(f"an array of type {code}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for `numpy.ndarray`."""

    values: Any = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, is_fortran, content = state
        if isinstance(content, list):
            self.values = _nested(content, shape)
        else:
            self.values = _frombuffer(content, kind, shape, "F" if is_fortran else "C")


def _nested(content: list[Any], shape: tuple[int, ...]) -> Any:
    """The elements of an array of objects as nested lists."""
    if math.prod(shape) != len(content):
        raise ValueError("an array of another size than it says")
    if len(shape) < 2:
        return list(content)
    step = math.prod(shape[1:])
    return [_nested(content[first : first + step], shape[1:]) for first in range(0, len(content), max(step, 1))]


def _frombuffer(content: bytes | bytearray, kind: _DataType, shape: tuple[int, ...], order: str) -> Any:
    if kind.dtype.kind not in _PLAIN_KINDS:
        raise _Refused("an array of objects in the form of bytes")
    return np.frombuffer(content, kind.dtype).reshape(shape, order=order).tolist()  # type: ignore[call-overload]


def _scalar(kind: _DataType, content: bytes) -> Any:
    return _frombuffer(content, kind, (1,), "C")[0]


def _latin1(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise _Refused(f"bytes in {encoding}")
    return text.encode("latin-1")


def _empty_bytes() -> bytes:
    return b""


def _reconstruct(*_: object) -> _Array:
    return _Array()


_NAMES: dict[tuple[str, str], Any] = {
    ("numpy", "dtype"): _DataType,
    ("numpy", "ndarray"): "ndarray",  # an argument of `_reconstruct`, and nothing that can be called
    ("multiarray", "_reconstruct"): _reconstruct,
    ("multiarray", "scalar"): _scalar,
    ("numeric", "_frombuffer"): _frombuffer,
    ("_codecs", "encode"): _latin1,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "bytes"): _empty_bytes,  # as old protocols write them
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        module = module.replace("__builtin__", "builtins")
        for core in ("numpy.core.", "numpy._core."):  # NumPy 1 and 2
            if module in (f"{core}multiarray", f"{core}numeric"):
                module = module.removeprefix(core)
        try:
            return _NAMES[module, name]
        except KeyError:
            raise _Refused(f"{module}.{name}") from None


def _as_plain(value: Any) -> Any:
    if isinstance(value, _Array):
        return _as_plain(value.values)
    if isinstance(value, dict):
        return {key: _as_plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_as_plain, value))
    return value
