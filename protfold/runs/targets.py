"""What a run shall fold, collected from files: every record becomes a target or a rejection with its reason.

The rule of failure: an input that is not there, or inputs from which nothing at all can be folded, stop a run before it starts. A
broken record or file beside good ones is a failed target with its reason, and the others are folded.
"""

from collections.abc import Sequence as Ordered
from dataclasses import dataclass, replace
from pathlib import Path

from protfold.entities import Sequence
from protfold.errors import InputError
from protfold.io import parse_fasta
from protfold.io.file_names import stem, suffix
from protfold.runs.alignments import check_query, read_alignment
from protfold.runs.folder_names import folder_names
from protfold.runs.records import BrokenRecord, read_records

SEQUENCE_SUFFIXES = (".fasta", ".fa", ".faa", ".fas", ".seq", ".csv")
ALIGNMENT_SUFFIXES = (".a3m", ".sto", ".stockholm", ".stk", ".afa", ".a2m", ".aln")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One thing to fold.

    Attributes:
        id: as the user named it.
        folder: its folder below the output folder.
        chains: one-letter residues of each chain.
        source: file it came from.
        msa_path: alignment file given for it.
        msa_depth: rows of that alignment.
    """

    id: str
    folder: str
    chains: tuple[str, ...]
    source: str
    msa_path: str | None = None
    msa_depth: int | None = None

    @property
    def length(self) -> int:
        """Residues of all chains."""
        return sum(map(len, self.chains))


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedTarget:
    """A record or file that cannot be folded.

    Attributes:
        id: of the record, or the file's name.
        folder: the folder it would have had.
        source: file it came from.
        reason: what is wrong, where, and the cure.
    """

    id: str
    folder: str
    source: str
    reason: str

    @property
    def length(self) -> None:
        """Not known."""
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectedTargets:
    """All inputs of a run.

    Attributes:
        found: every record, in the order of the input.
    """

    found: tuple[Target | RejectedTarget, ...]

    @property
    def targets(self) -> tuple[Target, ...]:
        """What can be folded."""
        return tuple(target for target in self.found if isinstance(target, Target))

    @property
    def rejected(self) -> tuple[RejectedTarget, ...]:
        """What cannot."""
        return tuple(target for target in self.found if isinstance(target, RejectedTarget))


def collect_targets(inputs: Ordered[str | Path], *, msa: str | Path | None = None, needs_msa: bool = False) -> CollectedTargets:
    """Read every input and check all that can be checked without folding, alignments included.

    Args:
        inputs: FASTA, CSV or alignment files, or folders of them.
        msa: alignment file of the one target, or a folder of alignments named by record id.
        needs_msa: with a folder, reject a target that has no alignment there (when nothing else would make one).

    Raises:
        InputError: an input or `msa` is missing, or they do not go together.
    """
    alignments = None if msa is None else _GivenAlignments(Path(msa), needs_msa)
    found: list[Target | RejectedTarget] = []
    for path in _files(inputs):
        found += _read_file(path)
    if alignments is not None:
        found = alignments.assign(found)
    names = folder_names([target.id for target in found], [_content(target) for target in found])
    return CollectedTargets(found=tuple(replace(target, folder=name) for target, name in zip(found, names, strict=True)))


def parse_chains(sequence: str, id: str) -> tuple[str, ...]:
    """The chains of one sequence given as text, `A:B` for a complex.

    Raises:
        InputError: a character is no residue, or a chain is empty.
    """
    if ">" in sequence:
        raise InputError("give residues only, without a header", record=id)
    try:
        return parse_fasta(f">sequence\n{sequence}\n")[0].chains
    except InputError as error:
        raise InputError(error.problem, record=id) from None


def _files(inputs: Ordered[str | Path]) -> list[Path]:
    files = []
    for path in map(Path, inputs):
        if not path.exists():
            raise InputError("there is no such file or folder", file=path)
        if not path.is_dir():
            files.append(path)
            continue
        inside = [file for file in sorted(path.iterdir()) if suffix(file) in SEQUENCE_SUFFIXES + ALIGNMENT_SUFFIXES]
        if not inside:
            raise InputError(f"the folder holds no file ending in {', '.join(SEQUENCE_SUFFIXES + ALIGNMENT_SUFFIXES)}", file=path)
        files += inside
    return files


def _read_file(path: Path) -> list[Target | RejectedTarget]:
    try:
        if suffix(path) in ALIGNMENT_SUFFIXES:
            chains, msa = read_alignment(path)
            return [Target(id=stem(path), folder="", chains=chains, source=str(path), msa_path=str(path), msa_depth=msa.depth)]
        return [_as_target(record, path) for record in read_records(path)]
    except InputError as error:
        return [RejectedTarget(id=stem(path), folder="", source=str(path), reason=str(error))]


def _as_target(record: Sequence | BrokenRecord, path: Path) -> Target | RejectedTarget:
    if isinstance(record, BrokenRecord):
        return RejectedTarget(id=record.id, folder="", source=str(path), reason=str(record.error))
    return Target(id=record.id, folder="", chains=record.chains, source=str(path))


def _content(target: Target | RejectedTarget) -> str:
    return ":".join(target.chains) if isinstance(target, Target) else target.source


class _GivenAlignments:
    """What `--msa` names: one file for one target, or a folder keyed by record id."""

    def __init__(self, path: Path, needed: bool) -> None:
        if not path.exists():
            raise InputError("there is no such alignment file or folder", file=path)
        self.path, self.needed = path, needed
        self.by_id = {stem(file): file for file in sorted(path.iterdir()) if _is_alignment(file)} if path.is_dir() else None

    def assign(self, found: list[Target | RejectedTarget]) -> list[Target | RejectedTarget]:
        if any(isinstance(target, Target) and target.msa_path is not None for target in found):
            raise InputError("--msa is for sequences, but an input is an alignment already; leave one of them out", file=self.path)
        if self.by_id is None and len(found) != 1:
            raise InputError(
                f"one alignment file cannot serve {len(found)} targets; give a folder of files named by record id", file=self.path
            )
        return [self._with_alignment(target) if isinstance(target, Target) else target for target in found]

    def _with_alignment(self, target: Target) -> Target | RejectedTarget:
        path = self.path if self.by_id is None else self.by_id.get(target.id)
        try:
            if path is None:
                if not self.needed:
                    return target
                raise InputError(f"no alignment for record {target.id!r}; add {target.id}.a3m, or ask for a search", file=self.path)
            _, msa = read_alignment(path)
            check_query(msa, target.chains, file=path)
        except InputError as error:
            return RejectedTarget(id=target.id, folder="", source=target.source, reason=str(error))
        return replace(target, msa_path=str(path), msa_depth=msa.depth)


def _is_alignment(path: Path) -> bool:
    return suffix(path) in (*ALIGNMENT_SUFFIXES, ".fasta", ".fa", ".fas")
