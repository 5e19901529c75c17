"""`BlockDetector`: boxes above the diagonal of pair maps, such as contacts between two elements of secondary structure."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from protfold.metrics.contact_blocks import BLOCKS
from protfold.metrics.detection import MAX_DETECTIONS, DetectedBoxes, TrueBoxes
from protfold.typing import Float, Int, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.detection.boxes import without_doubles
from protfold.vision.detection.head import AnchorHead, Predictions
from protfold.vision.detection.loss import BoxTargets
from protfold.vision.elan import Unit
from protfold.vision.pair_mask import coarser, pair_mask
from protfold.vision.positions import SeparationEmbedding
from protfold.vision.registry import create_backbone

ANCHORS = ((3.0, 3.0), (3.0, 9.0), (9.0, 3.0), (9.0, 9.0))
"""Residues; sides from 1 to 35 are learned, which are nearly those of all blocks."""
MOST_IOU = 0.65
"""Of two boxes of a class; of those that overlap more the surer is kept."""


class BlockDetector(nn.Module):
    """Pair maps and separations through a backbone, more convolutions, and a lead head; beside these an auxiliary head, for training.

    The auxiliary head reads what the backbone gives, the lead head what the convolutions make of it.

    Args:
        backbone: its name.
        in_channels: of the pair maps.
        num_classes: of boxes.
        anchors: see `AnchorHead`.
        neck_depth: convolutions between the two heads.
        settings: of the backbone.

    Raises:
        InputError: see `create_backbone`.
    """

    def __init__(
        self,
        *,
        backbone: str,
        in_channels: int,
        num_classes: int = len(BLOCKS),
        anchors: Sequence[tuple[float, float]] = ANCHORS,
        neck_depth: int = 2,
        **settings: object,
    ) -> None:
        super().__init__()
        self.backbone: Backbone = create_backbone(backbone, in_channels, **settings)
        symmetry = self.backbone.symmetry
        self.separation = SeparationEmbedding(in_channels, symmetry)
        self.necks = nn.ModuleList(
            nn.ModuleList(Unit(width, width, 3, symmetric=symmetry == "kernel") for _ in range(neck_depth))
            for width in self.backbone.channels
        )
        self.lead, self.auxiliary = (
            AnchorHead(channels=self.backbone.channels, strides=self.backbone.strides, anchors=anchors, num_classes=num_classes)
            for _ in range(2)
        )

    def forward(
        self,
        x: Float[Tensor, "B C N N"],
        mask: Shaped[Tensor, "B N"] | None = None,
        residue_index: Int[Tensor, "B N"] | None = None,
    ) -> tuple[Predictions, Predictions | None]:
        """Predictions of the lead head, and, in training, of the auxiliary head.

        Args:
            x: pair maps.
            mask: 1 for residues that are there; None for all.
            residue_index: numbers of residues; None counts them.
        """
        batch, _, length, _ = x.shape
        pairs = pair_mask(x.new_ones(batch, length) if mask is None else mask).to(x.dtype)
        maps = self.backbone(self.separation(x, residue_index), mask)
        refined = []
        for (features, stride), neck in zip(maps, self.necks, strict=True):
            coarse = None if mask is None else coarser(pairs, stride)
            for unit in neck:  # type: ignore[attr-defined]
                features = unit(features, coarse)
            refined.append((features, stride))
        upper = pairs.triu(1)
        return self.lead(refined, upper), self.auxiliary(maps, upper) if self.training else None

    @torch.no_grad()
    def detect(
        self,
        x: Float[Tensor, "B C N N"],
        mask: Shaped[Tensor, "B N"] | None = None,
        residue_index: Int[Tensor, "B N"] | None = None,
        *,
        least_score: float = 0.001,
    ) -> list[DetectedBoxes]:
        """The boxes of each map by the lead head, of whole residues, the surest first, with doubles left out.

        Args:
            x, mask, residue_index: of `forward`.
            least_score: product of the probabilities of a box and of its class.
        """
        predictions, _ = self(x, mask, residue_index)
        scores, labels = (predictions.classes.sigmoid() * predictions.objectness.sigmoid()[..., None]).max(-1)
        boxes = predictions.boxes.round().clamp(0.0, float(x.shape[-1]))
        there = predictions.places.valid & (scores >= least_score) & (boxes[..., 2:] > boxes[..., :2]).all(-1)
        found = []
        for own_boxes, own_labels, own_scores, valid in zip(boxes, labels, scores, there, strict=True):
            own = own_boxes[valid], own_labels[valid], own_scores[valid].float()
            kept = without_doubles(*own, most_iou=MOST_IOU)[: MAX_DETECTIONS[-1]]
            arrays = [values[kept].cpu().numpy() for values in own]
            found.append(DetectedBoxes(boxes=arrays[0].astype(np.float64), labels=arrays[1], scores=arrays[2]))
        return found


def box_targets(true: TrueBoxes) -> BoxTargets:
    """Boxes of `metrics.contact_blocks` as tensors to learn."""
    return BoxTargets(boxes=torch.from_numpy(true.boxes.astype(np.float32)), labels=torch.from_numpy(true.labels.astype(np.int64)))
