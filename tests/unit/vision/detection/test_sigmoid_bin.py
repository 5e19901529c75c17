"""Numbers by bins and differences, and distances made of them."""

import pytest
import torch

from protfold.errors import InputError
from protfold.vision.detection import SigmoidBin, SigmoidBinDistances


def logits_of(binned: SigmoidBin, values: torch.Tensor) -> torch.Tensor:
    """Those that say `values` surely."""
    share = 0.5 * ((values - binned.centres[binned.bins(values)]) / binned.step + 1.0)
    classes = 40.0 * (torch.nn.functional.one_hot(binned.bins(values), len(binned.centres)) - 0.5)
    return torch.cat([share.logit()[..., None], classes.to(values.dtype)], dim=-1)


def test_round_trip() -> None:
    """Centres stand for themselves, any number within the limits is reached, and its error is zero."""
    binned = SigmoidBin(least=2.0, largest=22.0, num_bins=10).double()
    torch.testing.assert_close(binned.centres, torch.arange(3.0, 22.0, 2.0, dtype=torch.float64))
    values = torch.cat([binned.centres, torch.linspace(2.0, 22.0, 301, dtype=torch.float64)])
    logits = logits_of(binned, values)
    torch.testing.assert_close(binned(logits), values)
    assert binned.errors(logits, values).max() < 1e-8
    logits[..., 0] = 0.0
    assert (binned(logits) - values).abs().max() <= 0.5 * binned.step


def test_difference_reaches_one_step_and_limits_hold() -> None:
    """At both ends of the sigmoid."""
    binned = SigmoidBin(least=0.0, largest=4.0, num_bins=4)
    logits = torch.zeros(2, 3, 5)
    logits[..., 0] = torch.tensor([[-50.0], [50.0]])
    for column, place in enumerate((0, 1, 3)):
        logits[:, column, 1 + place] = 9.0
    assert binned(logits).tolist() == [[0.0, 0.5, 2.5], [1.5, 2.5, 4.0]]


def test_error_by_hand() -> None:
    """Cross-entropy of each of two bins by itself, and the square of what the true bin leaves."""
    binned = SigmoidBin(least=0.0, largest=2.0, num_bins=2)
    found = binned.errors(torch.tensor([[0.0, 1.0, -2.0]]), torch.tensor([0.9]))
    expected = 0.5 * (torch.log1p(torch.exp(torch.tensor(-1.0))) + torch.log1p(torch.exp(torch.tensor(-2.0)))) + 0.4**2
    torch.testing.assert_close(found[0], expected)
    far = binned.errors(torch.tensor([[50.0, -50.0, 50.0]]), torch.tensor([7.0]))
    assert far.item() == pytest.approx(0.25)  # 1.5 + 1 against the limit 2


def test_smoothing_is_least_at_its_own_share() -> None:
    """The best logits say the smoothed share."""
    binned = SigmoidBin(least=0.0, largest=3.0, num_bins=3, smoothing=0.1).double()
    logits = torch.zeros(1, 4, dtype=torch.float64, requires_grad=True)
    logits.data[:, 1:] = torch.tensor([0.1, 0.9, 0.1], dtype=torch.float64).logit()
    binned.errors(logits, torch.tensor([1.5], dtype=torch.float64)).sum().backward()
    assert logits.grad[:, 1:].abs().max() < 1e-12


def test_no_bins() -> None:
    """Refused."""
    with pytest.raises(InputError, match="0 bins"):
        SigmoidBin(least=0.0, largest=1.0, num_bins=0)


def test_distances_are_learned() -> None:
    """Of random points from features that tell them: within a tenth of a bin; symmetric; padding not felt, be it NaN."""
    torch.manual_seed(0)
    points = 8.0 * torch.randn(1, 12, 3)
    distances = torch.cdist(points, points)
    mask = torch.ones(1, 12)
    mask[:, 10:] = 0.0
    features = torch.exp(-0.5 * (distances[..., None] - torch.linspace(0.0, 24.0, 49)).square())
    head = SigmoidBinDistances(c_z=49, num_bins=10)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.1)
    polluted = distances.clone()
    polluted[:, 10:], polluted[:, :, 10:] = float("nan"), float("nan")
    for _ in range(400):
        optimizer.zero_grad()
        loss = head.loss(head(features), polluted, mask)
        loss.backward()
        optimizer.step()
    directed = head.distances(head(torch.randn(1, 12, 12, 49)))
    torch.testing.assert_close(directed, directed.mT)
    found = head.distances(head(features))
    error = (found - distances.clamp(max=head.binned.largest))[:, :10, :10][:, ~torch.eye(10, dtype=torch.bool)]
    assert error.square().mean().sqrt() < 0.3
    assert head.loss(head(features), polluted, torch.zeros(1, 12)) == 0.0
