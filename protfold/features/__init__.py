"""Entities become what the networks read: NumPy in, torch out."""

from protfold.features.config import FeatureConfig
from protfold.features.fold_features import FoldFeatures, TemplateFeatures
from protfold.features.pipeline import build_features
from protfold.features.templates import template_from_alignment, template_from_structure

__all__ = [
    "FeatureConfig",
    "FoldFeatures",
    "TemplateFeatures",
    "build_features",
    "template_from_alignment",
    "template_from_structure",
]
