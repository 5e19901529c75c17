from dataclasses import fields

import numpy as np
import pytest
import torch

from protfold.errors import InputError
from protfold.features import FeatureConfig, FoldFeatures, build_features
from tests.unit.features.made_inputs import made_template, random_msa

CONFIG = FeatureConfig(max_msa_clusters=16, max_extra_msa=20, num_recycles=2)
MSA = random_msa(60, 33)


def _bytes(features: FoldFeatures) -> list[bytes]:
    return [array.tobytes() for _, array in sorted(features.as_alphafold().items())]


def test_one_sample_for_each_pass_and_no_two_alike():
    features = build_features(MSA, config=CONFIG)
    assert features.num_passes == 3
    assert features.msa_feat.shape == (3, 16, 33, 49)
    assert features.extra_msa.shape == (3, 20, 33)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert not torch.equal(features.true_msa[first], features.true_msa[second])
    assert (features.true_msa[:, 0] == features.aatype).all()


def test_same_seed_and_target_give_the_same_bytes_whatever_ran_between():
    first = build_features(MSA, config=CONFIG, seed=5, target="T1")
    np.random.default_rng().random()
    torch.manual_seed(torch.seed() % 1000)
    build_features(random_msa(30, 20, seed=1), config=CONFIG, seed=5, target="T2")
    assert _bytes(build_features(MSA, config=CONFIG, seed=5, target="T1")) == _bytes(first)
    assert _bytes(build_features(MSA, config=CONFIG, seed=6, target="T1")) != _bytes(first)
    assert _bytes(build_features(MSA, config=CONFIG, seed=5, target="T2")) != _bytes(first)


def test_a_pass_does_not_depend_on_how_many_follow():
    short = build_features(MSA, config=FeatureConfig(max_msa_clusters=16, max_extra_msa=20, num_recycles=0))
    assert torch.equal(short.msa_feat[0], build_features(MSA, config=CONFIG).msa_feat[0])


def test_a_list_of_one_alignment_is_the_alignment():
    assert _bytes(build_features([MSA], config=CONFIG)) == _bytes(build_features(MSA, config=CONFIG))


def test_templates_make_room_among_the_clusters_only_where_the_preset_says_so():
    room = FeatureConfig(max_msa_clusters=16, max_extra_msa=20, num_recycles=0, reduce_clusters_by_templates=True)
    assert build_features(MSA, config=room).msa_feat.shape[1] == 12
    features = build_features(MSA, [made_template(33)], config=CONFIG)
    assert features.msa_feat.shape[1] == 16
    assert features.templates is not None
    assert features.templates.aatype.shape == (1, 33)
    assert build_features(MSA, [], config=CONFIG).templates is None


def test_query_alone_is_enough():
    features = build_features(random_msa(1, 33), config=CONFIG)
    assert features.msa_feat.shape == (3, 1, 33, 49)
    assert features.extra_msa.shape == (3, 1, 33)
    assert not features.extra_msa_mask.any()


def test_chains_of_a_complex_are_numbered_apart():
    features = build_features(MSA, config=CONFIG, chain_lengths=(13, 20))
    assert features.residue_index.tolist() == [*range(13), *range(213, 233)]
    with pytest.raises(InputError, match="chain lengths"):
        build_features(MSA, config=CONFIG, chain_lengths=(13, 21))


def test_numbers_are_float32_and_codes_torch_indices():
    features = build_features(MSA, [made_template(33)], config=CONFIG)
    codes = {"aatype", "residue_index", "extra_msa", "true_msa"}
    for field in fields(features):
        if field.name not in ("templates", "couplings", "coevolution"):
            assert getattr(features, field.name).dtype == (torch.int64 if field.name in codes else torch.float32), field.name
