"""Vision systems as encoders of pair maps: [B, C, N, N] in, feature maps out, residues masked by [B, N]."""

from protfold.vision.backbone import Backbone, FeatureMaps
from protfold.vision.distance_network import DistanceNetwork, DistanceNetworkConfig
from protfold.vision.pair_map_encoder import PairMapEncoder
from protfold.vision.registry import create_backbone, list_backbones

__all__ = [
    "Backbone",
    "DistanceNetwork",
    "DistanceNetworkConfig",
    "FeatureMaps",
    "PairMapEncoder",
    "create_backbone",
    "list_backbones",
]
