"""How near predictions come to observed chains: lDDT-CA, TM-score, contacts, and whether pLDDT tells."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.features import FeatureConfig, build_features
from protfold.inference.predictor import PREFERRED_CHUNK
from protfold.metrics.calibration import calibration_table, correlation
from protfold.metrics.contacts import contact_precision, contact_probabilities
from protfold.metrics.lddt import lddt, lddt_per_point
from protfold.metrics.tm_score import tm_score
from protfold.model import AlphaFold
from protfold.model.execution import execution
from protfold.train.chain import Chain
from protfold.typing import Float

LENGTH_LIMITS = (60, 100, 160)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Predicted:
    """What is measured of a prediction.

    Attributes:
        alpha: CA atoms, Å.
        plddt: 0-100; None for what gives none.
        contacts: probability, or any score, of a contact of two residues; None for what gives none.
    """

    alpha: Float[Tensor, "N_res 3"]
    plddt: Float[Tensor, " N_res"] | None = None
    contacts: Float[np.ndarray, "N_res N_res"] | None = None


Predictor = Callable[[Chain], Predicted]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """One prediction against its observed chain.

    Attributes:
        chain: name.
        length: residues.
        lddt_ca, tm_score: 0-1, over the residues whose CA was observed; TM-score by the length of the chain.
        ca_spacing: mean distance (Å) between neighbouring CA of the prediction; 3.8 in proteins.
        contact_precision: of the top L/5 of long range; NaN without contacts predicted or to be found.
        plddt, lddt_of_residues: by residue, 0-100 and 0-1; no pLDDT for what gives none.
    """

    chain: str
    length: int
    lddt_ca: float
    tm_score: float
    ca_spacing: float
    contact_precision: float
    plddt: Float[Tensor, " N_res"] | None
    lddt_of_residues: Float[Tensor, " N_res"]


def network_predictor(model: AlphaFold, config: FeatureConfig, *, use_msa: bool, seed: int = 0) -> Predictor:
    """Predictions as a user would get them: residues numbered from 0 without breaks, float32.

    Args:
        model: in evaluation mode.
        config: of the features.
        use_msa: give the network a chain's alignment where it has one.
        seed: of the features.
    """
    device = next(model.parameters()).device

    def predict(chain: Chain) -> Predicted:
        msa = chain.msa if use_msa and chain.msa is not None else chain.query()
        features = build_features(msa, config=config, seed=seed, target=chain.id).to(device)
        with torch.inference_mode(), execution(chunk_elements=PREFERRED_CHUNK[device.type]):
            output = model(features)
        probabilities = torch.softmax(output.distogram_logits, dim=-1).cpu().numpy()
        return Predicted(
            alpha=output.atom37_positions[:, ATOM37_INDEX["CA"]].cpu(),
            plddt=output.plddt.cpu(),
            contacts=contact_probabilities(probabilities),
        )

    return predict


def ideal_helix(chain: Chain) -> Predicted:
    """CA atoms of one straight alpha helix: 100 degrees and 1.5 Å a residue, radius 2.3 Å. The predictor to beat."""
    index = torch.arange(len(chain), dtype=torch.float32)
    turn = index * np.deg2rad(100.0)
    return Predicted(alpha=torch.stack([2.3 * turn.cos(), 2.3 * turn.sin(), 1.5 * index], dim=-1))


def measure(predictor: Predictor, chains: Iterable[Chain]) -> list[Measured]:
    """Each chain predicted and compared with what was observed."""
    return [_compared(predictor(chain), chain) for chain in chains]


def _compared(predicted: Predicted, chain: Chain) -> Measured:
    alpha, plddt = predicted.alpha, predicted.plddt
    target = torch.from_numpy(chain.atom37_positions[:, ATOM37_INDEX["CA"]])
    mask = torch.from_numpy(chain.atom37_mask[:, ATOM37_INDEX["CA"]])
    known = mask > 0
    return Measured(
        chain=chain.id,
        length=len(chain),
        lddt_ca=float(lddt(alpha, target, mask)),
        tm_score=float(tm_score(alpha[known], target[known], normalization_length=len(chain))),
        ca_spacing=float((alpha[1:] - alpha[:-1]).norm(dim=-1).mean()),
        contact_precision=math.nan if predicted.contacts is None else _contact_precision(predicted.contacts, chain),
        plddt=None if plddt is None else plddt[known],
        lddt_of_residues=lddt_per_point(alpha, target, mask)[known],
    )


def _contact_precision(contacts: Float[np.ndarray, "N_res N_res"], chain: Chain) -> float:
    beta, known = chain.pseudo_beta()
    return contact_precision(contacts, beta, known, residue_index=chain.residue_index)


def summarize(measured: Sequence[Measured]) -> dict[str, int | float]:
    """Means over chains, and the calibration of pLDDT over residues.

    Number of chains, lDDT-CA, TM-score, CA spacing, precision of contacts (over the chains that have some to be found), mean pLDDT,
    its correlation with lDDT-CA (Pearson), and for each tenth of its range with residues in it their number and mean lDDT-CA (0-100).
    """
    summary: dict[str, int | float] = {
        "chains": len(measured),
        "lddt_ca": float(np.mean([one.lddt_ca for one in measured])),
        "tm_score": float(np.mean([one.tm_score for one in measured])),
        "ca_spacing": float(np.mean([one.ca_spacing for one in measured])),
    }
    precisions = [one.contact_precision for one in measured if not math.isnan(one.contact_precision)]
    if precisions:
        summary["contact_precision"] = float(np.mean(precisions))
    told = [(one.plddt, 100.0 * one.lddt_of_residues) for one in measured if one.plddt is not None]
    if told:
        plddt, observed = (torch.cat(parts) for parts in zip(*told, strict=True))
        summary["plddt"] = float(plddt.mean())
        summary["plddt_correlation"] = correlation(plddt, observed)
        for row in calibration_table(plddt, observed):
            if row.count:
                place = f"plddt_{row.lower:.0f}_{row.upper:.0f}"
                summary |= {f"{place}_residues": row.count, f"{place}_lddt": row.observed}
    return summary


def by_length(measured: Sequence[Measured]) -> dict[str, dict[str, int | float]]:
    """`summarize` of all chains and of those within each range of lengths."""
    groups = {"all": list(measured)}
    for shortest, longest in pairwise((0, *LENGTH_LIMITS)):
        groups[f"{shortest + 1}-{longest}"] = [one for one in measured if shortest < one.length <= longest]
    groups[f"over {LENGTH_LIMITS[-1]}"] = [one for one in measured if one.length > LENGTH_LIMITS[-1]]
    return {name: summarize(group) for name, group in groups.items() if group}
