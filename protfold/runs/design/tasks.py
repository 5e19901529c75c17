"""What a design run shall do, collected from structure files; everything that can be wrong with it is found before any work.

The rule of failure: a missing input, a constraint that cannot be read or does not fit a backbone, and inputs from which nothing at all
can be designed stop a run before it starts. A file that is no usable structure beside good ones is a failed backbone with its reason.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import protfold
from protfold.errors import InputError
from protfold.io import read_structure, sweep_stale_temporaries
from protfold.io.file_names import stem
from protfold.runs import store
from protfold.runs.design.backbones import Backbone, constraint_file_of, resolve_backbone
from protfold.runs.design.models import check_side_chains
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.search import LoadDesigner, load_designer_once
from protfold.runs.folder_names import folder_names
from protfold.runs.predictors import LoadPredictor, load_predictor
from protfold.runs.structure_files import structure_files

FOREIGN = ("scores.json", "relax.json")
"""Files by which a folder of another command is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignTask:
    """One sequence to design, for one backbone or several states.

    Attributes:
        files: of the states.
        folder: where its results go.
        options: how.
        problem: why nothing can be designed; empty if something can.
    """

    files: tuple[str, ...]
    folder: str
    options: DesignOptions
    problem: str = ""

    @property
    def name(self) -> str:
        """What messages call it."""
        return stem(Path(self.files[0]))

    @property
    def search_key(self) -> str:
        """Content key of the samples, but for the parameters: structures, constraints and how they are looked for."""
        options = self.options
        file = None if options.constraint_file is None else constraint_file_of(options.constraint_file, self.name)
        return store.content_key(
            "design",
            protfold.__version__,
            [[stem(Path(path)), store.file_digest(Path(path))] for path in self.files],
            asdict(options.constraints),
            None if file is None else [file.suffix, store.file_digest(file)],
            options.state_weights,
            options.num_sequences,
            options.sampler().temperature if options.diversity is None else None,
            options.diversity,
            options.seed,
            options.start,
            options.restarts,
        )

    def read(self) -> Backbone:
        """The backbone with its constraints.

        Raises:
            InputError: a file is no structure, or a constraint does not fit it; the message names the file.
        """
        states = [read_structure(path) for path in self.files]
        try:
            return resolve_backbone(states, self.options)
        except InputError as error:
            if error.file is not None:
                raise
            raise InputError(error.problem, file=" and ".join(self.files)) from None


def prepare(
    inputs: Sequence[str | Path],
    output: Path,
    options: DesignOptions,
    *,
    states: bool = False,
    designer: LoadDesigner = load_designer_once,
    predictor: LoadPredictor = load_predictor,
) -> list[DesignTask]:
    """A task for each structure file, or one for all of them together.

    Args:
        inputs: PDB or mmCIF files, or folders of them.
        output: the run's folder, made when missing.
        options: how to design.
        states: whether the files are states of one sequence.
        designer, predictor: where parameters come from.

    Raises:
        InputError: an input is missing, nothing can be designed, a constraint does not fit, or the output folder cannot be used.
        WeightsError: parameters are missing or damaged.
    """
    files = [file for path in map(Path, inputs) for file in structure_files(path)]
    groups = [tuple(map(str, files))] if states else [(str(file),) for file in files]
    names = folder_names([stem(Path(group[0])) for group in groups], ["\n".join(group) for group in groups])
    tasks = [DesignTask(files=group, folder=str(output / name), options=options) for group, name in zip(groups, names, strict=True)]
    tasks = [replace(task, problem=_problem(task)) for task in tasks]
    if all(task.problem for task in tasks):
        more = f" (and {len(tasks) - 1} more that cannot be designed on)" if len(tasks) > 1 else ""
        raise InputError(tasks[0].problem + more)
    check_side_chains(designer(options), side_chains=options.side_chains)
    if options.refold:
        predictor(options.refold_weights, options.folding)
    store.check_writable(output)
    for folder in (output, *(Path(task.folder) for task in tasks)):
        sweep_stale_temporaries(folder)
    return tasks


def is_complete(
    task: DesignTask, *, designer: LoadDesigner = load_designer_once, predictor: LoadPredictor = load_predictor
) -> bool:
    """Whether the task's folder answers this very request already."""
    return store.is_complete(Path(task.folder), task_key(task, designer=designer, predictor=predictor))


def samples_key(task: DesignTask, designer: LoadDesigner) -> str:
    """Content key of the samples."""
    return store.content_key(task.search_key, designer(task.options).weights.sha256)


def refold_key(task: DesignTask, designer: LoadDesigner, predictor: LoadPredictor) -> str:
    """Content key of the designs' predictions."""
    options = task.options
    return store.content_key(
        "refold", samples_key(task, designer), predictor(options.refold_weights, options.folding).weights.sha256, options.seed
    )


def relax_key(task: DesignTask, designer: LoadDesigner) -> str:
    """Content key of the relaxed models."""
    return store.content_key("relax", samples_key(task, designer))


def task_key(task: DesignTask, *, designer: LoadDesigner, predictor: LoadPredictor) -> str:
    """Content key of everything in the task's folder."""
    options = task.options
    refold = refold_key(task, designer, predictor) if options.refold else None
    return store.content_key(samples_key(task, designer), refold, options.side_chains, options.relax)


def _problem(task: DesignTask) -> str:
    """Why a file is no backbone, or its folder no place for results; empty if nothing is wrong.

    Raises:
        InputError: a constraint does not fit the structure.
    """
    try:
        for path in task.files:
            read_structure(path)
    except InputError as error:
        return str(error)
    task.read()
    folder = Path(task.folder)
    if foreign := [name for name in FOREIGN if (folder / name).exists()]:
        return f"{folder} holds results of another command ({foreign[0]}); give another output folder"
    return ""
