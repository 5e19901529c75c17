"""The choices of a fold run, as plain values that a task queue can carry and a manifest can print."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from protfold.errors import InputError

SearchEngine = Literal["none", "jackhmmer"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Dtype = Literal["float32", "bfloat16"]
RelaxModels = Literal["best", "all", "none"]

NO_TEMPLATES = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoldOptions:
    """How to fold; the same for every target of a run.

    Attributes:
        weights: names or paths of parameter sets; each predicts every target.
        search: engine that makes alignments for targets that come without one.
        database: FASTA file to search.
        templates: structure file, or folder of them, see `protfold.runs.templates`; `none` for none.
        num_seeds: predictions for each parameter set, with seeds `seed`, `seed + 1`, ...
        seed: of every random draw.
        recycles: passes after the first; None for the number the weights were made for.
        recycle_tolerance: stop recycling when CA distances change by less (Å); 0 never stops early.
        relax: predictions to relax: the `best`, `all`, or `none`.
        max_msa: alignment rows as cluster centres and as extra rows; None for what the weights were made for.
        device, dtype, threads: where and how to compute; `threads` None for PyTorch's choice.

    Raises:
        InputError: a value out of range, or a combination that cannot run.
    """

    weights: tuple[str, ...] = ("mini",)
    search: SearchEngine = "none"
    database: str | None = None
    templates: str = NO_TEMPLATES
    num_seeds: int = 1
    seed: int = 0
    recycles: int | None = None
    recycle_tolerance: float = 0.0
    relax: RelaxModels = "best"
    max_msa: tuple[int, int] | None = None
    device: Device = "auto"
    dtype: Dtype = "float32"
    threads: int | None = None

    def __post_init__(self) -> None:
        if not self.weights:
            raise InputError("no weights given; name at least one parameter set")
        if self.search == "jackhmmer" and self.database is None:
            raise InputError("--search jackhmmer needs a database; give --database FILE.fasta")
        if self.search == "none" and self.database is not None:
            raise InputError("--database is given but --search is none; use --search jackhmmer or leave the database out")
        if self.database is not None and not Path(self.database).is_file():
            raise InputError("no such database file", file=self.database)
        if self.templates == "search":
            raise InputError("--templates search is not there yet; give a structure file, a folder of them, or none")
        if self.templates != NO_TEMPLATES and not Path(self.templates).exists():
            raise InputError("no such template file or folder", file=self.templates)
        if self.relax not in get_args(RelaxModels):
            raise InputError(f"--relax is {self.relax!r}; give one of {', '.join(get_args(RelaxModels))}")
        for name, least in (("num_seeds", 1), ("seed", 0), ("recycles", 0), ("recycle_tolerance", 0.0), ("threads", 1)):
            value = getattr(self, name)
            if value is not None and not least <= value < math.inf:
                raise InputError(f"--{name.replace('_', '-')} is {value}; give {least} or more")
        if self.max_msa is not None and (self.max_msa[0] < 1 or self.max_msa[1] < 0):
            raise InputError(f"--max-msa is {self.max_msa[0]}:{self.max_msa[1]}; give at least 1:0")

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seed of each prediction of one parameter set."""
        return tuple(range(self.seed, self.seed + self.num_seeds))
