"""Features of a target from DeepMind's data pipeline: raw, and as the network reads them."""

from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from alphafold.common import residue_constants
from alphafold.data import parsers, pipeline
from alphafold.model import features
from alphafold.model.tf import input_pipeline, proteins_dataset
from deepmind.alignments import a3m, family, merged_alignments, stockholm
from deepmind.chains import CHAIN, chain
from deepmind.draws import choice
from deepmind.network import Arrays


def raw_features(name: str, query: str, rows: int, templates: int) -> tuple[Arrays, dict[str, str]]:
    """Raw features as DeepMind's data pipeline makes them, and the alignment texts they came from."""
    relatives = family(name, query, rows)
    half = max(2, rows // 2)
    texts = {
        "stockholm": stockholm(relatives[:half]),
        "a3m": a3m([relatives[0], *relatives[half - 1 :]]),  # the query and one more row are in both
    }
    alignment = merged_alignments([parsers.parse_stockholm(texts["stockholm"]), parsers.parse_a3m(texts["a3m"])])
    raw = {
        **pipeline.make_sequence_features(sequence=query, description="query", num_res=len(query)),
        **pipeline.make_msa_features([alignment]),
    }
    if templates:
        raw.update(template_features(name, query, templates))
    return raw, texts


def template_features(name: str, query: str, count: int) -> Arrays:
    """Raw template features: relatives of the query with coordinates, unaligned stretches, and missing atoms."""
    length = len(query)
    stacked: dict[str, list[np.ndarray]] = {"aatype": [], "positions": [], "masks": []}
    for index in range(count):
        key = f"{name}/template/{index}"
        sequence = "".join(np.where(choice(key + "/changed", 0.4, length), np.resize(list(CHAIN[index:]), length), list(query)))
        made = chain(key, sequence)
        aligned = np.ones(length, bool)
        aligned[3 * index : 3 * index + 3] = False
        aligned[length - index - 1 :] = False
        mask = made["atom37_atom_exists"] * aligned[:, None] * ~choice(key + "/missing", 0.06, length, 37)
        letters = "".join(np.where(aligned, list(sequence), "-"))
        stacked["aatype"].append(
            residue_constants.sequence_to_onehot(letters, residue_constants.HHBLITS_AA_TO_ID).astype(np.float32)
        )
        stacked["positions"].append(made["atom37_positions"] * mask[..., None])
        stacked["masks"].append(mask)
    return {
        "template_aatype": np.stack(stacked["aatype"]),
        "template_all_atom_positions": np.stack(stacked["positions"]).astype(np.float32),
        "template_all_atom_masks": np.stack(stacked["masks"]).astype(np.float32),
        "template_domain_names": np.array([f"{index}abc_A".encode() for index in range(count)], np.object_),
        "template_sum_probs": np.array([[20.0 - index] for index in range(count)], np.float32),
    }


def processed_features(raw: Arrays, settings: Any, padded: int, clusters: int, extra: int, passes: int, seed: int) -> Arrays:
    """DeepMind's TensorFlow pipeline, padded to `padded` residues; the first axis is the pass."""
    data, names = features.make_data_config(settings, num_res=padded)
    with data.unlocked():
        data.eval.max_msa_clusters = clusters
        data.common.max_extra_msa = extra
        data.common.num_recycle = passes - 1
    example = dict(raw)
    example["deletion_matrix"] = example.pop("deletion_matrix_int").astype(np.float32)
    graph = tf.Graph()
    with graph.as_default():
        tf.set_random_seed(seed)
        tensors = proteins_dataset.np_to_tensor_dict(np_example=example, features=names)
        batch = input_pipeline.process_tensors_from_config(tensors, data)
        with tf.Session(graph=graph) as session:
            result = session.run(batch)
    del result["random_crop_to_size_seed"]  # no input of the network, and the one number DeepMind draws without the seed
    return result


def with_holes(name: str, batch: Arrays) -> Arrays:
    """The same features with some positions of the alignments masked, as no padding would."""
    result = dict(batch)
    for key in ("msa_mask", "extra_msa_mask"):
        holes = choice(f"{name}/{key}", 0.1, *batch[key].shape)
        holes[:, 0] = False
        result[key] = (batch[key] * ~holes).astype(np.float32)
    return result
