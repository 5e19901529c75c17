"""One prediction: what one parameter set and one seed say about one target, as NumPy arrays. Å; pLDDT 0-100."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice, product
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
import torch
from torch import Tensor

from protfold.entities import Protein
from protfold.errors import PredictionError
from protfold.features import FoldFeatures
from protfold.metrics.confidence import ptm_from_logits
from protfold.model.output import FoldOutput
from protfold.typing import Float


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Prediction:
    """Structure and confidence of one model and seed; every number is finite.

    Attributes:
        protein: atoms, with pLDDT as B-factors; chains A, B, ... each numbered from 1.
        plddt: predicted lDDT-CA, 0-100.
        pae: predicted aligned error in Å, row = aligned residue; None without that head.
        ptm: predicted TM-score; None without the aligned-error head.
        iptm: predicted TM-score between chains; None for one chain or without that head.
        distogram_probabilities: distance bins between pseudo-beta atoms.
        weights: name of the parameter set.
        seed: of the alignment samples.
        num_recycles: passes done, less one.
    """

    protein: Protein
    plddt: Float[np.ndarray, " N_res"]
    pae: Float[np.ndarray, "N_res N_res"] | None
    ptm: float | None
    iptm: float | None
    distogram_probabilities: Float[np.ndarray, "N_res N_res 64"]
    weights: str
    seed: int
    num_recycles: int


def prediction_from_output(
    output: FoldOutput, features: FoldFeatures, *, chain_lengths: Sequence[int], weights: str, seed: int, target: str
) -> Prediction:
    """The network's last pass as a `Prediction`.

    Raises:
        PredictionError: a head gave a number that is not finite.
    """
    chain_index = np.repeat(np.arange(len(chain_lengths)), chain_lengths)
    plddt = _finite("pLDDT head", output.plddt, weights)
    ptm = iptm = pae = None
    if output.pae_logits is not None:
        pae = _finite("aligned-error head", output.pae, weights)
        ptm = float(_finite("aligned-error head", output.ptm, weights))
        if len(chain_lengths) > 1:
            chains = torch.from_numpy(chain_index).to(output.pae_logits.device)
            iptm = float(ptm_from_logits(output.pae_logits, features.seq_mask, chains))
    atom37_mask = output.atom37_mask.float().cpu().numpy()
    protein = Protein(
        atom37_positions=_finite("structure module", output.atom37_positions, weights) * atom37_mask[..., None],
        atom37_mask=atom37_mask,
        aatype=features.aatype.cpu().numpy(),
        residue_index=np.concatenate([np.arange(1, length + 1) for length in chain_lengths]),
        insertion_codes=np.full(len(plddt), " "),
        chain_index=chain_index,
        chain_ids=tuple(islice(chain_names(), len(chain_lengths))),
        b_factors=plddt[:, None] * atom37_mask,
        name=target,
    )
    return Prediction(
        protein=protein,
        plddt=plddt,
        pae=pae,
        ptm=ptm,
        iptm=iptm,
        distogram_probabilities=_finite("distogram head", torch.softmax(output.distogram_logits.float(), dim=-1), weights),
        weights=weights,
        seed=seed,
        num_recycles=output.num_recycles_used,
    )


def chain_names() -> Iterator[str]:
    """A, B, ... Z, a ... z, 0 ... 9, then two upper-case letters and more; the first 62 fit a PDB file."""
    longer = ("".join(letters) for size in count(2) for letters in product(ascii_uppercase, repeat=size))
    return chain(ascii_uppercase, ascii_lowercase, digits, longer)


def _finite(stage: str, values: Tensor | None, weights: str) -> np.ndarray:
    assert values is not None
    array = values.float().cpu().numpy()
    if not np.isfinite(array).all():
        raise PredictionError(
            f"weights {weights!r} gave numbers that are not finite in the {stage}; check the file, or use --dtype float32"
        )
    return array
