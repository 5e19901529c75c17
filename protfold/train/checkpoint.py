"""The state of a training run on disk: what a run that was stopped at any moment continues from."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from protfold.errors import TrainingError
from protfold.io.atomic import open_atomically

VERSION = 1


@dataclass(kw_only=True, slots=True)
class Progress:
    """What a run has done.

    Attributes:
        step: steps taken.
        examples: examples learned from.
        skipped: examples left out because their loss or gradient was not finite.
        skipped_in_a_row: of these, since the last one learned from.
        best_score, best_step: of the best validation; None before the first.
    """

    step: int = 0
    examples: int = 0
    skipped: int = 0
    skipped_in_a_row: int = 0
    best_score: float | None = None
    best_step: int | None = None


def save_run_state(path: Path, progress: Progress, settings: Mapping[str, Any], states: Mapping[str, Any]) -> None:
    """Writes a checkpoint, whole or not at all.

    Args:
        path: the file; an older one is replaced.
        progress: what the run has done.
        settings: of the run, plain data; a continued run must have the same.
        states: tensors, or nested dicts and lists of them, by name.
    """
    with open_atomically(path) as file:
        content = {"version": VERSION, "progress": asdict(progress), "settings": json.dumps(settings), **states}
        torch.save(content, file)


def load_run_state(path: Path, settings: Mapping[str, Any], *, may_grow: str | None = None) -> tuple[Progress, dict[str, Any]]:
    """Reads a checkpoint of a run with these settings.

    Args:
        path: the file.
        settings: of the run that wants to continue.
        may_grow: the one setting, as in `stage[2].steps`, whose number may have been raised.

    Raises:
        TrainingError: the file is damaged, of another version, or of a run with other settings.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        version = content.pop("version")
        if version == VERSION:
            before, progress = json.loads(content.pop("settings")), Progress(**content.pop("progress"))
    except Exception as error:  # whatever the unpickler meets in a damaged file
        raise TrainingError(f"{path}: damaged, or no training checkpoint; remove it to train from the start") from error
    if version != VERSION:
        raise TrainingError(
            f"{path}: checkpoint version {version}, this protfold continues version {VERSION}; train from the start"
        )
    _check_unchanged(path, dict(_flat(before)), dict(_flat(json.loads(json.dumps(settings)))), may_grow)
    return progress, content


def _check_unchanged(path: Path, before: dict[str, Any], now: dict[str, Any], may_grow: str | None) -> None:
    for key in (*before, *(key for key in now if key not in before)):
        old, new = before.get(key), now.get(key)
        if old == new or (key == may_grow and old is not None and new is not None and new > old):
            continue
        raise TrainingError(
            f"{path}: this run was begun with {key} = {_shown(old)}, and now it is {_shown(new)}; "
            "give back the old value, or another output folder"
        )


def _shown(value: Any) -> str:
    return "absent" if value is None else json.dumps(value)


def _flat(data: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every number and string with its place, such as `stage[2].loss.plddt`."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _flat(value, f"{place}.{key}" if place else str(key))
    elif isinstance(data, list):
        for number, value in enumerate(data, start=1):
            yield from _flat(value, f"{place}[{number}]")
    else:
        yield place, data
