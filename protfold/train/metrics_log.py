"""What a run writes down as it goes: one JSON line a step, and pictures for TensorBoard where asked for."""

import importlib.util
import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from protfold.errors import TrainingError

Record = Mapping[str, int | float | None]


class Watcher:
    """Who is told how a run goes; does nothing by itself."""

    def begins(self, step: int, num_steps: int) -> None:
        """A run begins, or continues after `step` steps."""

    def step(self, record: Record) -> None:
        """A step was taken."""

    def validation(self, record: Record) -> None:
        """The average of the weights was measured."""


class JsonLines:
    """A file of one record a line, each with its `step`; lines beyond the step that a run continues from are cut off.

    Args:
        path: the file; made if missing.
        step: the last step whose line is kept.
    """

    def __init__(self, path: Path, *, step: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._file: IO[bytes] = path.open("r+b")
        end = 0
        for line in self._file:
            if not line.endswith(b"\n") or json.loads(line)["step"] > step:
                break
            end += len(line)
        self._file.truncate(end)
        self._file.seek(end)

    def write(self, record: Record) -> None:
        """Adds a line, which outlives the process from now on; what is not finite becomes null."""
        plain = {name: value if value is not None and math.isfinite(value) else None for name, value in record.items()}
        self._file.write(json.dumps(plain, allow_nan=False).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


class MetricsLog(Watcher):
    """`metrics.jsonl` (steps), `validation.jsonl`, and with `tensorboard` a folder of that name for TensorBoard.

    Args:
        folder: of the run.
        step: the step that the run continues from; 0 for a new one.
        tensorboard: write for TensorBoard, too; it must be installed.
    """

    def __init__(self, folder: Path, *, step: int = 0, tensorboard: bool = False) -> None:
        self._steps = JsonLines(folder / "metrics.jsonl", step=step)
        self._validations = JsonLines(folder / "validation.jsonl", step=step)
        self._board = _summary_writer(folder / "tensorboard", step) if tensorboard else None

    def __enter__(self) -> "MetricsLog":
        """The log itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes all files."""
        self._steps.close()
        self._validations.close()
        if self._board is not None:
            self._board.close()

    def step(self, record: Record) -> None:
        """Writes down a step."""
        self._steps.write(record)
        self._to_board("train", record)

    def validation(self, record: Record) -> None:
        """Writes down a validation."""
        self._validations.write(record)
        self._to_board("validation", record)

    def _to_board(self, group: str, record: Record) -> None:
        if self._board is None:
            return
        for name, value in record.items():
            if name != "step" and value is not None:
                self._board.add_scalar(f"{group}/{name}", value, record["step"])


def require_tensorboard() -> None:
    """Checks that TensorBoard can be written for.

    Raises:
        TrainingError: it is not installed.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise TrainingError("run.tensorboard = true needs an extra package: pip install 'protfold[train]', or set it to false")


def _summary_writer(folder: Path, step: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=step + 1)
