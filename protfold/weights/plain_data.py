"""Frozen dataclasses as plain JSON data, and back by their types."""

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import MISSING
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_plain(kind: type[T], data: object, place: str) -> T:
    """The dataclass `kind` from what `dataclasses.asdict` and JSON made of it; a field left out takes its default.

    Args:
        kind: a dataclass of numbers, strings, literals, paths, string-keyed mappings, tuples of one kind, dataclasses, and such or None;
            of type `object` is what is checked elsewhere, its lists made tuples.
        data: the JSON (or TOML) value.
        place: what to call it in a message.

    Raises:
        ValueError: an unknown or missing field, or a value of another type.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"{place} is {data!r}, not a table")
    hints = get_type_hints(kind)
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    if unknown := sorted(set(data) - {field.name for field in fields}):
        raise ValueError(f"unknown key {', '.join(unknown)} in {place}")
    required = {field.name for field in fields if field.default is MISSING and field.default_factory is MISSING}
    if missing := sorted(required - set(data)):
        raise ValueError(f"no {', '.join(missing)} in {place}")
    return kind(**{name: _value(hints[name], value, f"{place}.{name}") for name, value in data.items()})


def _value(kind: Any, value: object, place: str) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        if value is None and type(None) in get_args(kind):
            return None
        (kind,) = (option for option in get_args(kind) if option is not type(None))
    if kind is object:
        return tuple(value) if isinstance(value, list) else value
    if dataclasses.is_dataclass(kind):
        return from_plain(kind, value, place)  # type: ignore[arg-type]
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ValueError(f"{place} is {value!r}, not one of {', '.join(map(repr, get_args(kind)))}")
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{place} is {value!r}, not a list")
        return tuple(_value(get_args(kind)[0], inner, f"{place}[{number}]") for number, inner in enumerate(value, start=1))
    if get_origin(kind) is not None:
        if not isinstance(value, Mapping):
            raise ValueError(f"{place} is {value!r}, not a table")
        return {key: _value(get_args(kind)[1], inner, f"{place}.{key}") for key, inner in value.items()}
    accepted: Any = {float: (int, float), Path: str}.get(kind, kind)
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{place} is {value!r}, not of type {kind.__name__}")
    return kind(value)
