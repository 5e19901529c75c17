"""Content keys: what decides the bytes of each stage, and nothing else (no path, no device, no number of threads)."""

import os
from pathlib import Path

import protfold
from protfold.runs.options import FoldOptions
from protfold.runs.predictors import FoldingPredictor, LoadPredictor, parameter_sets
from protfold.runs.store import content_key, file_digest
from protfold.runs.targets import Target
from protfold.runs.templates import template_key
from protfold.search import Jackhmmer, MsaEngine, open_database


def search_engine(options: FoldOptions) -> MsaEngine | None:
    """The engine the options ask for.

    Raises:
        SearchError: its database cannot be read.
    """
    if options.search == "none" or options.database is None:
        return None
    return Jackhmmer(database=open_database(options.database), threads=options.threads or os.cpu_count() or 1)


def alignment_key(target: Target, options: FoldOptions) -> str:
    """Key of the target's alignment: its chains, and the user's file or the search."""
    if target.msa_path is not None:
        return content_key("file", target.chains, file_digest(Path(target.msa_path)))
    engine = search_engine(options)
    return content_key("query", target.chains, engine.identity if engine else None)


def prediction_key(target: Target, options: FoldOptions, predictor: FoldingPredictor, seed: int) -> str:
    """Key of one prediction: alignment, templates, parameters, seed and settings of the network."""
    return content_key(
        protfold.__version__,
        alignment_key(target, options),
        template_key(target, options),
        predictor.weights.sha256,
        seed,
        options.recycles,
        options.recycle_tolerance,
        options.max_msa,
        options.dtype,
    )


def relaxation_key(target: Target, options: FoldOptions, predictor: FoldingPredictor, seed: int) -> str:
    """Key of one prediction's relaxation, whose settings are the version's."""
    return content_key("relax", prediction_key(target, options, predictor, seed))


def target_key(target: Target, options: FoldOptions, load: LoadPredictor) -> str:
    """Key of everything in the target's folder."""
    predictions = [
        [name, prediction_key(target, options, load(name, options), seed)]
        for name in parameter_sets(options)
        for seed in options.seeds
    ]
    return content_key(target.id, predictions, options.relax)
