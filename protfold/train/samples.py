"""What a store is to be made of: structure files, or the rows of a table, with the alignments that belong to them."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from protfold.errors import InputError
from protfold.io.file_names import STRUCTURE_SUFFIXES, stem, suffix
from protfold.io.text import read_text

ALIGNMENT_SUFFIXES = (".a3m", ".a2m", ".aln", ".sto", ".stockholm", ".fasta", ".fa", ".afa")
SPLITS = ("train", "valid", "test")
COLUMNS = ("id", "file", "chain", "split", "cluster", "resolution", "msa")

Alignments = dict[str, tuple[Path, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A structure file, or one chain of it.

    Attributes:
        id: of the chain; in a file of several chains their names are appended.
        file: PDB or mmCIF.
        chain: author's name of the one chain meant; None for all there are.
        whole_file: whether every chain of the file is a sample. Otherwise it is to hold one, or `chain` says which.
        split: empty where it is to be drawn.
        cluster: empty where equal sequences make a cluster.
        resolution: Å; None where the file is asked.
        alignments: in the order they are joined; None to look them up by the chain's id.
    """

    id: str
    file: Path
    chain: str | None = None
    whole_file: bool = False
    split: Literal["", "train", "valid", "test"] = ""
    cluster: str = ""
    resolution: float | None = None
    alignments: tuple[Path, ...] | None = None


def samples_of_folder(folder: Path) -> tuple[list[Sample], list[str]]:
    """Every structure file in a folder and those below it, by path; and a line for each file whose name was there before.

    Raises:
        InputError: there is no such folder, or no structure in it.
    """
    if not folder.is_dir():
        raise InputError("is no folder; give a folder of PDB or mmCIF files", file=folder)
    samples: dict[str, Sample] = {}
    rejected = []
    for path in sorted(path for path in folder.rglob("*") if suffix(path) in STRUCTURE_SUFFIXES and path.is_file()):
        first = samples.setdefault(stem(path), Sample(id=stem(path), file=path, whole_file=True))
        if first.file != path:
            rejected.append(f"{path.relative_to(folder)}: is called like {first.file.relative_to(folder)}; rename one of them")
    if not samples:
        raise InputError(f"holds no structure ({', '.join(STRUCTURE_SUFFIXES)}, .gz too)", file=folder)
    return list(samples.values()), rejected


def samples_of_table(table: Path, folder: Path, alignment_folder: Path) -> list[Sample]:
    """The rows of a CSV file with the columns of `COLUMNS`, of which id and file must be there.

    Files are relative to `folder`, alignments (several joined by `;`) to `alignment_folder`. An empty `msa` means none; without the
    column, alignments are looked up by id.

    Raises:
        InputError: the table cannot be used; the message names the row.
    """
    reader = csv.DictReader(io.StringIO(read_text(table).decode()))
    if missing := {"id", "file"} - set(reader.fieldnames or ()):
        raise InputError(f"lacks the column {' and '.join(sorted(missing))}; it may have {', '.join(COLUMNS)}", file=table)
    samples: dict[str, Sample] = {}
    for row in reader:
        name = row["id"]
        if not name or name in samples:
            raise InputError(f"id {name!r} is empty or there twice", file=table, line=reader.line_num)
        samples[name] = Sample(
            id=name,
            file=folder / row["file"],
            chain=row.get("chain") or None,
            split=_split(row.get("split") or "", table, reader.line_num),
            cluster=row.get("cluster") or "",
            resolution=_resolution(row.get("resolution") or "", table, reader.line_num),
            alignments=tuple(alignment_folder / part for part in (row["msa"] or "").split(";") if part) if "msa" in row else None,
        )
    if not samples:
        raise InputError("holds no row below its header", file=table)
    return list(samples.values())


def find_alignments(folder: Path) -> Alignments:
    """Alignments by the id they serve: `ID.a3m`, or all that a subfolder `ID` holds; .gz too.

    Raises:
        InputError: there is no such folder, or two alignments are for one id.
    """
    if not folder.is_dir():
        raise InputError("is no folder; give a folder of alignments called by chain id", file=folder)
    found: Alignments = {}
    for path in sorted(folder.iterdir()):
        inside = tuple(sorted(one for one in path.iterdir() if suffix(one) in ALIGNMENT_SUFFIXES)) if path.is_dir() else ()
        if path.is_file() and suffix(path) in ALIGNMENT_SUFFIXES:
            inside = (path,)
        name = path.name if path.is_dir() else stem(path)
        if inside and name in found:
            raise InputError(
                f"holds {path.name} and {found[name][0].name} for one chain; put them into a folder {name}", file=folder
            )
        if inside:
            found[name] = inside
    return found


def _split(text: str, table: Path, line: int) -> Literal["", "train", "valid", "test"]:
    match text:
        case "" | "train" | "valid" | "test":
            return text
    raise InputError(f"split {text!r} is unknown; give {', '.join(SPLITS)} or nothing", file=table, line=line)


def _resolution(text: str, table: Path, line: int) -> float | None:
    try:
        resolution = float(text) if text else None
    except ValueError:
        resolution = math.nan
    if resolution is not None and not 0.0 <= resolution < math.inf:
        raise InputError(f"resolution {text!r} is no number of Å; leave it empty where it is not known", file=table, line=line)
    return resolution
