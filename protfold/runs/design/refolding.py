"""A design folded alone and laid over the backbone it was made for. Å; pLDDT 0-100."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.errors import ProtfoldError, reason_of
from protfold.geometry.superposition import superpose
from protfold.inference.prediction import Prediction
from protfold.inference.progress import Progress
from protfold.io import write_atomically
from protfold.metrics.rmsd import rmsd
from protfold.metrics.tm_score import tm_score
from protfold.runs.alignments import single_sequence_msa
from protfold.runs.options import FoldOptions
from protfold.runs.prediction_file import read_prediction, write_prediction
from protfold.runs.predictors import FoldingPredictor
from protfold.runs.stages import predict_msa
from protfold.runs.targets import Target

CA = ATOM37_INDEX["CA"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Refolding:
    """How a design folds by itself.

    Attributes:
        protein: as predicted, laid over the backbone by CA; None if it could not be folded.
        sc_tm: TM-score of CA atoms, by the number of the backbone's, 0-1, higher is better.
        sc_rmsd: of the same atoms, Å, lower is better.
        mean_plddt: the prediction's confidence, 0-100, higher is better.
        reason: why it could not be folded; empty if it could.
    """

    protein: Protein | None = None
    sc_tm: float = float("nan")
    sc_rmsd: float = float("nan")
    mean_plddt: float = float("nan")
    reason: str = ""


def fold_design(
    chains: Sequence[str], options: FoldOptions, predictor: FoldingPredictor, progress: Progress | None = None
) -> Prediction | str:
    """A prediction of the sequence alone, or why there is none; what protfold did not foresee is raised."""
    target = Target(id="design", folder="", chains=tuple(chains), source="")
    try:
        return predict_msa(target, single_sequence_msa(chains), options, predictor, options.seed, progress)
    except ProtfoldError as error:
        return reason_of(error)


def compare_refolded(prediction: Prediction | str, backbone: Protein, name: str) -> Refolding:
    """A prediction beside its backbone; residues correspond one to one, in order."""
    if isinstance(prediction, str):
        return Refolding(reason=prediction)
    folded = prediction.protein
    both = (backbone.atom37_mask[:, CA] > 0) & (folded.atom37_mask[:, CA] > 0)
    points, target = (torch.from_numpy(one.atom37_positions[both, CA].astype(np.float64)) for one in (folded, backbone))
    if len(points) < 3:
        return Refolding(reason=f"{len(points)} CA atoms are too few to compare; 3 are the least")
    motion = superpose(points, target, torch.ones_like(points[:, 0]))
    moved = motion[..., None].apply(torch.from_numpy(folded.atom37_positions.astype(np.float64)).reshape(-1, 3)).numpy()
    positions = moved.reshape(folded.atom37_positions.shape) * folded.atom37_mask[..., None]
    return Refolding(
        protein=replace(folded, atom37_positions=positions.astype(np.float32), name=name),
        sc_tm=float(tm_score(points, target)),
        sc_rmsd=float(rmsd(points, target)),
        mean_plddt=float(np.mean(prediction.plddt)),
    )


def write_folded(path: Path, prediction: Prediction | str) -> None:
    """Leave a prediction, or why there is none, between two stages."""
    if isinstance(prediction, str):
        write_atomically(path, json.dumps(prediction))
    else:
        write_prediction(path, prediction)


def read_folded(path: Path) -> Prediction | str:
    """What `write_folded` left."""
    if path.read_bytes().startswith(b'"'):
        reason: str = json.loads(path.read_text())
        return reason
    return read_prediction(path)
