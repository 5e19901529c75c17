"""HTML pages again from stored results: of a fold run, of one target, of a design run, of one backbone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from protfold.errors import InputError, ProtfoldError
from protfold.io import read_structure, write_atomically
from protfold.io.file_names import STRUCTURE_SUFFIXES, stem, suffix
from protfold.report.run_page import run_page
from protfold.runs.design import report as design_pages
from protfold.runs.design.summary import read_rows as read_design_rows
from protfold.runs.fold_report import fold_report
from protfold.runs.store import DONE
from protfold.runs.summary import read_rows

REPORT = "report.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenReports:
    """What was written.

    Attributes:
        pages: files, those of targets before that of the run.
        failures: folder and reason of each page that could not be made.
    """

    pages: tuple[Path, ...]
    failures: tuple[tuple[Path, str], ...] = ()


def write_reports(folder: Path, reference: Path | None = None) -> WrittenReports:
    """Make every page of a folder again.

    Args:
        folder: of a run, or of one complete target or backbone.
        reference: structure to measure models by, or a folder of structures named after the targets; for fold results only.

    Raises:
        InputError: there are no results, or the reference cannot be used.
    """
    if not folder.is_dir():
        raise InputError("is no folder; give that of a run or of a target", file=folder)
    if reference is not None and not reference.exists():
        raise InputError("there is no such file or folder", file=reference)
    if reference is not None and reference.is_file():
        read_structure(reference)  # what is wrong with it is no fault of a target
    is_fold_run, is_design_run = (bool(read(folder)) for read in (read_rows, read_design_rows))
    if is_fold_run or is_design_run:
        return _write_run(folder, reference, is_design_run)
    is_design = (folder / "designs.csv").is_file()
    if not is_design and not (folder / "scores.json").is_file():
        raise InputError("holds no results; give the folder of a run, with its summary.json, or that of a target", file=folder)
    if not (folder / DONE).is_file():
        raise InputError("is not complete; run the command that began it again, it goes on where it stopped", file=folder)
    if is_design:
        _refuse(reference)
        return WrittenReports(pages=(_write(folder, design_pages.design_report(folder)),))
    found = (
        None if reference is None else reference if reference.is_file() else references_in(reference, [folder.name])[folder.name]
    )
    return WrittenReports(pages=(_write(folder, fold_report(folder, found)),))


def write_run_page(output: Path) -> Path:
    """The page of a fold run, from its `summary.json` and from which targets have pages."""
    rows = read_rows(output).values()
    with_page = frozenset(row.folder for row in rows if (output / row.folder / REPORT).is_file())
    return _write(output, run_page([asdict(row) for row in rows], with_page))


def _write_run(folder: Path, reference: Path | None, is_design_run: bool) -> WrittenReports:
    if is_design_run:
        _refuse(reference)
        done = _each(folder, list(read_design_rows(folder)), design_pages.design_report)
        return WrittenReports(pages=(*done.pages, _write(folder, design_pages.design_run_report(folder))), failures=done.failures)
    complete = [name for name in read_rows(folder) if (folder / name / DONE).is_file()]
    references = _references(reference, complete, {row.folder: row.target for row in read_rows(folder).values()})
    done = _each(folder, complete, lambda target: fold_report(target, references.get(target.name)))
    return WrittenReports(pages=(*done.pages, write_run_page(folder)), failures=done.failures)


def _each(folder: Path, names: Sequence[str], text_of: Callable[[Path], str]) -> WrittenReports:
    """A page for each complete folder of a run; one that fails stops no other."""
    pages, failures = [], []
    for path in _inside(folder, names):
        try:
            pages.append(_write(path, text_of(path)))
        except ProtfoldError as error:
            failures.append((path, str(error)))
    return WrittenReports(pages=tuple(pages), failures=tuple(failures))


def _inside(folder: Path, names: Sequence[str]) -> Iterator[Path]:
    """Complete folders directly below; a summary that names others is not followed."""
    for name in names:
        if Path(name).name == name and (folder / name / DONE).is_file():
            yield folder / name


def _references(reference: Path | None, complete: Sequence[str], ids: dict[str, str]) -> dict[str, Path]:
    if reference is None:
        return {}
    if reference.is_dir():
        return references_in(reference, complete, ids)
    if len(complete) != 1:
        raise InputError(
            f"is one structure, but the run has {len(complete)} complete targets; give a folder of structures named after them",
            file=reference,
        )
    return {complete[0]: reference}


def references_in(reference: Path, folders: Sequence[str], ids: dict[str, str] | None = None) -> dict[str, Path]:
    """The structure of each target in a folder of them, known by the target's folder or id; some may have none.

    Raises:
        InputError: no target has one.
    """
    files = {stem(path): path for path in sorted(reference.iterdir()) if suffix(path) in STRUCTURE_SUFFIXES}
    found = {name: files[key] for name in folders for key in (name, (ids or {}).get(name, name)) if key in files}
    if not found:
        raise InputError(
            f"holds no structure named after a target, such as {folders[0]}.pdb" if folders else "no target is complete",
            file=reference,
        )
    return found


def _refuse(reference: Path | None) -> None:
    if reference is not None:
        raise InputError("--reference is for predicted structures; designs are shown beside their own backbone")


def _write(folder: Path, text: str) -> Path:
    write_atomically(folder / REPORT, text)
    return folder / REPORT
