"""Boxes in pair maps, found and learned as by YOLOv7, and distances by its binned regression."""

from protfold.vision.detection.detector import BlockDetector, box_targets
from protfold.vision.detection.loss import detection_loss
from protfold.vision.detection.sigmoid_bin import SigmoidBin, SigmoidBinDistances

__all__ = ["BlockDetector", "SigmoidBin", "SigmoidBinDistances", "box_targets", "detection_loss"]
