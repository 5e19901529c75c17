"""Design sequences on backbones: one in memory, or many into a folder each. Resumable: a backbone that is complete is skipped."""

import logging
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from protfold.design.constraint_options import ConstraintOptions
from protfold.design.designer import Designer
from protfold.entities import Protein
from protfold.errors import InputError, reason_of
from protfold.inference.progress import Progress
from protfold.io import read_structure
from protfold.runs import store
from protfold.runs.design import stages
from protfold.runs.design.backbones import resolve_backbone
from protfold.runs.design.files import DESIGN_FILES
from protfold.runs.design.models import build_models, check_side_chains
from protfold.runs.design.options import DesignOptions
from protfold.runs.design.ranking import rank_designs
from protfold.runs.design.refolding import fold_design
from protfold.runs.design.result import DesignResult, designs_to_relax, make_design_result
from protfold.runs.design.search import LoadDesigner, load_designer_once, search_designs
from protfold.runs.design.summary import DesignRow, DesignSummary, failed_row, read_rows, stored_row, write_rows
from protfold.runs.design.tasks import DesignTask, is_complete
from protfold.runs.predictors import LoadPredictor, load_predictor
from protfold.runs.relaxation import relax_model
from protfold.runs.run_progress import RunProgress, Silence

logger = logging.getLogger(__name__)

Structure = Protein | str | Path
_CONSTRAINTS = tuple(field.name for field in fields(ConstraintOptions))


def design(
    backbone: Structure | None = None,
    weights: str | Designer = "designer",
    *,
    states: Sequence[Structure] | None = None,
    state_weights: Sequence[float | int] | None = None,
    constraints: str | Path | None = None,
    progress: Progress | None = None,
    load: LoadPredictor = load_predictor,
    **options: Any,
) -> DesignResult:
    """Design sequences for a backbone, or for several as states of one sequence; writes nothing.

    Args:
        backbone: a structure, or a PDB or mmCIF file.
        weights: name or path of a designer's parameters, or a designer at hand.
        states: instead of one backbone, several; residues of equal chain, number and insertion code get one type.
        state_weights: of the states, 1 by default.
        constraints: a file of constraints, or a folder of them named as the backbones are.
        progress: called with (step, done, total).
        load: where predictors come from.
        **options: `chains`, `design`, `fix`, `exclude`, `exclude_at`, `bias`, `bias_at`, `tie`, `homo_oligomer` as text
            (`protfold.design.ConstraintOptions`), and fields of `DesignOptions`: `num_sequences`, `temperature`, `diversity`, `seed`,
            `start`, `restarts`, `refold`, `refold_weights`, `side_chains`, `relax`, `device`, `threads`.

    Raises:
        InputError: a structure, a constraint or an option cannot be used.
        WeightsError: parameters are missing or damaged.
    """
    given = [backbone] if states is None and backbone is not None else list(states or ())
    if not given or (states is not None and backbone is not None):
        raise InputError("give a backbone, or several as states")
    chosen = _options(options, weights, constraints, state_weights)
    read = [one if isinstance(one, Protein) else read_structure(one) for one in given]
    resolved = resolve_backbone(read, chosen)
    for note in resolved.constraints.notes:
        logger.warning("%s: %s", resolved.name, note)
    designer = weights if isinstance(weights, Designer) else load_designer_once(chosen)
    check_side_chains(designer, side_chains=chosen.side_chains)
    predictor = load(chosen.refold_weights, chosen.folding) if chosen.refold else None
    encoded = resolved.encode(designer)
    found = search_designs(encoded, resolved, chosen, progress)
    ranked = rank_designs(found, resolved)
    folded = {}
    if predictor is not None:
        for one in ranked:
            if progress is not None:
                progress("refold", one.rank - 1, len(ranked))
            folded[one.rank] = fold_design(one.chains, chosen.folding, predictor)
    relaxed = {
        one.rank: tuple(relax_model(model, device=chosen.device) for model in build_models(resolved, one, encoded))
        for one in designs_to_relax(ranked, chosen)
    }
    files = [Path(one) for one in given if not isinstance(one, Protein)]
    sources = [(str(file), store.file_digest(file)) for file in files] if len(files) == len(given) else []
    return make_design_result(
        designer,
        resolved,
        found,
        chosen,
        encoded=encoded if chosen.side_chains else None,
        folded=folded,
        relaxed=relaxed,
        predictor=predictor,
        sources=sources,
    )


def design_backbones(
    tasks: Sequence[DesignTask],
    output: Path,
    *,
    overwrite: bool = False,
    progress: RunProgress[DesignTask, DesignRow] | None = None,
    designer: LoadDesigner = load_designer_once,
    predictor: LoadPredictor = load_predictor,
) -> DesignSummary:
    """Design on every backbone into its folder; one that fails leaves a row with its reason and stops no other.

    Args:
        tasks: of `protfold.runs.design.tasks.prepare`.
        output: the run's folder; the summary there is written after each backbone.
        overwrite: design on complete backbones again.
        progress: hears of each backbone and step.
        designer, predictor: where parameters come from.

    Raises:
        ProtfoldError: the summary could not be written.
    """
    progress, earlier = progress or Silence(), read_rows(output)
    rows: list[DesignRow] = []
    for index, task in enumerate(tasks, start=1):
        progress.started(task, index, len(tasks))
        try:
            row = _design_task(task, earlier, progress, overwrite, designer, predictor)
        except Exception as error:
            logger.debug("%s failed", task.name, exc_info=True)
            row = failed_row(task, reason_of(error))
        rows.append(row)
        write_rows(output, rows, earlier)
        progress.finished(row)
    return DesignSummary(rows=tuple(rows), output=output)


def clear(task: DesignTask) -> None:
    """Take away what earlier runs left of a task."""
    store.clear(Path(task.folder), DESIGN_FILES)
    store.remove_stages(Path(task.folder))


def _design_task(
    task: DesignTask,
    earlier: dict[str, DesignRow],
    progress: RunProgress[DesignTask, DesignRow],
    overwrite: bool,
    designer: LoadDesigner,
    predictor: LoadPredictor,
) -> DesignRow:
    if task.problem:
        return failed_row(task, task.problem)
    if overwrite:
        clear(task)
    elif is_complete(task, designer=designer, predictor=predictor):
        store.remove_stages(Path(task.folder))
        return stored_row(task, "skipped", earlier=earlier.get(Path(task.folder).name))
    started = time.perf_counter()

    def step(name: str, done: int, total: int) -> None:
        progress.step(task, name, done, total)

    stages.search(task, designer=designer, progress=step)
    to_refold = stages.ranks_to_refold(task, designer=designer)
    for done, rank in enumerate(to_refold):
        step("refold", done, len(to_refold))
        stages.refold(task, rank, designer=designer, predictor=predictor)
    to_relax = stages.ranks_to_relax(task, designer=designer)
    for done, rank in enumerate(to_relax):
        step("relax", done, len(to_relax))
        stages.relax(task, rank, designer=designer)
    step("save", 0, 1)
    stages.save(task, designer=designer, predictor=predictor)
    return stored_row(task, "done", seconds=time.perf_counter() - started)


def _options(
    given: dict[str, Any], weights: str | Designer, constraints: str | Path | None, state_weights: Sequence[float | int] | None
) -> DesignOptions:
    texts = {name: given.pop(name) for name in _CONSTRAINTS if name in given}
    known = {field.name for field in fields(DesignOptions)} - {"weights", "constraints", "constraint_file", "state_weights"}
    if unknown := sorted(set(given) - known):
        raise InputError(f"there is no option {unknown[0]}; known are {', '.join(sorted({*known, *_CONSTRAINTS}))}")
    return DesignOptions(
        weights=weights if isinstance(weights, str) else weights.weights.name,
        constraints=ConstraintOptions(**texts),
        constraint_file=None if constraints is None else str(constraints),
        state_weights=None if state_weights is None else tuple(map(float, state_weights)),
        **given,
    )
