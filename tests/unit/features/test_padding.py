"""Why features are not padded to the preset's sizes: the network cannot tell."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from protfold.features import FeatureConfig, FoldFeatures, build_features
from protfold.model import AlphaFold, AlphaFoldConfig, AttentionStackConfig, StructureModuleConfig
from tests.unit.features.made_inputs import random_msa

STACK = AttentionStackConfig(
    num_blocks=1, num_msa_heads=2, c_msa_head=4, num_pair_heads=2, c_pair_head=4, c_outer_product=4, c_triangle=8
)
ONE_LAYER = StructureModuleConfig(num_layers=1)


@pytest.fixture(scope="module")
def model() -> AlphaFold:
    """A small network in which every parameter matters."""
    torch.manual_seed(0)
    model = AlphaFold(
        AlphaFoldConfig(
            c_m=16, c_z=16, c_s=16, c_e=8, evoformer=STACK, extra_msa=STACK, template=None, structure=ONE_LAYER, c_plddt=8
        )
    )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def _with_empty_rows(features: FoldFeatures, count: int) -> FoldFeatures:
    """More rows of arbitrary content under a zero mask."""
    rows = (0, 0, 0, count)
    return replace(
        features,
        msa_feat=functional.pad(features.msa_feat, (0, 0, *rows), value=1.0),
        true_msa=functional.pad(features.true_msa, rows, value=3),
        bert_mask=functional.pad(features.bert_mask, rows),
        msa_mask=functional.pad(features.msa_mask, rows),
        extra_msa=functional.pad(features.extra_msa, rows, value=3),
        extra_has_deletion=functional.pad(features.extra_has_deletion, rows, value=1.0),
        extra_deletion_value=functional.pad(features.extra_deletion_value, rows, value=1.0),
        extra_msa_mask=functional.pad(features.extra_msa_mask, rows),
    )


@pytest.mark.parametrize("depth", [1, 20])
def test_empty_rows_change_nothing(model, depth):
    config = FeatureConfig(max_msa_clusters=6, max_extra_msa=7, num_recycles=0)
    features = build_features(random_msa(depth, 11), config=config)
    with torch.no_grad():
        plain, padded = model(features), model(_with_empty_rows(features, 5))
    np.testing.assert_allclose(padded.pair, plain.pair, rtol=1e-3, atol=1e-3 * float(plain.pair.abs().max()))
    np.testing.assert_allclose(padded.plddt_logits, plain.plddt_logits, rtol=1e-3, atol=1e-3)
    assert float(plain.plddt_logits.std()) > 0.01
