"""`ScoredSequence`: a sequence on a backbone, with what the designer's network says of it. Nats."""

from dataclasses import dataclass

import numpy as np

from protfold.metrics.recovery import sequence_recovery
from protfold.typing import Bool, Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ScoredSequence:
    """One sequence in its own environments; no order of decoding, no gaps, no random numbers.

    Attributes:
        types: 0-20, of all residues of the backbone.
        log_probabilities: natural logarithm of the probability of every type at every residue, given the types of its neighbors.
        counted: residues that scores are means over: the designed ones, or all with a backbone and a known type.
    """

    types: Int[np.ndarray, " N_res"]
    log_probabilities: Float[np.ndarray, "N_res 20"]
    counted: Bool[np.ndarray, " N_res"]

    @property
    def per_residue(self) -> Float[np.ndarray, " N_res"]:
        """-log p of each residue's own type; NaN where it is unknown."""
        known = np.minimum(self.types, self.log_probabilities.shape[-1] - 1)
        own = -np.take_along_axis(self.log_probabilities, known[:, None], axis=-1)[:, 0]
        return np.where(known == self.types, own, np.nan)

    @property
    def score(self) -> float:
        """Mean of -log p: of the pseudo-likelihood, lower is better. NaN where nothing counts."""
        values = self.per_residue[self.counted]
        return float(values.mean()) if len(values) else float("nan")

    @property
    def perplexity(self) -> float:
        """`exp(score)`."""
        return float(np.exp(self.score))

    def recovery(self, native: Int[np.ndarray, " N_res"]) -> float:
        """Share of counted residues that are as in another sequence, 0-1."""
        return float(sequence_recovery(self.types, native, self.counted))
