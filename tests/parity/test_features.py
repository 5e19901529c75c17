"""Each deterministic step of the features against DeepMind's, with the outcome of its random steps as inputs."""

import numpy as np
import pytest

from protfold.constants.residues import encode
from protfold.entities import Msa, Template
from protfold.features import FeatureConfig, FoldFeatures, build_features
from protfold.features.clusters import nearest_clusters, summarize_clusters
from protfold.features.masking import mask_msa
from protfold.features.msa import merge_msas, residue_profile
from protfold.features.msa_sample import deletion_value, has_deletion, msa_feat
from protfold.features.targets import residue_index, target_feat
from protfold.features.templates import template_features
from tests.parity.reference import ARRAYS

ALPHABETICAL = "ACDEFGHIKLMNPQRSTVWYX-"
"""Order of the codes in raw features."""
ROUNDING = 3e-7
"""Arc tangents and quotients of float32 numbers below 1 may differ in the last place between libraries; all else is exact."""

Arrays = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def steps() -> Arrays:
    """DeepMind's inputs and outputs of every step."""
    with np.load(ARRAYS / "features.npz") as file:
        return {name: file[name] for name in file.files}


def _parsed(steps: Arrays, name: str) -> Msa:
    return Msa(
        residues=np.stack([encode(row) for row in steps[f"{name}/sequences"]]),
        deletions=steps[f"{name}/deletion_matrix"],
        descriptions=tuple(steps[f"{name}/descriptions"]),
        source=name,
    )


def _codes(one_hot: np.ndarray) -> np.ndarray:
    """Our codes of the one-hot encoding of DeepMind's raw templates."""
    return encode(ALPHABETICAL)[one_hot.argmax(-1)]


def test_merged_alignments_are_deepminds_in_order_and_code(steps: Arrays) -> None:
    merged = merge_msas([_parsed(steps, "parsed_stockholm"), _parsed(steps, "parsed_a3m")])
    np.testing.assert_array_equal(merged.residues, steps["squeeze_features/msa"])
    np.testing.assert_array_equal(merged.deletions, steps["squeeze_features/deletion_matrix"])


def test_profile(steps: Arrays) -> None:
    merged = merge_msas([_parsed(steps, "parsed_stockholm"), _parsed(steps, "parsed_a3m")])
    np.testing.assert_allclose(residue_profile(merged), steps["make_hhblits_profile/hhblits_profile"], rtol=0, atol=ROUNDING)


def test_query_features(steps: Arrays) -> None:
    aatype = encode(str(steps["text/query"]))
    np.testing.assert_array_equal(aatype, steps["squeeze_features/aatype"])
    np.testing.assert_array_equal(target_feat(aatype), steps["make_msa_feat/target_feat"])
    np.testing.assert_array_equal(residue_index([len(aatype)]), steps["squeeze_features/residue_index"])


def test_replacements_are_drawn_with_deepminds_probabilities(steps: Arrays) -> None:
    sampled, profile = steps["sample_msa/msa"], steps["make_hhblits_profile/hhblits_profile"]
    probabilities = steps["make_masked_msa/probabilities"].astype(np.float64)
    draws, generator = 4000, np.random.default_rng(0)
    config = FeatureConfig(masked_fraction=1.0)
    counts = np.zeros(probabilities.shape)
    for _ in range(draws):
        replaced, _ = mask_msa(sampled, profile, config, generator)
        counts += np.eye(23)[replaced]
    assert (counts[probabilities == 0] == 0).all()
    deviation = (counts - draws * probabilities)[probabilities > 0] / np.sqrt(draws * probabilities * (1 - probabilities))[
        probabilities > 0
    ]
    assert np.abs(deviation).max() < 6.0
    assert deviation.std() == pytest.approx(1.0, abs=0.05)


def test_nearest_clusters(steps: Arrays) -> None:
    assignment = nearest_clusters(steps["make_masked_msa/msa"], steps["sample_msa/extra_msa"])
    np.testing.assert_array_equal(assignment, steps["nearest_neighbor_clusters/extra_cluster_assignment"])


def test_cluster_summaries(steps: Arrays) -> None:
    profile, deletion_mean = summarize_clusters(
        steps["make_masked_msa/msa"],
        steps["sample_msa/deletion_matrix"].astype(np.int32),
        steps["sample_msa/extra_msa"],
        steps["sample_msa/extra_deletion_matrix"].astype(np.int32),
        steps["nearest_neighbor_clusters/extra_cluster_assignment"],
    )
    np.testing.assert_array_equal(profile, steps["summarize_clusters/cluster_profile"])
    np.testing.assert_array_equal(deletion_mean, steps["summarize_clusters/cluster_deletion_mean"])


def test_alignment_features(steps: Arrays) -> None:
    ours = msa_feat(
        steps["make_masked_msa/msa"],
        steps["sample_msa/deletion_matrix"].astype(np.int32),
        steps["summarize_clusters/cluster_profile"],
        steps["summarize_clusters/cluster_deletion_mean"],
    )
    np.testing.assert_allclose(ours, steps["make_msa_feat/msa_feat"], rtol=0, atol=ROUNDING)


def test_extra_deletion_features(steps: Arrays) -> None:
    deletions = steps["crop_extra_msa/extra_deletion_matrix"].astype(np.int32)
    np.testing.assert_array_equal(has_deletion(deletions), steps["make_msa_feat/extra_has_deletion"])
    np.testing.assert_allclose(deletion_value(deletions), steps["make_msa_feat/extra_deletion_value"], rtol=0, atol=ROUNDING)


def test_templates(steps: Arrays) -> None:
    aatype = _codes(steps["raw/template_aatype"])
    templates = [
        Template(
            name=str(index),
            aatype=aatype[index],
            atom37_positions=steps["raw/template_all_atom_positions"][index],
            atom37_mask=steps["raw/template_all_atom_masks"][index],
            sum_probs=float(steps["raw/template_sum_probs"][index, 0]),
        )
        for index in range(len(aatype))
    ]
    features = template_features(templates[::-1], 4, aatype.shape[1])
    assert features is not None
    np.testing.assert_array_equal(features.aatype, steps["fix_templates_aatype/template_aatype"])
    np.testing.assert_array_equal(features.atom37_positions, steps["raw/template_all_atom_positions"])
    np.testing.assert_array_equal(features.pseudo_beta, steps["make_pseudo_beta/template_pseudo_beta"])
    np.testing.assert_array_equal(features.pseudo_beta_mask, steps["make_pseudo_beta/template_pseudo_beta_mask"])
    np.testing.assert_array_equal(features.mask, steps["make_template_mask/template_mask"])


def test_atom_layouts(steps: Arrays) -> None:
    query = Msa(
        residues=encode(str(steps["text/query"]))[None],
        deletions=np.zeros((1, len(str(steps["text/query"]))), np.int32),
        descriptions=("",),
    )
    arrays = build_features(query, config=FeatureConfig(num_recycles=0)).as_alphafold()
    for name in ("atom14_atom_exists", "residx_atom14_to_atom37", "residx_atom37_to_atom14", "atom37_atom_exists"):
        np.testing.assert_array_equal(arrays[name][0], steps[f"make_atom14_masks/{name}"])


@pytest.mark.parametrize("network", ["network_model_1", "network_model_1_ptm", "network_model_3_ptm"])
def test_processed_features_return_through_both_doors(network: str) -> None:
    with np.load(ARRAYS / f"{network}.npz") as file:
        theirs = {name.removeprefix("features/"): file[name] for name in file.files if name.startswith("features/")}
    ours = FoldFeatures.from_alphafold(theirs).as_alphafold()
    assert set(theirs) - set(ours) <= {"random_crop_to_size_seed", "template_sum_probs"}
    for name, array in ours.items():
        np.testing.assert_array_equal(array, theirs[name], err_msg=name)
        assert array.dtype == theirs[name].dtype, name


def test_codes_are_deepminds(steps: Arrays) -> None:
    np.testing.assert_array_equal(encode(ALPHABETICAL)[steps["raw/msa"]], steps["correct_msa_restypes/msa"].squeeze(-1))
