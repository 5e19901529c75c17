"""One step of one target: align, predict, relax, save. Small plain arguments in, a file named by its content key out.

A stage whose file exists already does nothing, so a run that was killed goes on after the last finished stage. Each function can be
called alone, in any process that sees the output folder; nothing is handed over in memory.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from protfold.entities import Msa, Template
from protfold.inference.prediction import Prediction
from protfold.inference.progress import Progress
from protfold.io import write_atomically
from protfold.runs import store
from protfold.runs.alignments import check_query, format_alignment, read_alignment, single_sequence_msa, unpaired_msa
from protfold.runs.keys import alignment_key, prediction_key, relaxation_key, search_engine, target_key
from protfold.runs.options import NO_TEMPLATES, FoldOptions
from protfold.runs.peak_memory import PeakMemory
from protfold.runs.prediction_file import read_prediction, write_prediction
from protfold.runs.predictors import FoldingPredictor, LoadPredictor, load_predictor, parameter_sets
from protfold.runs.relaxation import Relaxation, relax_model
from protfold.runs.relaxation_file import read_relaxation, write_relaxation
from protfold.runs.result import chosen_to_relax, make_result
from protfold.runs.result_files import save_result
from protfold.runs.targets import Target
from protfold.runs.template_file import read_templates, write_templates
from protfold.runs.templates import FoundTemplates, find_templates, template_key, used_templates
from protfold.search import cached_search


@dataclass(frozen=True, kw_only=True, slots=True)
class StageResult:
    """What a stage left.

    Attributes:
        path: the file, or the target's folder.
        seconds: wall time; None when it was there already.
        peak_memory_mib: None when it was there already.
    """

    path: str
    seconds: float | None = None
    peak_memory_mib: float | None = None


def is_complete(target: Target, options: FoldOptions, output: str, *, load: LoadPredictor = load_predictor) -> bool:
    """Whether the target's folder answers this very request already."""
    return store.is_complete(Path(output, target.folder), target_key(target, options, load))


def align(target: Target, options: FoldOptions, output: str) -> StageResult:
    """Leave the target's alignment as A3M (the user's, the search's, or the query alone) and the templates that fit it.

    Raises:
        InputError: the user's alignment or a template file cannot be used.
        SearchError: the search failed.
    """
    path = _alignment_file(target, options, output)

    def write_alignment() -> None:
        msa, notes = find_alignment(target, options)
        write_atomically(path.with_suffix(".json"), json.dumps({"source": msa.source, "notes": notes}))
        write_atomically(path, format_alignment(msa, target.chains))

    files = {path: write_alignment}
    if options.templates != NO_TEMPLATES:
        templates_path = _templates_file(target, options, output)
        files[templates_path] = lambda: write_templates(templates_path, find_templates(target, options))
    return _run_once(files)


def predict(
    target: Target,
    options: FoldOptions,
    output: str,
    *,
    weights: str,
    seed: int,
    progress: Progress | None = None,
    load: LoadPredictor = load_predictor,
) -> StageResult:
    """Leave one prediction, of one parameter set and seed, for what `align` left.

    Raises:
        PredictionError: no finite result, or memory did not suffice.
    """
    predictor = load(weights, options)
    path = _prediction_file(target, options, output, predictor, seed)

    def write() -> None:
        msa, _ = _read_alignment(target, options, output)
        templates = _read_templates(target, options, output).templates
        write_prediction(path, predict_msa(target, msa, options, predictor, seed, progress, templates))

    return _run_once({path: write})


def to_relax(
    target: Target, options: FoldOptions, output: str, *, load: LoadPredictor = load_predictor
) -> tuple[tuple[str, str], ...]:
    """What `relax` is to do once all predictions are there: the file of each prediction to relax, and the file to leave."""
    if options.relax == "none":
        return ()
    files = _prediction_files(target, options, output, load)
    if options.relax == "all":
        return tuple((str(predicted), str(relaxed)) for predicted, relaxed in files)
    (best,) = chosen_to_relax([read_prediction(predicted) for predicted, _ in files], options)
    predicted, relaxed = files[best]
    return ((str(predicted), str(relaxed)),)


def relax(predicted: str, relaxed: str, options: FoldOptions) -> StageResult:
    """Leave one prediction relaxed, or the reason why it is not, see `to_relax`. Needs no parameters."""
    path = Path(relaxed)
    return _run_once(
        {path: lambda: write_relaxation(path, relax_model(read_prediction(Path(predicted)).protein, device=options.device))}
    )


def give_up_relaxing(relaxed: str, reason: str) -> StageResult:
    """Leave the reason why `relax` came to no end, so that the target is finished with the model as it was predicted."""
    path = Path(relaxed)
    return _run_once({path: lambda: write_relaxation(path, Relaxation(status="failed", reason=reason))})


def save(target: Target, options: FoldOptions, output: str, *, load: LoadPredictor = load_predictor) -> StageResult:
    """Rank what `predict` left for every parameter set and seed, and write the target's files, `DONE` last.

    What `relax` left for the predictions that the options want relaxed takes their place.
    """
    started, memory = time.perf_counter(), PeakMemory()
    msa, notes = _read_alignment(target, options, output)
    predictors = [load(name, options) for name in parameter_sets(options)]
    files = _prediction_files(target, options, output, load)
    predictions = [read_prediction(predicted) for predicted, _ in files]
    relaxations = {index: read_relaxation(files[index][1]) for index in chosen_to_relax(predictions, options)}
    templates = used_templates(_read_templates(target, options, output), predictors)
    result = make_result(target, msa, predictions, options, predictors, notes, templates, relaxations)
    folder = save_result(result, Path(output, target.folder), key=target_key(target, options, load))
    return StageResult(path=str(folder), seconds=time.perf_counter() - started, peak_memory_mib=memory.mib())


def find_alignment(target: Target, options: FoldOptions) -> tuple[Msa, list[str]]:
    """The alignment the options ask for, and notes on what a search left out."""
    if target.msa_path is not None:
        _, msa = read_alignment(target.msa_path)
        check_query(msa, target.chains, file=target.msa_path)
        return msa, []
    engine = search_engine(options)
    if engine is None:
        return single_sequence_msa(target.chains), []
    found = {chain: cached_search(engine, chain) for chain in dict.fromkeys(target.chains)}
    notes = list(dict.fromkeys(note for result in found.values() for note in result.notes))
    return unpaired_msa(target.chains, {chain: result.msa for chain, result in found.items()}), notes


def predict_msa(
    target: Target,
    msa: Msa,
    options: FoldOptions,
    predictor: FoldingPredictor,
    seed: int,
    progress: Progress | None,
    templates: Sequence[Template] = (),
) -> Prediction:
    """One prediction in memory, named after the target.

    Random draws depend on the chains and the seed, not on the target's name: one sequence gives one result under every name.
    """
    feature_config = predictor.feature_config
    if options.max_msa is not None:
        feature_config = replace(feature_config, max_msa_clusters=options.max_msa[0], max_extra_msa=options.max_msa[1])
    prediction = predictor.predict(
        [msa],
        chains=target.chains,
        templates=templates[: predictor.max_templates] or None,
        feature_config=feature_config,
        num_recycles=options.recycles,
        recycle_tolerance=options.recycle_tolerance,
        seed=seed,
        target=":".join(target.chains),
        progress=progress,
    )
    return replace(prediction, protein=replace(prediction.protein, name=target.id))


def _run_once(files: Mapping[Path, Callable[[], None]]) -> StageResult:
    """Write those files of a stage that are not there; the result names the first."""
    path = next(iter(files))
    missing = [write for file, write in files.items() if not file.is_file()]
    if not missing:
        return StageResult(path=str(path))
    started, memory = time.perf_counter(), PeakMemory()
    path.parent.mkdir(parents=True, exist_ok=True)
    for write in missing:
        write()
    return StageResult(path=str(path), seconds=time.perf_counter() - started, peak_memory_mib=memory.mib())


def _alignment_file(target: Target, options: FoldOptions, output: str) -> Path:
    return Path(output, target.folder, store.STAGES, f"align-{alignment_key(target, options)[:16]}.a3m")


def _templates_file(target: Target, options: FoldOptions, output: str) -> Path:
    return Path(output, target.folder, store.STAGES, f"templates-{str(template_key(target, options))[:16]}.npz")


def _prediction_file(target: Target, options: FoldOptions, output: str, predictor: FoldingPredictor, seed: int) -> Path:
    key = prediction_key(target, options, predictor, seed)
    return Path(output, target.folder, store.STAGES, f"predict-{key[:16]}.npz")


def _prediction_files(target: Target, options: FoldOptions, output: str, load: LoadPredictor) -> list[tuple[Path, Path]]:
    """File of each prediction, of each parameter set and seed, and that of its relaxation."""
    files = []
    for predictor in (load(name, options) for name in parameter_sets(options)):
        for seed in options.seeds:
            predicted = _prediction_file(target, options, output, predictor, seed)
            key = relaxation_key(target, options, predictor, seed)
            files.append((predicted, predicted.with_name(f"relax-{key[:16]}.npz")))
    return files


def _read_alignment(target: Target, options: FoldOptions, output: str) -> tuple[Msa, list[str]]:
    path = _alignment_file(target, options, output)
    about = json.loads(path.with_suffix(".json").read_text())
    return replace(read_alignment(path)[1], source=about["source"]), about["notes"]


def _read_templates(target: Target, options: FoldOptions, output: str) -> FoundTemplates:
    return FoundTemplates() if options.templates == NO_TEMPLATES else read_templates(_templates_file(target, options, output))
