"""How near predictions come to observed chains: lDDT-CA, TM-score, and whether pLDDT tells."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.features import FeatureConfig, build_features
from protfold.metrics.lddt import lddt, lddt_per_point
from protfold.metrics.tm_score import tm_score
from protfold.model import AlphaFold
from protfold.train.chain_store import Chain
from protfold.typing import Float

Predictor = Callable[[Chain], tuple[Float[Tensor, "N_res 3"], Float[Tensor, " N_res"] | None]]
"""From a chain to CA atoms (Å) and pLDDT (0-100), or None where there is no such thing."""

LENGTH_LIMITS = (60, 100, 160)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Measured:
    """One prediction against its observed chain.

    Attributes:
        chain: name.
        length: residues.
        lddt_ca, tm_score: 0-1, over the residues whose CA was observed; TM-score by the length of the chain.
        ca_spacing: mean distance (Å) between neighbouring CA of the prediction; 3.8 in proteins.
        plddt, lddt_of_residues: by residue, 0-100 and 0-1; no pLDDT for what gives none.
    """

    chain: str
    length: int
    lddt_ca: float
    tm_score: float
    ca_spacing: float
    plddt: Float[Tensor, " N_res"] | None
    lddt_of_residues: Float[Tensor, " N_res"]


def network_predictor(model: AlphaFold, config: FeatureConfig, *, use_msa: bool, seed: int = 0) -> Predictor:
    """Predictions as a user would get them: residues numbered from 0 without breaks, float32."""

    def predict(chain: Chain) -> tuple[Tensor, Tensor]:
        msa = chain.msa if use_msa and chain.msa is not None else chain.query()
        with torch.inference_mode():
            output = model(build_features(msa, config=config, seed=seed, target=chain.id))
        return output.atom37_positions[:, ATOM37_INDEX["CA"]], output.plddt

    return predict


def ideal_helix(chain: Chain) -> tuple[Float[Tensor, "N_res 3"], None]:
    """CA atoms of one straight alpha helix: 100 degrees and 1.5 Å a residue, radius 2.3 Å. The predictor to beat."""
    index = torch.arange(len(chain), dtype=torch.float32)
    turn = index * np.deg2rad(100.0)
    return torch.stack([2.3 * turn.cos(), 2.3 * turn.sin(), 1.5 * index], dim=-1), None


def measure(predictor: Predictor, chains: Iterable[Chain]) -> list[Measured]:
    """Each chain predicted and compared with what was observed."""
    measured = []
    for chain in chains:
        alpha, plddt = predictor(chain)
        target = torch.from_numpy(chain.atom37_positions[:, ATOM37_INDEX["CA"]])
        mask = torch.from_numpy(chain.atom37_mask[:, ATOM37_INDEX["CA"]])
        known = mask > 0
        measured.append(
            Measured(
                chain=chain.id,
                length=len(chain),
                lddt_ca=float(lddt(alpha, target, mask)),
                tm_score=float(tm_score(alpha[known], target[known], normalization_length=len(chain))),
                ca_spacing=float((alpha[1:] - alpha[:-1]).norm(dim=-1).mean()),
                plddt=None if plddt is None else plddt[known],
                lddt_of_residues=lddt_per_point(alpha, target, mask)[known],
            )
        )
    return measured


def summarize(measured: Sequence[Measured]) -> dict[str, int | float]:
    """Number of chains, mean lDDT-CA, TM-score and CA spacing, and the correlation of pLDDT with lDDT-CA over residues (Pearson)."""
    summary: dict[str, int | float] = {
        "chains": len(measured),
        "lddt_ca": float(np.mean([one.lddt_ca for one in measured])),
        "tm_score": float(np.mean([one.tm_score for one in measured])),
        "ca_spacing": float(np.mean([one.ca_spacing for one in measured])),
    }
    told = [(one.plddt, one.lddt_of_residues) for one in measured if one.plddt is not None]
    if told:
        plddt, observed = (torch.cat(parts) for parts in zip(*told, strict=True))
        summary["plddt"] = float(plddt.mean())
        summary["plddt_correlation"] = float(torch.corrcoef(torch.stack([plddt, observed]))[0, 1])
    return summary


def by_length(measured: Sequence[Measured]) -> dict[str, dict[str, int | float]]:
    """`summarize` of all chains and of those within each range of lengths."""
    groups = {"all": list(measured)}
    for shortest, longest in pairwise((0, *LENGTH_LIMITS)):
        groups[f"{shortest + 1}-{longest}"] = [one for one in measured if shortest < one.length <= longest]
    groups[f"over {LENGTH_LIMITS[-1]}"] = [one for one in measured if one.length > LENGTH_LIMITS[-1]]
    return {name: summarize(group) for name, group in groups.items() if group}
