import pytest

from protfold.errors import InputError
from protfold.features import FeatureConfig
from protfold.features.config import model_1, model_2, model_3, model_4, model_5


@pytest.mark.parametrize(
    ("preset", "clusters", "extra", "templates"),
    [(model_1, 508, 5120, 4), (model_2, 508, 1024, 4), (model_3, 512, 5120, 0), (model_4, 512, 5120, 0), (model_5, 512, 1024, 0)],
)
def test_published_presets(preset, clusters, extra, templates):
    config = preset()
    assert (config.num_clusters, config.max_extra_msa, config.max_templates) == (clusters, extra, templates)
    assert (config.num_recycles, config.masked_fraction) == (3, 0.15)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"max_msa_clusters": 0}, "max_msa_clusters"),
        ({"max_msa_clusters": 4, "reduce_clusters_by_templates": True}, "max_msa_clusters"),
        ({"max_extra_msa": -1}, "max_extra_msa"),
        ({"num_recycles": -1}, "num_recycles"),
        ({"max_templates": -1}, "max_templates"),
        ({"masked_fraction": 1.1}, "masked_fraction"),
        ({"same_probability": -0.1}, "probabilities"),
        ({"same_probability": 0.5, "profile_probability": 0.5}, "probabilities"),
    ],
)
def test_impossible_values_are_refused_by_name(wrong, named):
    with pytest.raises(InputError, match=named):
        FeatureConfig(**wrong)


def test_no_chance_left_for_the_mask_token_is_possible():
    FeatureConfig(uniform_probability=0.7, profile_probability=0.2, same_probability=0.1)
