"""Fold one sequence in memory, or many targets into a run folder."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from protfold.entities import Msa, Template
from protfold.errors import InputError, reason_of
from protfold.inference.prediction import Prediction
from protfold.inference.progress import Progress
from protfold.io import sweep_stale_temporaries
from protfold.runs import stages, store
from protfold.runs.alignments import check_query, read_alignment
from protfold.runs.keys import search_engine
from protfold.runs.options import NO_TEMPLATES, FoldOptions
from protfold.runs.predictors import LoadPredictor, load_predictor, parameter_sets
from protfold.runs.relaxation import Relaxation, relax_model
from protfold.runs.report import write_run_page
from protfold.runs.result import FoldResult, chosen_to_relax, make_result
from protfold.runs.run_progress import RunProgress, Silence
from protfold.runs.stages import find_alignment, predict_msa
from protfold.runs.summary import RunSummary, TargetRow, done_row, failed_row, read_rows, skipped_row, write_rows
from protfold.runs.targets import RejectedTarget, Target, parse_chains
from protfold.runs.templates import check_reads_templates, check_templates, find_templates, lay_templates, used_templates

logger = logging.getLogger(__name__)


def fold(
    sequence: str,
    msa: str | Path | Msa | None = None,
    weights: str | Sequence[str] = "mini",
    *,
    templates: str | Path | Sequence[str | Path | Template] | None = None,
    name: str = "target",
    progress: Progress | None = None,
    load: LoadPredictor = load_predictor,
    **options: Any,
) -> FoldResult:
    """Fold one sequence and return the ranked predictions; writes nothing.

    Args:
        sequence: one-letter residues; `A:B` gives a complex.
        msa: alignment file or `Msa` whose first row is the sequence; the sequence alone when left out.
        weights: name or path of a parameter set, or several.
        templates: a structure file or folder as for `--templates`, or a list of structure files and of `Template`s laid over the
            sequence. Structures that do not fit are left out with a note.
        name: what the files and messages call it.
        progress: called with (step, done, total).
        load: where predictors come from.
        **options: further fields of `FoldOptions`: `seed`, `num_seeds`, `recycles`, `relax`, `search`, `database`, `device`, ...
            As for the command, the best prediction is relaxed unless `relax` says `"all"` or `"none"`.

    Raises:
        InputError: the sequence, the alignment, a structure or an option cannot be used, or no weights read templates.
        WeightsError: the parameter set is missing or damaged.
        PredictionError: no finite result, or memory did not suffice.
    """
    place = str(templates) if isinstance(templates, str | Path) else NO_TEMPLATES
    structures = () if templates is None or isinstance(templates, str | Path) else templates
    chosen = FoldOptions(weights=(weights,) if isinstance(weights, str) else tuple(weights), templates=place, **options)
    target = Target(id=name, folder=name, chains=parse_chains(sequence, name), source="")
    predictors = [load(weights, chosen) for weights in parameter_sets(chosen)]
    if place != NO_TEMPLATES or structures:
        check_reads_templates(predictors)
    found = lay_templates(target, structures) if structures else find_templates(target, chosen)
    notes: list[str] = []
    if msa is None:
        msa, notes = find_alignment(target, chosen)
    elif not isinstance(msa, Msa):
        _, msa = read_alignment(msa)
    check_query(msa, target.chains)
    predictions = [
        predict_msa(target, msa, chosen, predictor, seed, progress, found.templates)
        for predictor in predictors
        for seed in chosen.seeds
    ]
    relaxations = _relax_chosen(target, predictions, chosen, progress)
    return make_result(target, msa, predictions, chosen, predictors, notes, used_templates(found, predictors), relaxations)


def _relax_chosen(
    target: Target, predictions: list[Prediction], options: FoldOptions, progress: Progress | None
) -> dict[int, Relaxation]:
    relaxations: dict[int, Relaxation] = {}
    chosen = chosen_to_relax(predictions, options)
    for index in chosen:
        if progress is not None:
            progress("relax", len(relaxations), len(chosen))
        relaxations[index] = relax_model(predictions[index].protein, device=options.device)
        if relaxations[index].status == "failed":
            logger.warning("%s: a prediction is not relaxed: %s", target.id, relaxations[index].reason)
    return relaxations


def fold_targets(
    targets: Sequence[Target | RejectedTarget],
    options: FoldOptions,
    output: str | Path,
    *,
    overwrite: bool = False,
    progress: RunProgress[Target, TargetRow] | None = None,
    load: LoadPredictor = load_predictor,
) -> RunSummary:
    """Fold every target into its folder below `output`; a target that fails leaves a row with its reason and stops no other.

    Targets that are complete already are skipped. The summary is on the disk after each target, the run's page at the end.

    Args:
        targets: what to fold; a rejected one gets a row as failed.
        options: how.
        output: the run's folder, made when missing.
        overwrite: fold complete targets again.
        progress: hears of each target and step.
        load: where predictors come from.

    Raises:
        ProtfoldError: nothing could be started, see `prepare`; or the summary could not be written.
    """
    output, progress = Path(output), progress or Silence()
    prepare(targets, options, output, load)
    earlier = read_rows(output)
    rows: list[TargetRow] = []
    try:
        for index, target in enumerate(targets, start=1):
            if isinstance(target, RejectedTarget):
                row = failed_row(target, target.reason)
            else:
                progress.started(target, index, len(targets))
                row = _fold_target(
                    target, options, output, earlier=earlier.get(target.folder), overwrite=overwrite, progress=progress, load=load
                )
            rows.append(row)
            progress.finished(row)
            write_rows(output, rows, earlier)
    finally:  # a run that is stopped has its page too
        write_run_page(output)
    return RunSummary(rows=tuple(rows), output=output)


def prepare(
    targets: Sequence[Target | RejectedTarget], options: FoldOptions, output: Path, load: LoadPredictor = load_predictor
) -> None:
    """Everything that can be wrong with a whole run is found here, before the first target.

    Raises:
        ProtfoldError: no target can be folded, the parameters do not load, or the database, a template or the output folder cannot
            be used.
    """
    if all(isinstance(target, RejectedTarget) for target in targets):
        reasons = [target.reason for target in targets if isinstance(target, RejectedTarget)]
        more = f" (and {len(reasons) - 1} more; `protfold validate` shows all)" if len(reasons) > 1 else ""
        raise InputError(f"no target can be folded: {reasons[0]}{more}")
    check_templates(targets, options, [load(weights, options) for weights in parameter_sets(options)])
    search_engine(options)
    store.check_writable(output)
    for folder in (output, *(output / target.folder for target in targets)):
        sweep_stale_temporaries(folder)


def _fold_target(
    target: Target,
    options: FoldOptions,
    output: Path,
    *,
    earlier: TargetRow | None,
    overwrite: bool,
    progress: RunProgress[Target, TargetRow],
    load: LoadPredictor,
) -> TargetRow:
    try:
        if overwrite:
            store.clear(output / target.folder)
            store.remove_stages(output / target.folder)
        elif stages.is_complete(target, options, str(output), load=load):
            store.remove_stages(output / target.folder)
            return skipped_row(target, output, earlier)
        return _run_stages(target, options, output, progress, load)
    except Exception as error:
        logger.debug("%s failed", target.id, exc_info=True)
        return failed_row(target, reason_of(error))


def _run_stages(
    target: Target, options: FoldOptions, output: Path, progress: RunProgress[Target, TargetRow], load: LoadPredictor
) -> TargetRow:
    def step(name: str, done: int, total: int) -> None:
        progress.step(target, name, done, total)

    step("align", 0, 1)
    aligned = stages.align(target, options, str(output))
    predicted = []
    for weights in parameter_sets(options):
        for seed in options.seeds:
            predicted.append(stages.predict(target, options, str(output), weights=weights, seed=seed, progress=step, load=load))
    relaxed = []
    chosen = stages.to_relax(target, options, str(output), load=load)
    for done, (prediction_file, relaxed_file) in enumerate(chosen):
        step("relax", done, len(chosen))
        relaxed.append(stages.relax(prediction_file, relaxed_file, options))
    step("save", 0, 1)
    saved = stages.save(target, options, str(output), load=load)
    return done_row(target, output, aligned, predicted, relaxed, saved)
