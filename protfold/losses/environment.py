"""Multitask loss of the designer: residue type, side-chain torsions, accessibility, secondary structure, B-factor."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from protfold.geometry.precision import at_least_float32
from protfold.losses.averages import cross_entropy, masked_mean
from protfold.model.environment_output import NUM_CHI_BINS, EnvironmentOutput
from protfold.typing import Bool, Float, Int

STATES_8 = "HBEGITS-"
STATES_3 = "HE-"
"""DSSP's classes in the order of their logits."""
ACCESSIBILITY_MEAN, ACCESSIBILITY_DEVIATION = 44.290062, 45.782705
"""Å² over the chains ABACUS-R was trained on, by its published code; ours are told as z-scores by the same numbers."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class EnvironmentTarget:
    """What is known of residues; values are 0, or a class, where the mask is not set.

    Attributes:
        aatype: 0-19; 20 where the type is unknown or not to be learned.
        chi: chi1-chi4, radians from -pi to pi.
        chi_mask: torsions the residue type has and whose atoms were observed.
        chi_periodic: torsions that are the same after half a turn.
        accessibility: solvent accessible surface, Å².
        secondary_structure_8, secondary_structure_3: classes of `STATES_8` and `STATES_3`.
        b_factor: z-score.
    """

    aatype: Int[Tensor, "*rows"]
    chi: Float[Tensor, "*rows 4"]
    chi_mask: Bool[Tensor, "*rows 4"]
    chi_periodic: Bool[Tensor, "*rows 4"]
    accessibility: Float[Tensor, "*rows"]
    accessibility_mask: Bool[Tensor, "*rows"]
    secondary_structure_8: Int[Tensor, "*rows"]
    secondary_structure_3: Int[Tensor, "*rows"]
    secondary_structure_mask: Bool[Tensor, "*rows"]
    b_factor: Float[Tensor, "*rows"]
    b_factor_mask: Bool[Tensor, "*rows"]

    def map(self, function: Callable[[Tensor], Tensor]) -> "EnvironmentTarget":
        """A copy with `function` applied to every tensor."""
        return EnvironmentTarget(**{field.name: function(getattr(self, field.name)) for field in fields(self)})


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvironmentLossConfig:
    """Weight of each term, as published unless told otherwise; one whose weight is zero is not computed.

    Liu et al. (2022), doi 10.1038/s43588-022-00273-6, by its code. The chi term has the published weight, not the published form: see
    `chi_loss`; a network without distributions of them, as the published one, has none.

    Attributes:
        residue_type, chi, accessibility, secondary_structure_3, secondary_structure_8, b_factor: weights.
        label_smoothing: share of the target of `residue_type` that is spread evenly over all types.
    """

    residue_type: float = 1.0
    chi: float = 0.5
    accessibility: float = 0.2
    secondary_structure_3: float = 0.2
    secondary_structure_8: float = 0.2
    b_factor: float = 0.2
    label_smoothing: float = 0.0


ABACUS_R = EnvironmentLossConfig()


class EnvironmentLoss:
    """The terms that have a weight, each a mean over the residues (torsions) of which its target is known, zero where there are none.

    Args:
        config: weights.
    """

    def __init__(self, config: EnvironmentLossConfig) -> None:
        self.config = config

    def __call__(self, output: EnvironmentOutput, target: EnvironmentTarget) -> dict[str, Tensor]:
        """Unweighted terms by name, and `total`, their weighted sum."""
        z_score = (target.accessibility - ACCESSIBILITY_MEAN) / ACCESSIBILITY_DEVIATION
        eight, three = target.secondary_structure_8, target.secondary_structure_3
        logits, chi_logits = output.type_logits, output.chi_logits
        terms: dict[str, Callable[[], Tensor]] = {
            "residue_type": lambda: residue_type_loss(logits, target.aatype, label_smoothing=self.config.label_smoothing),
            "accessibility": lambda: _mean(_distance(output.accessibility, z_score), target.accessibility_mask),
            "secondary_structure_3": lambda: _class_loss(output.secondary_structure_3, three, target.secondary_structure_mask),
            "secondary_structure_8": lambda: _class_loss(output.secondary_structure_8, eight, target.secondary_structure_mask),
            "b_factor": lambda: _mean(_distance(output.b_factor, target.b_factor), target.b_factor_mask),
        }
        if chi_logits is not None:
            terms["chi"] = lambda: chi_loss(chi_logits, target)
        weights = {name: float(getattr(self.config, name)) for name in terms}
        losses = {name: terms[name]() for name, weight in weights.items() if weight}
        total = sum((weights[name] * loss for name, loss in losses.items()), start=torch.zeros((), device=logits.device))
        return losses | {"total": total}


def residue_type_loss(
    logits: Float[Tensor, "*rows types"], aatype: Int[Tensor, "*rows"], *, label_smoothing: float = 0.0
) -> Float[Tensor, ""]:
    """Cross-entropy of the true type, of which `label_smoothing` is spread over all types; over residues of a known type."""
    known = aatype < logits.shape[-1]
    errors = cross_entropy(logits, aatype * known)
    if label_smoothing:
        spread = -at_least_float32(logits).log_softmax(-1).mean(-1)
        errors = (1.0 - label_smoothing) * errors + label_smoothing * spread
    return _mean(errors, known)


def chi_loss(logits: Float[Tensor, "*rows 4 bins"], target: EnvironmentTarget) -> Float[Tensor, ""]:
    """Minus the log-probability of the bin that holds the true angle; of both bins where half a turn makes no difference.

    ABACUS-R fits tanh outputs to chi / 180 degrees by their absolute difference instead. That is not used: it is far off at 180 degrees,
    where it is not periodic, averages over rotamers, takes the two ends of a symmetric side chain for different, and teaches 0 where there
    is no chi2.
    """
    log_probabilities = at_least_float32(logits).log_softmax(-1)
    true_bins = chi_bins(target.chi, logits.shape[-1])
    opposite = (true_bins + logits.shape[-1] // 2) % logits.shape[-1]
    own, other = (log_probabilities.gather(-1, bins[..., None])[..., 0] for bins in (true_bins, opposite))
    return _mean(-torch.where(target.chi_periodic, torch.logaddexp(own, other), own), target.chi_mask)


def chi_bins(chi: Float[Tensor, "*shape"], count: int = NUM_CHI_BINS) -> Int[Tensor, "*shape"]:
    """Bin of each angle (radians), of `count` that divide the circle from -pi on."""
    return ((chi + torch.pi) * (count / (2.0 * torch.pi))).floor().long() % count


def _class_loss(logits: Tensor, classes: Tensor, mask: Tensor) -> Tensor:
    return _mean(cross_entropy(logits, classes), mask)


def _distance(found: Tensor, true: Tensor) -> Tensor:
    return (at_least_float32(found) - true).abs()


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return masked_mean(values.flatten(), mask.flatten().to(values.dtype), 0)
