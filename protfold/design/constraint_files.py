r"""Files of design settings, checked against the structure before any work.

TOML and JSON hold the names of `ConstraintOptions`, with text as on the command line or in a form of their own; all may be left out::

    chains = ["A", "B"]                 # or "A,B"
    design = ["A10-20", "A25"]          # or "A10-20,A25"; `fix` likewise
    exclude = "C"
    tie = ["A1-10=B1-10"]               # or [["A1-10", "B1-10*2"]]
    homo_oligomer = ["A,B", "C,D"]      # two groups; one is "A,B" or ["A", "B"]
    [exclude_at]
    "A10-12" = "CP"                     # or exclude_at = "A10-12:CP"
    [bias]
    W = 0.5                             # or bias = "W:0.5"
    [bias_at]
    A10 = {W = 0.5, A = -0.3}           # or bias_at = "A10:W:0.5,A10:A:-0.3"

CSV has one row a residue, range or list (in quotes) and the columns `residue` and any of `action` (`design` or `fix`), `exclude` (`CP`),
`bias` (`W:0.5;A:-0.3`) and `tie` (what the residues are tied to, `B10` or `B10=C10`). A cell may be empty, a line may begin with `#`::

    residue,action,exclude,bias
    A1-9,fix,,
    A10,design,CP,W:0.5

`.trb` and JSON files of backbone generators: `protfold.design.sidecars`.
"""

import csv
import io
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from protfold.design.constraint_options import ConstraintOptions, read_options
from protfold.design.plain_pickle import read_plain_pickle
from protfold.design.sidecars import SIDECAR_KEYS, read_sidecar
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.io import read_text

CSV_COLUMNS = ("residue", "action", "exclude", "bias", "tie")
_NAMES = tuple(field.name for field in fields(ConstraintOptions))


def read_constraint_file(path: str | Path, protein: Protein) -> ConstraintOptions:
    """The settings of a TOML, JSON, CSV or `.trb` file, known by its name.

    Args:
        path: the file; all but `.trb` may be packed with gzip.
        protein: the structure, against which every entry is read.

    Raises:
        InputError: the file cannot be read, has an unknown name or a value of another type, or does not fit the structure; with the line
            where there is one.
    """
    suffix = Path(str(path).lower().removesuffix(".gz")).suffix
    if suffix == ".trb":
        return _read_sidecar(read_plain_pickle(path), protein, path)
    if suffix not in (".toml", ".json", ".csv"):
        raise InputError("is no file of constraints by its name; give .toml, .json, .csv or .trb", file=path)
    text = read_text(path).decode()
    if suffix == ".csv":
        return _read_csv(text, protein, path)
    data = _load_toml(text, path) if suffix == ".toml" else _load_json(text, path)
    if suffix == ".json" and isinstance(data, Mapping) and any(key in data for key in SIDECAR_KEYS):
        return _read_sidecar(data, protein, path)
    return _read_table(data, text, protein, path)


def _read_sidecar(data: object, protein: Protein, path: str | Path) -> ConstraintOptions:
    try:
        return read_sidecar(data, protein)
    except InputError as error:
        raise InputError(error.problem, file=path) from None


def _load_toml(text: str, path: str | Path) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise InputError(f"is no valid TOML: {error}", file=path, line=int(line[1]) if line else None) from None


def _load_json(text: str, path: str | Path) -> object:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError(f"the name {twice[0]} is there twice; only one would count", file=path, line=_line_of(text, twice[0]))
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise InputError(f"is no valid JSON: {error.msg}", file=path, line=error.lineno) from None
    except RecursionError:
        raise InputError("is no valid JSON: too deep", file=path) from None


def _read_table(data: object, text: str, protein: Protein, path: str | Path) -> ConstraintOptions:
    if not isinstance(data, Mapping):
        raise InputError(f"is no table of settings; give any of {', '.join(_NAMES)}", file=path)
    whole = ConstraintOptions()
    for name, value in data.items():
        line = _line_of(text, name)
        if name not in _NAMES:
            raise InputError(f"unknown name {name}; known are {', '.join(_NAMES)}", file=path, line=line)
        if (setting := _as_text(name, value)) is None:
            raise InputError(f"{name} is {value!r}, which is of another type than expected; see its forms", file=path, line=line)
        whole = whole.union(_checked({name: setting}, protein, path, line))
    return whole


def _as_text(name: str, value: Any) -> str | None:
    """A value as on the command line; None if it has another type."""
    if isinstance(value, str):
        return value
    if name == "homo_oligomer" and _is_list(value, str) and not any(re.search("[,;]", one) for one in value):
        return ",".join(value)
    if _is_list(value, str):
        return ";".join(value)
    if name in ("homo_oligomer", "tie") and isinstance(value, list) and all(_is_list(one, str) for one in value):
        return ";".join(("," if name == "homo_oligomer" else "=").join(one) for one in value)
    if not isinstance(value, Mapping) or not value:
        return None
    if name == "exclude_at" and all(isinstance(letters, str) for letters in value.values()):
        return ";".join(f"{residues}:{letters}" for residues, letters in value.items())
    if name == "bias" and _holds_numbers(value):
        return ";".join(f"{letters}:{number!r}" for letters, number in value.items())
    if name == "bias_at" and all(_holds_numbers(inner) for inner in value.values()):
        return ";".join(
            f"{residues}:{letters}:{number!r}" for residues, inner in value.items() for letters, number in inner.items()
        )
    return None


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, kind) for one in value)


def _holds_numbers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, int | float) and not isinstance(one, bool) for one in value.values())


def _read_csv(text: str, protein: Protein, path: str | Path) -> ConstraintOptions:
    reader = csv.reader(io.StringIO(text), strict=True)
    columns: list[str] | None = None
    whole = ConstraintOptions()
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if columns is None:
                columns = _checked_columns(cells, path, reader.line_num)
            elif len(cells) > len(columns):
                raise InputError(
                    f"{len(cells)} cells for {len(columns)} columns; put lists in quotes", file=path, line=reader.line_num
                )
            else:
                row = dict(zip(columns, cells, strict=False))
                whole = whole.union(_checked(_row_settings(row, path, reader.line_num), protein, path, reader.line_num))
    except csv.Error as error:
        raise InputError(f"is no valid CSV: {error}", file=path, line=reader.line_num) from None
    return whole


def _checked_columns(cells: list[str], path: str | Path, line: int) -> list[str]:
    columns = [cell.lower() for cell in cells]
    if unknown := [column for column in columns if column not in CSV_COLUMNS]:
        raise InputError(f"unknown column {unknown[0]!r}; known are {', '.join(CSV_COLUMNS)}", file=path, line=line)
    if "residue" not in columns or len(columns) < 2 or len(set(columns)) < len(columns):
        raise InputError(f"give the column residue and others of {', '.join(CSV_COLUMNS[1:])}, each once", file=path, line=line)
    return columns


def _row_settings(row: dict[str, str], path: str | Path, line: int) -> dict[str, str]:
    residues = row["residue"]
    if not residues or len(list(filter(None, row.values()))) < 2:
        raise InputError("a row names residues and what to do with them; fill it in or leave it out", file=path, line=line)
    settings = {}
    if action := row.get("action"):
        if action not in ("design", "fix"):
            raise InputError(f"unknown action {action!r}; give design or fix", file=path, line=line)
        settings[action] = residues
    if letters := row.get("exclude"):
        settings["exclude_at"] = f"{residues}:{letters}"
    if bias := row.get("bias"):
        settings["bias_at"] = ";".join(f"{residues}:{entry.strip()}" for entry in re.split("[,;]", bias) if entry.strip())
    if partners := row.get("tie"):
        settings["tie"] = f"{residues}={partners}"
    return settings


def _checked(settings: dict[str, str], protein: Protein, path: str | Path, line: int | None) -> ConstraintOptions:
    """The settings, if the structure has what they name."""
    options = ConstraintOptions(**settings)
    try:
        read_options(options, protein)
    except InputError as error:
        raise InputError(error.problem, file=path, line=line) from None
    return options


def _line_of(text: str, name: str) -> int | None:
    """The line where a name is set, as far as one can tell without its grammar."""
    pattern = re.compile(rf"""(^|[{{,\s\[])["']?{re.escape(name)}["']?\s*[\]=:]""")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if pattern.search(line)), None)
