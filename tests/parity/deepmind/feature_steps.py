"""Each deterministic step of DeepMind's TensorFlow transforms, with the outcome of the random ones as inputs."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import tensorflow.compat.v1 as tf
from alphafold.data import parsers
from alphafold.model import all_atom, config
from alphafold.model.tf import data_transforms, proteins_dataset
from deepmind.chains import UBIQUITIN
from deepmind.inputs import raw_features
from deepmind.network import Arrays


def feature_steps() -> Arrays:
    """Each deterministic step of DeepMind's TensorFlow transforms, with the outcome of the random ones as inputs."""
    name, query = "features", UBIQUITIN[:30] + "XGW"
    raw, texts = raw_features(name, query, rows=24, templates=3)
    result: Arrays = {f"text/{key}": np.array(value) for key, value in texts.items()}
    result["text/query"] = np.array(query)
    for key, parse in (("stockholm", parsers.parse_stockholm), ("a3m", parsers.parse_a3m)):
        parsed = parse(texts[key])
        result[f"parsed_{key}/sequences"] = np.array(parsed.sequences)
        result[f"parsed_{key}/deletion_matrix"] = np.array(parsed.deletion_matrix, np.int32)
        result[f"parsed_{key}/descriptions"] = np.array(parsed.descriptions)
    result.update({f"raw/{key}": value for key, value in raw.items() if value.dtype != object})

    settings = config.model_config("model_1_ptm").data
    example = dict(raw)
    example["deletion_matrix"] = example.pop("deletion_matrix_int").astype(np.float32)
    names = settings.common.unsupervised_features + settings.common.template_features
    protein = proteins_dataset.np_to_tensor_dict(np_example=example, features=names)

    def step(label: str, function: Callable[[Any], Any]) -> None:
        nonlocal protein
        before = dict(protein)
        protein = function(protein)
        for key, value in protein.items():
            if (key not in before or value is not before[key]) and value.dtype != tf.string:
                result[f"{label}/{key}"] = value.numpy()

    tf.random.set_random_seed(4)
    step("correct_msa_restypes", data_transforms.correct_msa_restypes)
    protein = data_transforms.cast_64bit_ints(protein)
    step("squeeze_features", data_transforms.squeeze_features)
    step("make_seq_mask", data_transforms.make_seq_mask)
    step("make_msa_mask", data_transforms.make_msa_mask)
    step("make_hhblits_profile", data_transforms.make_hhblits_profile)
    step("fix_templates_aatype", data_transforms.fix_templates_aatype)
    step("make_template_mask", data_transforms.make_template_mask)
    step("make_pseudo_beta", data_transforms.make_pseudo_beta("template_"))
    step("make_atom14_masks", data_transforms.make_atom14_masks)
    step("sample_msa", data_transforms.sample_msa(9, keep_extra=True))

    real_categorical = data_transforms.shaped_categorical

    def watched_categorical(probabilities: Any, epsilon: float = 1e-10) -> Any:
        result["make_masked_msa/probabilities"] = probabilities.numpy()
        return real_categorical(probabilities, epsilon)

    with mock.patch.object(data_transforms, "shaped_categorical", watched_categorical):
        step("make_masked_msa", data_transforms.make_masked_msa(settings.common.masked_msa, 0.3))
    step("nearest_neighbor_clusters", data_transforms.nearest_neighbor_clusters())
    step("summarize_clusters", data_transforms.summarize_clusters())
    step("crop_extra_msa", data_transforms.crop_extra_msa(10))
    step("make_msa_feat", data_transforms.make_msa_feat())

    names = ("template_aatype", "template_all_atom_positions", "template_all_atom_masks")
    torsions = all_atom.atom37_to_torsion_angles(*(protein[key].numpy() for key in names))
    result.update({f"template_torsions/{key}": np.asarray(value) for key, value in torsions.items()})
    return result
