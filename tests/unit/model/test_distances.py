"""Distances and weights from a distogram, by hand."""

import torch

from protfold.model.distances import BEYOND, FAR_WEIGHT, distogram_distances


def test_a_sure_bin_is_its_centre() -> None:
    """64 bins of 0.3125 Å from 2 Å on; a sure pair weighs 1, one beyond the last bin little, and a residue with itself nothing."""
    logits = torch.full((3, 3, 64), -100.0)
    for first, second, bin_ in ((0, 1, 0), (0, 2, 20), (1, 2, 63)):
        logits[first, second, bin_] = logits[second, first, bin_] = 100.0
    distances, weights = distogram_distances(logits)
    near, middle = 2.0 + 0.5 * 0.3125, 2.0 + 20.5 * 0.3125
    torch.testing.assert_close(distances, torch.tensor([[0, near, middle], [near, 0, BEYOND], [middle, BEYOND, 0]]))
    torch.testing.assert_close(weights, torch.tensor([[0, 1, 1], [1, 0, FAR_WEIGHT], [1, FAR_WEIGHT, 0]]), atol=1e-3, rtol=0.0)


def test_an_unsure_pair_counts_less() -> None:
    """Two bins 6.25 Å apart, equally likely: the distance between them, and one over one and the variance."""
    logits = torch.full((2, 2, 64), -100.0)
    logits[..., [10, 30]] = 0.0
    distances, weights = distogram_distances(logits)
    torch.testing.assert_close(distances[0, 1], torch.tensor(2.0 + 20.5 * 0.3125))
    torch.testing.assert_close(weights[0, 1], torch.tensor(1.0 / (1.0 + 3.125**2)))
