"""The masked-alignment loss against probabilities worked out by hand."""

import math

import torch

from protfold.losses.masked_msa import masked_msa_loss


def test_mean_surprise_over_the_masked_positions() -> None:
    """Two masked positions, given probabilities 1/2 and 1/23 by the network; what it says of the third does not count."""
    logits = torch.zeros(1, 3, 23)
    logits[0, 0, 4] = math.log(22.0)
    logits[0, 2, 7] = 50.0
    true, mask = torch.tensor([[4, 9, 1]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert math.isclose(float(masked_msa_loss(logits, true, mask)), (math.log(2.0) + math.log(23.0)) / 2.0, rel_tol=1e-6)


def test_an_alignment_without_masked_position_costs_nothing() -> None:
    """As a lone sequence may come out of the draw; the gradient is zero too."""
    logits = torch.randn(2, 1, 5, 23, generator=torch.Generator().manual_seed(0)).requires_grad_()
    found = masked_msa_loss(logits, torch.zeros(2, 1, 5, dtype=torch.long), torch.zeros(2, 1, 5))
    found.sum().backward()
    assert found.tolist() == [0.0, 0.0]
    assert logits.grad is not None
    assert logits.grad.eq(0.0).all()


def test_examples_are_averaged_each_by_itself() -> None:
    """One masked position among many counts as much for its example as all of them."""
    logits = torch.randn(2, 3, 4, 23, generator=torch.Generator().manual_seed(1))
    true = torch.randint(23, (2, 3, 4), generator=torch.Generator().manual_seed(2))
    mask = torch.zeros(2, 3, 4)
    mask[0, 1, 2] = 1.0
    mask[1] = 1.0
    found = masked_msa_loss(logits, true, mask)
    torch.testing.assert_close(found[0], -logits[0, 1, 2].log_softmax(-1)[true[0, 1, 2]])
    torch.testing.assert_close(found[1], masked_msa_loss(logits[1], true[1], mask[1]))
