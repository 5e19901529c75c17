"""The summary of a run, a row for each input: as CSV and as JSON, written anew after each so that a killed run has them too."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from protfold.io import write_atomically
from protfold.runs.store import DONE

R = TypeVar("R", bound=Any)
"""A dataclass of plain values; `folder` is that of the results, beside the summary."""


def read_table(path: Path, row: type[R]) -> dict[str, R]:
    """Rows of earlier runs from `<path>.json`, by folder; none where there is no readable summary."""
    try:
        return {one["folder"]: row(**one) for one in json.loads(path.with_name(f"{path.name}.json").read_text())}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def write_table(path: Path, row: type[R], rows: Iterable[R], earlier: dict[str, R]) -> None:
    """Write `<path>.csv` and `<path>.json`: rows of earlier runs whose results are still there, then this run's."""
    rows = list(rows)
    current = {one.folder for one in rows}
    kept = [one for folder, one in earlier.items() if folder not in current and (path.parent / folder / DONE).is_file()]
    table = [asdict(one) for one in (*kept, *rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    write_atomically(path.with_name(f"{path.name}.csv"), text.getvalue())
    write_atomically(path.with_name(f"{path.name}.json"), json.dumps(table, indent=1) + "\n")
