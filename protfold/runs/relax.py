"""Relax many structure files into a folder each. Resumable: a model that is complete is skipped."""

import importlib.metadata
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import protfold
from protfold.entities import Protein
from protfold.errors import InputError, reason_of
from protfold.io import format_mmcif, format_pdb, read_structure, sweep_stale_temporaries
from protfold.io.file_names import stem
from protfold.relax import RelaxConfig, relax
from protfold.relax.checks import check_structure
from protfold.relax.fragments import find_fragments
from protfold.relax.platform import platform_problems
from protfold.runs import store
from protfold.runs.folder_names import folder_names
from protfold.runs.processes import in_processes
from protfold.runs.relax_summary import RelaxRow, RelaxSummary, read_rows, relaxed_row, write_rows
from protfold.runs.relaxation import relaxation_numbers
from protfold.runs.structure_files import structure_files

logger = logging.getLogger(__name__)

FILES = ("relaxed.pdb", "relaxed.cif", "relax.json")

Progress = Callable[[RelaxRow, int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class RelaxTask:
    """One model to relax.

    Attributes:
        model: its file.
        folder: where its results go.
        config: how.
        problem: why it cannot be relaxed; empty if nothing is wrong with it.
    """

    model: str
    folder: str
    config: RelaxConfig
    problem: str = ""

    @property
    def settings(self) -> dict[str, Any]:
        """What decides the result, but for where it is computed."""
        return {name: value for name, value in asdict(self.config).items() if name not in ("platform", "threads")}

    @property
    def key(self) -> str:
        """Content key of the results."""
        versions = protfold.__version__, *_library_versions().values()
        return store.content_key("relax", *versions, store.file_digest(Path(self.model)), self.settings)


def prepare(inputs: Sequence[str | Path], output: Path, config: RelaxConfig) -> list[RelaxTask]:
    """A task for each structure file. Everything that can be wrong with a whole run is found here, before the first model.

    Args:
        inputs: PDB or mmCIF files, or folders of them.
        output: the run's folder, made when missing.
        config: how to relax.

    Raises:
        InputError: an input is missing, no model can be relaxed, the platform is not there, or the output folder cannot be used.
    """
    files = [file for path in map(Path, inputs) for file in structure_files(path)]
    names = folder_names([stem(file) for file in files], [str(file) for file in files])
    tasks = [
        RelaxTask(model=str(file), folder=str(output / name), config=config, problem=_problem(file, output / name))
        for file, name in zip(files, names, strict=True)
    ]
    if all(task.problem for task in tasks):
        more = f" (and {len(tasks) - 1} more that cannot be relaxed)" if len(tasks) > 1 else ""
        raise InputError(tasks[0].problem + more)
    if config.platform != "auto" and (problem := platform_problems()[config.platform]):
        raise InputError(f"OpenMM has no platform {config.platform} here: {problem}; leave the choice to --device auto")
    store.check_writable(output)
    for folder in (output, *(Path(task.folder) for task in tasks)):
        sweep_stale_temporaries(folder)
    return tasks


def relax_models(
    tasks: Sequence[RelaxTask], output: Path, *, at_once: int = 1, overwrite: bool = False, progress: Progress | None = None
) -> RelaxSummary:
    """Relax every model into its folder; one that fails leaves a row with its reason and stops no other.

    Args:
        tasks: of `prepare`.
        output: the run's folder; the summary there is written after each model.
        at_once: models at a time, each in a process of its own; with 1, one after another in this process.
        overwrite: relax complete models again.
        progress: hears of each row, and how many of how many are there.

    Raises:
        ProtfoldError: the summary could not be written.
    """
    earlier = read_rows(output)
    rows: dict[int, RelaxRow] = {}

    def enter(place: int, row: RelaxRow) -> None:
        rows[place] = row
        write_rows(output, [rows[place] for place in sorted(rows)], earlier)
        if progress is not None:
            progress(row, len(rows), len(tasks))

    to_do: list[int] = []
    for place, task in enumerate(tasks):
        folder = Path(task.folder)
        if task.problem:
            enter(place, _failed_row(task, task.problem))
        elif not overwrite and store.is_complete(folder, task.key):
            enter(place, relaxed_row(task.model, folder, "skipped", earlier.get(folder.name)))
        else:
            to_do.append(place)
    for number, outcome in _outcomes([tasks[place] for place in to_do], at_once):
        task = tasks[to_do[number]]
        enter(to_do[number], outcome if isinstance(outcome, RelaxRow) else _failed_row(task, _reason(task, outcome)))
    return RelaxSummary(rows=tuple(rows[place] for place in sorted(rows)), output=output)


def relax_model_file(task: RelaxTask) -> RelaxRow:
    """Relax one model and leave its files, `DONE` last.

    Raises:
        ProtfoldError: it cannot be read or relaxed, or a file cannot be written.
    """
    start = time.perf_counter()
    folder, key = Path(task.folder), task.key
    protein = read_structure(task.model)
    result = relax(protein, task.config)
    files = _files(result.protein, relaxation_numbers(result), task)
    store.save_files(folder, files.items(), earlier=FILES, key=key)
    row = relaxed_row(task.model, folder, "done", None)
    return replace(row, seconds=round(time.perf_counter() - start, 3))


def _files(relaxed: Protein, numbers: dict[str, Any], task: RelaxTask) -> dict[str, str]:
    files = {"relaxed.cif": format_mmcif(relaxed)}
    try:
        files["relaxed.pdb"] = format_pdb(relaxed)
    except InputError as error:  # too many chains or atoms for the format; the mmCIF holds them
        numbers["warnings"].append(f"relaxed.pdb was not written: {error}")
    model = Path(task.model)
    about = {
        "model": model.name,
        "sha256": store.file_digest(model),
        "protfold": protfold.__version__,
        **_library_versions(),
        "settings": task.settings,
        "num_residues": len(relaxed),
    }
    return files | {"relax.json": json.dumps(about | numbers, indent=1, allow_nan=False) + "\n"}


def _library_versions() -> dict[str, str]:
    """Of the libraries that decide the results."""
    return {name: importlib.metadata.version(name) for name in ("openmm", "pdbfixer")}


def _outcomes(tasks: list[RelaxTask], at_once: int) -> Iterator[tuple[int, RelaxRow | Exception]]:
    if at_once > 1 and len(tasks) > 1:
        yield from in_processes(relax_model_file, tasks, at_once=at_once)
        return
    for number, task in enumerate(tasks):
        try:
            outcome: RelaxRow | Exception = relax_model_file(task)
        except Exception as error:
            outcome = error
        yield number, outcome


def _failed_row(task: RelaxTask, reason: str) -> RelaxRow:
    return RelaxRow(model=task.model, folder=Path(task.folder).name, status="failed", reason=reason)


def _reason(task: RelaxTask, error: Exception) -> str:
    logger.debug("%s failed", task.model, exc_info=error)
    if isinstance(error, InputError) and error.file is not None:
        return str(error)
    return f"{task.model}: {reason_of(error)}"


def _problem(file: Path, folder: Path) -> str:
    """Why a file cannot be relaxed into the folder; empty if it can, as far as can be told beforehand."""
    try:
        protein = read_structure(file)
        check_structure(protein)
        find_fragments(protein)
    except InputError as error:
        return str(error if error.file is not None else InputError(error.problem, file=file))
    if (folder / "manifest.json").exists():
        return f"{folder} holds results of another command; give another output folder"
    return ""
