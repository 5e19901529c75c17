"""Vision systems as encoders of pair maps: [B, C, N, N] in, feature maps out, residues masked by [B, N]."""

from protfold.vision.backbone import Backbone, FeatureMaps
from protfold.vision.pair_map_encoder import PairMapEncoder
from protfold.vision.registry import create_backbone, list_backbones

__all__ = ["Backbone", "FeatureMaps", "PairMapEncoder", "create_backbone", "list_backbones"]
