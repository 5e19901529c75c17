"""Points from distances: exact ones are met, uncertain ones count little, padding not at all."""

import torch

from protfold.geometry.embedding import embed_distances


def cloud(num_points: int = 12, seed: int = 0) -> torch.Tensor:
    """Points within some 20 Å."""
    return 8.0 * torch.randn(num_points, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def evenly(num_points: int) -> torch.Tensor:
    """Equal weights of all pairs."""
    return 1.0 - torch.eye(num_points, dtype=torch.float64)


def test_exact_distances_are_met() -> None:
    """Of two sets of points at once, about their centre."""
    points = torch.stack([cloud(), cloud(seed=1)])
    distances = torch.cdist(points, points)
    found = embed_distances(distances, evenly(12).expand(2, 12, 12), torch.ones(2, 12))
    torch.testing.assert_close(torch.cdist(found, found), distances, atol=1e-6, rtol=0.0)
    assert found.mean(-2).abs().max() < 1e-6


def test_uncertain_distances_count_little() -> None:
    """With weights as small as they are wrong, false distances of every fifth pair leave the true ones met; with equal weights not."""
    points = cloud(20)
    distances = torch.cdist(points, points)
    wrong = (torch.arange(20)[:, None] + torch.arange(20)) % 5 == 0
    wrong &= ~torch.eye(20, dtype=torch.bool)
    errors = []
    for weight in (1e-4, 1.0):
        given = torch.where(wrong, 30.0, distances)
        found = embed_distances(given, torch.where(wrong, weight, evenly(20)), torch.ones(20))
        errors.append(float((torch.cdist(found, found) - distances)[~wrong].square().mean().sqrt()))
    assert errors[0] < 0.3
    assert errors[1] > 2.0


def test_padding_changes_nothing() -> None:
    """Whatever it holds; its own points are at the origin."""
    points = cloud()
    distances, mask = torch.full((15, 15), 7.0, dtype=torch.float64), torch.zeros(15)
    distances[:12, :12], mask[:12] = torch.cdist(points, points) + 0.5 * evenly(12), 1.0
    alone = embed_distances(distances[:12, :12], evenly(12), torch.ones(12))
    padded = embed_distances(distances, evenly(15), mask)
    torch.testing.assert_close(torch.cdist(padded[:12], padded[:12]), torch.cdist(alone, alone), atol=1e-6, rtol=0.0)
    assert not padded[12:].any()
