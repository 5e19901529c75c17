"""Which of several predictions of one target comes first."""

from collections.abc import Sequence

import numpy as np

from protfold.inference.prediction import Prediction


def rank(predictions: Sequence[Prediction]) -> list[Prediction]:
    """The predictions in `ranked_order`."""
    return [predictions[place] for place in ranked_order(predictions)]


def ranked_order(predictions: Sequence[Prediction]) -> list[int]:
    """Places of the predictions, the best first; equal scores in the order of parameter set and seed, however they are given.

    Complexes go by interface confidence if every prediction has it, and by mean pLDDT otherwise: the two do not compare.
    """
    by_interface = all(prediction.iptm is not None for prediction in predictions)

    def key(place: int) -> tuple[float, str, int]:
        prediction = predictions[place]
        score = ranking_score(prediction) if by_interface else mean_plddt(prediction)
        return -score, prediction.weights, prediction.seed

    return sorted(range(len(predictions)), key=key)


def ranking_score(prediction: Prediction) -> float:
    """Mean pLDDT (0-100) of a single chain; 0.8 ipTM + 0.2 pTM (0-1) of a complex whose parameter set predicts them.

    Evans et al. (2022), doi 10.1101/2021.10.04.463034, for complexes.
    """
    if prediction.iptm is None or prediction.ptm is None:
        return mean_plddt(prediction)
    return 0.8 * prediction.iptm + 0.2 * prediction.ptm


def mean_plddt(prediction: Prediction) -> float:
    """Over all residues, 0-100."""
    return float(np.mean(prediction.plddt, dtype=np.float64))
