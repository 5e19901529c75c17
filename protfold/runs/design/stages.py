"""One step of one backbone: search, refold, relax, save. Small plain arguments in, a file named by its content key out.

As in `protfold.runs.stages`, a stage whose file exists does nothing, and each function can be called alone, in any process that sees
the folder: a run that was killed goes on after the last finished stage.
"""

import logging
from pathlib import Path

from protfold.inference.progress import Progress
from protfold.runs import store
from protfold.runs.design.files import save_design
from protfold.runs.design.models import build_models
from protfold.runs.design.ranking import RankedDesign, rank_designs
from protfold.runs.design.refolding import fold_design, read_folded, write_folded
from protfold.runs.design.result import designs_to_relax, make_design_result
from protfold.runs.design.search import LoadDesigner, load_designer_once, read_search, search_designs, write_search
from protfold.runs.design.tasks import DesignTask, refold_key, relax_key, samples_key, task_key
from protfold.runs.predictors import LoadPredictor, load_predictor
from protfold.runs.relaxation import relax_model
from protfold.runs.relaxation_file import read_relaxation, write_relaxation

logger = logging.getLogger(__name__)


def search(task: DesignTask, *, designer: LoadDesigner = load_designer_once, progress: Progress | None = None) -> str:
    """Leave the samples; notes of the constraints are logged as warnings.

    Raises:
        InputError: a structure or constraint cannot be used.
    """
    path = _search_file(task, designer)
    if not path.is_file():
        backbone = task.read()
        for note in backbone.constraints.notes:
            logger.warning("%s: %s", task.name, note)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_search(path, search_designs(backbone.encode(designer(task.options)), backbone, task.options, progress))
    return str(path)


def ranks_to_refold(task: DesignTask, *, designer: LoadDesigner = load_designer_once) -> tuple[int, ...]:
    """Ranks of the designs to fold once the samples are there."""
    return tuple(one.rank for one in _ranked(task, designer)) if task.options.refold else ()


def ranks_to_relax(task: DesignTask, *, designer: LoadDesigner = load_designer_once) -> tuple[int, ...]:
    """Ranks of the designs whose models are to be relaxed once the samples are there."""
    return tuple(one.rank for one in designs_to_relax(_ranked(task, designer), task.options))


def refold(
    task: DesignTask,
    rank: int,
    *,
    designer: LoadDesigner = load_designer_once,
    predictor: LoadPredictor = load_predictor,
    progress: Progress | None = None,
) -> str:
    """Leave the prediction of one design, or the reason why there is none."""
    path = _refold_file(task, rank, designer, predictor)
    if not path.is_file():
        options = task.options.folding
        design = _ranked(task, designer)[rank - 1]
        write_folded(path, fold_design(design.chains, options, predictor(task.options.refold_weights, options), progress))
    return str(path)


def relax(task: DesignTask, rank: int, *, designer: LoadDesigner = load_designer_once) -> str:
    """Leave the relaxed models of one design, or the reasons why they are not relaxed."""
    files = _relax_files(task, rank, designer)
    if not all(path.is_file() for path in files):
        backbone = task.read()
        models = build_models(backbone, _ranked(task, designer)[rank - 1], backbone.encode(designer(task.options)))
        for path, model in zip(files, models, strict=True):
            if not path.is_file():
                write_relaxation(path, relax_model(model, device=task.options.device))
    return str(files[0])


def save(task: DesignTask, *, designer: LoadDesigner = load_designer_once, predictor: LoadPredictor = load_predictor) -> str:
    """Put together what the stages left, and write the files, `DONE` last; notes on what was found are logged as warnings."""
    options, backbone, loaded = task.options, task.read(), designer(task.options)
    folding = predictor(options.refold_weights, options.folding) if options.refold else None
    result = make_design_result(
        loaded,
        backbone,
        read_search(_search_file(task, designer)),
        options,
        encoded=backbone.encode(loaded) if options.side_chains else None,
        folded={
            rank: read_folded(_refold_file(task, rank, designer, predictor)) for rank in ranks_to_refold(task, designer=designer)
        },
        relaxed={
            rank: tuple(read_relaxation(path) for path in _relax_files(task, rank, designer))
            for rank in ranks_to_relax(task, designer=designer)
        },
        predictor=folding,
        sources=[(path, store.file_digest(Path(path))) for path in task.files],
    )
    for note in result.found_notes:
        logger.warning("%s: %s", task.name, note)
    return str(save_design(result, Path(task.folder), key=task_key(task, designer=designer, predictor=predictor)))


def _ranked(task: DesignTask, designer: LoadDesigner) -> tuple[RankedDesign, ...]:
    return rank_designs(read_search(_search_file(task, designer)), task.read())


def _search_file(task: DesignTask, designer: LoadDesigner) -> Path:
    return Path(task.folder, store.STAGES, f"search-{samples_key(task, designer)[:16]}.npz")


def _refold_file(task: DesignTask, rank: int, designer: LoadDesigner, predictor: LoadPredictor) -> Path:
    return Path(task.folder, store.STAGES, f"refold-{refold_key(task, designer, predictor)[:16]}-{rank}.npz")


def _relax_files(task: DesignTask, rank: int, designer: LoadDesigner) -> list[Path]:
    key = relax_key(task, designer)[:16]
    return [Path(task.folder, store.STAGES, f"relax-{key}-{rank}-{state}.npz") for state in range(1, len(task.files) + 1)]
