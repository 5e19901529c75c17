"""Rows as CSV and as JSON."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protfold.io import write_atomically


def write_table(path: Path, rows: Sequence[dict[str, Any]], *, columns: Sequence[str]) -> None:
    """Write rows to `<path>.csv` and `<path>.json`."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomically(path.with_name(f"{path.name}.csv"), text.getvalue())
    write_atomically(path.with_name(f"{path.name}.json"), json.dumps(rows, indent=1) + "\n")
