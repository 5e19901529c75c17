"""The designer's loss: values known by hand, periodicity, and what is not known does not count."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from protfold.losses.environment import (
    ABACUS_R,
    ACCESSIBILITY_DEVIATION,
    ACCESSIBILITY_MEAN,
    EnvironmentLoss,
    EnvironmentLossConfig,
    EnvironmentTarget,
    chi_bins,
    chi_loss,
    residue_type_loss,
)
from protfold.model.environment_output import EnvironmentOutput

NUM_ROWS = 7
HEADS = ("type_logits", "chi_logits", "accessibility", "secondary_structure_3", "secondary_structure_8", "b_factor")
GENERATOR = torch.Generator().manual_seed(0)


def normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=GENERATOR)


def output() -> EnvironmentOutput:
    return EnvironmentOutput(
        type_logits=normal(NUM_ROWS, 20),
        chi_logits=normal(NUM_ROWS, 4, 36),
        accessibility=normal(NUM_ROWS),
        secondary_structure_3=normal(NUM_ROWS, 3),
        secondary_structure_8=normal(NUM_ROWS, 8),
        b_factor=normal(NUM_ROWS),
    )


def target() -> EnvironmentTarget:
    known = torch.arange(NUM_ROWS) % 3 > 0
    return EnvironmentTarget(
        aatype=torch.tensor([0, 3, 20, 19, 7, 20, 13]),
        chi=normal(NUM_ROWS, 4).clamp(-3.0, 3.0),
        chi_mask=normal(NUM_ROWS, 4) > 0.0,
        chi_periodic=torch.zeros(NUM_ROWS, 4, dtype=torch.bool),
        accessibility=normal(NUM_ROWS).abs() * 50.0,
        accessibility_mask=known,
        secondary_structure_8=torch.arange(NUM_ROWS),
        secondary_structure_3=torch.arange(NUM_ROWS) % 3,
        secondary_structure_mask=known,
        b_factor=normal(NUM_ROWS),
        b_factor_mask=known,
    )


def certain(aatype: Tensor, count: int) -> Tensor:
    """Logits that leave no doubt."""
    return 50.0 * torch.nn.functional.one_hot(aatype % count, count).float()


def test_published_weights() -> None:
    found, true = output(), target()
    losses = EnvironmentLoss(ABACUS_R)(found, true)
    assert set(losses) == {"residue_type", "chi", *HEADS[2:], "total"}
    auxiliary = sum(losses[name] for name in ("accessibility", "secondary_structure_3", "secondary_structure_8", "b_factor"))
    torch.testing.assert_close(losses["total"], losses["residue_type"] + 0.5 * losses["chi"] + 0.2 * auxiliary)
    only = EnvironmentLoss(
        EnvironmentLossConfig(chi=0.0, accessibility=0.0, secondary_structure_3=0.0, secondary_structure_8=0.0, b_factor=0.0)
    )
    assert list(only(found, true)) == ["residue_type", "total"]
    assert "chi" not in EnvironmentLoss(ABACUS_R)(replace(found, chi_logits=None), true)


def test_a_network_that_knows_all_loses_nothing_and_one_that_knows_nothing_the_logarithm() -> None:
    true = target()
    knowing = EnvironmentOutput(
        type_logits=certain(true.aatype, 20),
        chi_logits=certain(chi_bins(true.chi), 36),
        accessibility=(true.accessibility - ACCESSIBILITY_MEAN) / ACCESSIBILITY_DEVIATION,
        secondary_structure_3=certain(true.secondary_structure_3, 3),
        secondary_structure_8=certain(true.secondary_structure_8, 8),
        b_factor=true.b_factor,
    )
    for loss in EnvironmentLoss(EnvironmentLossConfig())(knowing, true).values():
        assert loss == pytest.approx(0.0, abs=1e-6)
    ignorant = EnvironmentOutput(**{name: torch.zeros_like(getattr(knowing, name)) for name in HEADS})
    losses = EnvironmentLoss(EnvironmentLossConfig())(ignorant, true)
    for name, classes in (("residue_type", 20), ("chi", 36), ("secondary_structure_3", 3), ("secondary_structure_8", 8)):
        assert losses[name] == pytest.approx(torch.tensor(float(classes)).log().item(), abs=1e-5)
    known = true.b_factor_mask
    assert losses["b_factor"] == pytest.approx(true.b_factor[known].abs().mean().item(), abs=1e-6)


def test_what_is_unknown_does_not_count() -> None:
    """Neither its outputs nor its targets change a term or get a gradient; without anything known all terms are zero."""
    found, true = output(), target()
    expected = EnvironmentLoss(EnvironmentLossConfig())(found, true)
    unknown = ~true.b_factor_mask
    changed = replace(
        found,
        type_logits=torch.where((true.aatype == 20)[:, None], 99.0 * normal(NUM_ROWS, 20), found.type_logits),
        chi_logits=torch.where(true.chi_mask[..., None], found.chi_logits, 9.0 * normal(NUM_ROWS, 4, 36)),
        accessibility=torch.where(unknown, 1e3, found.accessibility),
        secondary_structure_8=torch.where(unknown[:, None], normal(NUM_ROWS, 8), found.secondary_structure_8),
        b_factor=torch.where(unknown, -1e3, found.b_factor),
    )
    for name, loss in EnvironmentLoss(EnvironmentLossConfig())(changed, true).items():
        torch.testing.assert_close(loss, expected[name])
    nothing = true.map(lambda one: torch.zeros_like(one) if one.dtype == torch.bool else one)
    losses = EnvironmentLoss(EnvironmentLossConfig())(found, replace(nothing, aatype=torch.full_like(true.aatype, 20)))
    assert not any(losses.values())


def test_chi_is_periodic() -> None:
    """Just below and just above 180 degrees are neighbouring bins; a symmetric torsion may be told by either of its two angles."""
    assert chi_bins(torch.deg2rad(torch.tensor([-180.0, -170.1, -169.9, 0.1, 179.9, 180.0, 180.1]))).tolist() == [
        0,
        0,
        1,
        18,
        35,
        0,
        0,
    ]
    true, logits = target(), normal(NUM_ROWS, 4, 36)
    turned = replace(true, chi=torch.where(true.chi > 0, true.chi - torch.pi, true.chi + torch.pi))
    symmetric = torch.ones_like(true.chi_periodic)
    first, second = (chi_loss(logits, replace(one, chi_periodic=symmetric)) for one in (true, turned))
    torch.testing.assert_close(first, second)
    assert abs(chi_loss(logits, true) - chi_loss(logits, turned)) > 0.01
    undecided = torch.logaddexp(certain(chi_bins(true.chi), 36), certain(chi_bins(turned.chi), 36))
    assert chi_loss(undecided, replace(true, chi_periodic=symmetric)) == pytest.approx(0.0, abs=1e-6)
    assert chi_loss(undecided, true) == pytest.approx(0.6931, abs=1e-3)


def test_label_smoothing_is_torch_s() -> None:
    logits, aatype = normal(NUM_ROWS, 20), target().aatype
    known = aatype < 20
    expected = torch.nn.functional.cross_entropy(logits[known], aatype[known], label_smoothing=0.1)
    torch.testing.assert_close(residue_type_loss(logits, aatype, label_smoothing=0.1), expected)


def test_reduced_precision_ends_here() -> None:
    """Outputs in bfloat16 have losses in float32, and gradients."""
    made = output()
    halves = {name: getattr(made, name).bfloat16().requires_grad_() for name in HEADS}
    losses = EnvironmentLoss(EnvironmentLossConfig(label_smoothing=0.1))(EnvironmentOutput(**halves), target())
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    losses["total"].backward()
    assert all(one.grad is not None and one.grad.isfinite().all() and one.grad.any() for one in halves.values())
