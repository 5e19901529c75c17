"""Boxes found in pair maps: overlaps, decoding, assignment, losses, and a detector that learns two maps by heart."""

import math

import numpy as np
import pytest
import torch

from protfold.metrics.contact_blocks import BLOCK_AREA_EDGES, contact_blocks
from protfold.metrics.contacts import contacts, pseudo_beta
from protfold.metrics.detection import TrueBoxes, box_iou, box_scores
from protfold.vision.detection import BlockDetector, box_targets, detection_loss
from protfold.vision.detection.assignment import COARSE, FINE, NOBODY, Reach, assign, candidates
from protfold.vision.detection.boxes import complete_iou, iou, iou_matrix, without_doubles
from protfold.vision.detection.head import AnchorHead, Predictions, decode
from protfold.vision.detection.loss import AUXILIARY_WEIGHT, BoxTargets, head_loss
from tests.support.examples import example

LENGTH = 32
ANCHORS = ((4.0, 4.0), (10.0, 5.0))
STEPS = 120


def random_boxes(number: int, seed: int = 0) -> torch.Tensor:
    """Above the diagonal of a map of `LENGTH`."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(number, 2, generator=generator) * 10.0 + torch.tensor([0.0, 12.0])
    return torch.cat([corner, corner + 1.0 + 8.0 * torch.rand(number, 2, generator=generator)], dim=-1)


def upper(batch: int = 2, length: int = LENGTH) -> torch.Tensor:
    """Pairs above the diagonal."""
    return torch.ones(batch, 1, length, length).triu(1)


def predictions(seed: int = 0, strides: tuple[int, ...] = (2, 4)) -> Predictions:
    """Of a head with random weights on random maps of two levels."""
    torch.manual_seed(seed)
    head = AnchorHead(channels=(6,) * len(strides), strides=strides, anchors=ANCHORS, num_classes=3)
    maps = [(3.0 * torch.randn(2, 6, LENGTH // stride, LENGTH // stride), stride) for stride in strides]
    return head(maps, upper())


def targets(seed: int = 0) -> list[BoxTargets]:
    """Five boxes and three."""
    return [BoxTargets(boxes=random_boxes(number, seed + number), labels=torch.arange(number) % 3) for number in (5, 3)]


def test_iou_is_that_of_the_measure() -> None:
    """In numpy and torch."""
    first, second = random_boxes(20), random_boxes(15, 1)
    np.testing.assert_allclose(iou_matrix(first, second), box_iou(first.numpy(), second.numpy()), atol=1e-6)


def test_complete_iou() -> None:
    """Of equal boxes 1; of others less than IoU, by the distance of centres alone where shapes are alike; by hand for one pair."""
    boxes = random_boxes(20)
    torch.testing.assert_close(complete_iou(boxes, boxes), torch.ones(20))
    assert (complete_iou(boxes, boxes.roll(1, 0)) < iou(boxes, boxes.roll(1, 0))).all()
    first, moved = torch.tensor([[0.0, 0.0, 2.0, 4.0]]), torch.tensor([[3.0, 0.0, 5.0, 4.0]])
    assert complete_iou(first, moved).item() == pytest.approx(-9.0 / (25.0 + 16.0))
    turned = torch.tensor([[0.0, 0.0, 4.0, 2.0]])
    shape = 4.0 / math.pi**2 * (math.atan(2.0) - math.atan(0.5)) ** 2
    expected = 4 / 12 - (1.0 + 1.0) / (16.0 + 16.0) - shape**2 / (1.0 - 4 / 12 + shape)
    assert complete_iou(first, turned).item() == pytest.approx(expected, abs=1e-6)


def test_complete_iou_draws_boxes_together() -> None:
    """Descent brings a box onto another that it does not even touch."""
    own, true = torch.tensor([[0.0, 0.0, 3.0, 3.0]], requires_grad=True), torch.tensor([[8.0, 10.0, 14.0, 13.0]])
    optimizer = torch.optim.Adam([own], lr=0.3)
    for step in range(200):
        optimizer.param_groups[0]["lr"] = 0.3 * (1.0 - step / 200)
        optimizer.zero_grad()
        (1.0 - complete_iou(own, true)).sum().backward()
        optimizer.step()
    assert iou(own, true).item() > 0.95


def test_doubles_are_left_out() -> None:
    """Within a class, the surest stays."""
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 5.0], [0.0, 0.0, 4.0, 5.0], [9.0, 9.0, 12.0, 12.0]])
    kept = without_doubles(boxes, torch.tensor([0, 0, 1, 0]), torch.tensor([0.5, 0.9, 0.3, 0.1]), most_iou=0.65)
    assert kept.tolist() == [1, 2, 3]


def test_decoding_at_zero() -> None:
    """The anchor around the middle of the pixel, in the order anchor, row, column; departures as published."""
    places = predictions().places
    boxes = decode(torch.zeros(1, len(places.stride), 4), places)[0]
    row, column = 3, 12
    place = 16 * 16 + 16 * row + column  # the second anchor of the first level
    assert boxes[place].tolist() == [2 * row + 1 - 5.0, 2 * column + 1 - 2.5, 2 * row + 1 + 5.0, 2 * column + 1 + 2.5]
    assert places.valid[0, 16 * row + column]
    assert not places.valid[0, 16 * column + row]
    far = decode(torch.full((1, len(places.stride), 4), 50.0), places)[0, place]
    assert far.tolist() == [2 * (row + 1.5) - 20.0, 2 * (column + 1.5) - 10.0, 2 * (row + 1.5) + 20.0, 2 * (column + 1.5) + 10.0]


def test_candidates_by_hand() -> None:
    """The pixel of the centre and the nearest along each axis, or all four; only anchors of a like shape; only valid places."""
    places = predictions(strides=(2,)).places
    box = torch.tensor([[4.2, 20.6, 8.2, 24.6]])  # centre 6.2, 22.6: pixel 3, 11, nearest are 2, 11 and 3, 10
    everywhere = torch.ones(len(places.stride), dtype=torch.bool)

    def cells(reach: Reach) -> set[tuple[int, ...]]:
        found = candidates(box, places, everywhere, reach)[0] & (places.anchor[:, 0] == 4.0)
        return set(map(tuple, places.cell[found].tolist()))

    assert (FINE.most, COARSE.most) == (10, 20)
    assert cells(FINE) == {(3, 11), (2, 11), (3, 10)}
    assert cells(COARSE) == {(3, 11), (2, 11), (3, 10), (4, 11), (3, 12)}
    assert candidates(box, places, everywhere, FINE).sum() == 6
    assert not candidates(torch.tensor([[5.0, 21.0, 7.0, 22.0]]), places, everywhere, FINE).any()  # 1 column, of 4 and of 5
    assert not candidates(box, places, ~everywhere, COARSE).any()


@pytest.mark.parametrize("seed", range(4))
def test_fine_candidates_are_coarse(seed: int) -> None:
    """And fewer."""
    places, boxes = predictions().places, random_boxes(30, seed)
    fine, coarse = (candidates(boxes, places, places.valid[0], reach) for reach in (FINE, COARSE))
    assert not (fine & ~coarse).any()
    assert 0 < fine.sum() < coarse.sum()
    assert (fine.sum(1) <= 3 * len(ANCHORS) * 2).all()


@pytest.mark.parametrize("reach", [FINE, COARSE])
@pytest.mark.parametrize("seed", range(3))
def test_assignment_beside_loops(reach: Reach, seed: int) -> None:
    """By plain loops over boxes; each place has one box at most."""
    lead = predictions(seed)
    one = targets(seed)[0]
    found = assign(lead, 0, one.boxes, one.labels, reach)
    near = candidates(one.boxes, lead.places, lead.places.valid[0], reach)
    pool = [place for place in range(near.shape[1]) if near[:, place].any()]
    chosen: dict[int, tuple[float, int]] = {}
    for row, (box, label) in enumerate(zip(one.boxes, one.labels, strict=True)):
        costs, overlaps = {}, []
        for place in pool:
            overlap = iou(box, lead.boxes[0, place]).item()
            sure = torch.sqrt(lead.classes[0, place].sigmoid() * lead.objectness[0, place].sigmoid()).tolist()
            classes = sum(-math.log(p) if k == label else -math.log(1.0 - p) for k, p in enumerate(sure))
            costs[place] = classes - 3.0 * math.log(overlap + 1e-8)
            overlaps.append(overlap)
        count = max(1, int(sum(sorted(overlaps, reverse=True)[: reach.most])))
        for place in sorted(costs, key=costs.__getitem__)[:count]:
            chosen[place] = min(chosen.get(place, (math.inf, NOBODY)), (costs[place], row))
    assert {place: int(found[place]) for place in range(len(found)) if found[place] != NOBODY} == {
        place: row for place, (_, row) in chosen.items()
    }


def test_nothing_to_assign() -> None:
    """No boxes, and a box with no candidates, give nobody; the loss is that of objectness and finite."""
    lead, none = predictions(), BoxTargets(boxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long))
    assert (assign(lead, 0, none.boxes, none.labels, FINE) == NOBODY).all()
    huge = torch.tensor([[0.0, 0.0, 900.0, 900.0]])
    assert (assign(lead, 0, huge, torch.zeros(1, dtype=torch.long), FINE) == NOBODY).all()
    assert detection_loss(lead, lead, [none, none]).isfinite()


def test_auxiliary_head_counts_a_quarter() -> None:
    """In the loss, and in the gradient of what it predicts; it learns what the lead head's predictions choose."""
    lead, auxiliary, true = predictions(), predictions(1), targets()
    alone, both = detection_loss(lead, None, true), detection_loss(lead, auxiliary, true)
    own = head_loss(auxiliary, lead, true, COARSE)
    torch.testing.assert_close(both, alone + AUXILIARY_WEIGHT * own)
    assert AUXILIARY_WEIGHT == 0.25
    gradients = [torch.autograd.grad(loss, auxiliary.objectness, retain_graph=True)[0] for loss in (both, own)]
    torch.testing.assert_close(gradients[0], 0.25 * gradients[1])
    other = predictions(2)
    assert not torch.isclose(head_loss(auxiliary, other, true, COARSE), own)
    assert torch.autograd.grad(own, lead.boxes, allow_unused=True, retain_graph=True) == (None,)


def test_loss_by_hand() -> None:
    """One level, one place that learns: its CIoU, its classes, and the mean over valid places of the objectness."""
    lead = predictions(strides=(2,))
    box = torch.tensor([[4.2, 20.6, 8.2, 24.6]])
    none = BoxTargets(boxes=torch.zeros(0, 4), labels=torch.zeros(0, dtype=torch.long))
    true = [BoxTargets(boxes=box, labels=torch.tensor([1])), none]
    place = (assign(lead, 0, box, true[0].labels, FINE) != NOBODY).nonzero()[:, 0]
    assert len(place) == 1
    overlap = complete_iou(lead.boxes[0, place[0]], box[0])
    logits = torch.nn.functional.logsigmoid
    classes = -(logits(-lead.classes[0, place[0]]).sum() + lead.classes[0, place[0], 1]) / 3
    wanted = torch.zeros_like(lead.objectness)
    wanted[0, place[0]] = overlap.clamp(min=0.0)
    objectness = -(wanted * logits(lead.objectness) + (1.0 - wanted) * logits(-lead.objectness))[lead.places.valid].mean()
    expected = 0.05 * (1.0 - overlap) + 0.3 * classes + 0.7 * 4.0 * objectness
    torch.testing.assert_close(head_loss(lead, lead, true, FINE), expected)


def test_padding_and_the_lower_triangle_are_not_read() -> None:
    """Predictions for a chain in a wider map are those of the chain alone; only pixels with pairs above the diagonal have any."""
    torch.manual_seed(0)
    network = BlockDetector(backbone="dilated_resnet", in_channels=1, hidden=8, depth=2, dilations=(1, 2), neck_depth=1)
    x, wide, mask = torch.randn(1, 1, 20, 20), torch.full((1, 1, 27, 27), float("nan")), torch.ones(1, 27)
    wide[..., :20, :20], mask[:, 20:] = x, 0.0
    assert [network.train(training)(x)[1] is None for training in (True, False)] == [False, True]
    for training in (True, False):
        for one, other in zip(network.train(training)(x), network(wide, mask), strict=True):
            assert (one is None) == (other is None)
            if one is not None and other is not None:
                own, padded = one.places.valid, other.places.valid
                assert own.sum() == padded.sum() == len(one.places.stride) * 190 // 400
                for name in ("boxes", "objectness", "classes"):
                    torch.testing.assert_close(getattr(other, name)[padded], getattr(one, name)[own], rtol=1e-4, atol=1e-4)
    found, padded_found = network.detect(x, least_score=0.0)[0], network.detect(wide, mask, least_score=0.0)[0]
    assert len(found.boxes) > 10
    np.testing.assert_allclose(padded_found.scores[:3], found.scores[:3], rtol=1e-4)
    assert (np.diff(found.scores) <= 0.0).all()


def learned_by_heart(x: torch.Tensor, mask: torch.Tensor, true: list[TrueBoxes], *, steps: int) -> BlockDetector:
    """A small detector trained on these maps."""
    torch.manual_seed(0)
    network = BlockDetector(backbone="convmixer", in_channels=1, hidden=32, depth=2, kernel_size=5, neck_depth=1)
    optimizer = torch.optim.Adam(network.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.02, total_steps=steps)
    wanted = [box_targets(one) for one in true]
    for _ in range(steps):
        optimizer.zero_grad()
        detection_loss(*network(x, mask), wanted).backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def test_two_maps_by_heart() -> None:
    """Contacts in, blocks out: after seconds of training every block is found to the residue, and nothing else before it."""
    length = 64
    x, mask, true = torch.zeros(2, 1, length, length), torch.zeros(2, length), []
    for index, name in enumerate(("1lcd_A", "1orc_A")):
        protein = example(name)
        points, known = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
        near = torch.from_numpy(contacts(points) & known[:, None] & known)
        x[index, 0, : len(near), : len(near)] = near.float()
        mask[index, : len(near)] = 1.0
        true.append(contact_blocks(protein))
    assert [len(one.labels) for one in true] == [3, 7]
    network = learned_by_heart(x, mask, true, steps=STEPS)
    scores = box_scores(network.detect(x, mask), true, area_edges=BLOCK_AREA_EDGES)
    found = (scores.ap, scores.ap75, scores.ap_small, scores.ap_medium, scores.ap_large, scores.ar100)
    assert found == (pytest.approx(1.0),) * 6
