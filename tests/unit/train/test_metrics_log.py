"""Lines that can be continued, and TensorBoard where it is there."""

import importlib.util
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from protfold.errors import TrainingError
from protfold.train.metrics_log import JsonLines, MetricsLog, require_tensorboard


def write(path: Path, steps: list[int], *, after: int) -> None:
    lines = JsonLines(path, step=after)
    for step in steps:
        lines.write({"step": step})
    lines.close()


@pytest.mark.parametrize("torn", ["", '{"step": 5', '{"step": 5}'])
def test_lines_behind_the_step_are_cut(tmp_path: Path, torn: str) -> None:
    """Also a torn one, or one that looks whole but for its end of line."""
    path = tmp_path / "made" / "x.jsonl"
    write(path, [1, 2, 3, 4], after=0)
    with path.open("a") as file:
        file.write(torn)
    write(path, [3, 4], after=2)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [1, 2, 3, 4]
    write(path, [], after=0)
    assert path.read_text() == ""


def test_a_line_is_there_at_once_and_is_json(tmp_path: Path) -> None:
    """NaN and infinity are null."""
    lines = JsonLines(tmp_path / "x", step=0)
    lines.write({"step": 1, "a": float("nan"), "b": float("-inf"), "c": None, "d": 0.5})
    text = (tmp_path / "x").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"step": 1, "a": None, "b": None, "c": None, "d": 0.5}
    lines.close()


def test_tensorboard_gets_every_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that stands in for TensorBoard's: points beyond the step continued from are purged."""
    seen: list[Any] = []

    class SummaryWriter:
        def __init__(self, folder: str, purge_step: int) -> None:
            seen.append((Path(folder).name, purge_step))

        def add_scalar(self, name: str, value: float, step: int) -> None:
            seen.append((name, value, step))

        def close(self) -> None:
            seen.append("closed")

    module = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    with MetricsLog(tmp_path, step=6, tensorboard=True) as log:
        log.step({"step": 7, "total": 1.5, "norm": None})
        log.validation({"step": 7, "lddt_ca": 0.25})
    assert seen == [("tensorboard", 7), ("train/total", 1.5, 7), ("validation/lddt_ca", 0.25, 7), "closed"]


def test_tensorboard_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TrainingError, match=r"pip install 'protfold\[train\]'"):
        require_tensorboard()
