"""What enters the two MSA stacks: input, recycling, relative position and template embeddings."""

from collections.abc import Callable
from typing import Any
from unittest import mock

import haiku as hk
import jax.numpy as jnp
import numpy as np
from alphafold.model import all_atom, common_modules, layer_stack, modules
from deepmind.chains import CHAIN, UBIQUITIN, chain
from deepmind.draws import draw, sequence_mask
from deepmind.inputs import processed_features, raw_features, with_holes
from deepmind.network import TEMPLATE, Arrays, Network, to_numpy
from deepmind.torsions import undefined_torsions_zero


def template_embedding() -> Arrays:
    """Each template by itself, then all of them through pointwise attention."""
    network, name, query, padded = Network("model_1_ptm"), "template_embedding", UBIQUITIN[:10], 12
    raw, _ = raw_features(name, query, rows=8, templates=3)
    batch = processed_features(raw, network.config, padded, clusters=8, extra=4, passes=1, seed=1)
    batch = {key: value[0] for key, value in batch.items() if key.startswith("template_")}
    mask = sequence_mask(padded, padded - len(query))
    inputs = {"pair": draw(name, padded, padded, 128), "pair_mask": mask[:, None] * mask[None, :]}

    def one(pair: Any, mask_2d: Any, template: Any) -> Any:
        module = modules.SingleTemplateEmbedding(network.trunk.template, network.settings)
        return module(pair, template, mask_2d, is_training=False)

    def every(pair: Any, mask_2d: Any, templates: Any) -> Any:
        return modules.TemplateEmbedding(network.trunk.template, network.settings)(pair, templates, mask_2d, is_training=False)

    def attended(pair: Any, embedded: Any, mask_1d: Any) -> Any:
        length = pair.shape[0]
        module = modules.Attention(network.trunk.template.attention, network.settings, 128)
        flat = jnp.reshape(jnp.transpose(embedded, [1, 2, 0, 3]), [length * length, -1, embedded.shape[-1]])
        result = module(jnp.reshape(pair, [length * length, 1, -1]), flat, 1e9 * (mask_1d[None, None, None, :] - 1.0))
        return jnp.reshape(result, pair.shape)

    path = f"{TEMPLATE}/single_template_embedding"
    single = [
        network.run(path, one, *inputs.values(), {key: value[index] for key, value in batch.items()})
        for index in range(len(batch["template_mask"]))
    ]
    inputs["single_template_embedding"] = np.stack(single)
    return {
        **batch,
        **inputs,
        "pointwise_attention": network.run(
            f"{TEMPLATE}/attention", attended, inputs["pair"], inputs["single_template_embedding"], batch["template_mask"]
        ),
        "output": network.run(TEMPLATE, every, inputs["pair"], inputs["pair_mask"], batch),
        "output_without_templates": network.run(
            TEMPLATE, every, inputs["pair"], inputs["pair_mask"], {**batch, "template_mask": np.zeros_like(batch["template_mask"])}
        ),
    }


def recycling() -> Arrays:
    """What the last pass adds to the first MSA row and to the pair representation."""
    network, name, length = Network("model_1_ptm"), "recycling", 11
    made = chain(name, CHAIN[5 : 5 + length])
    inputs = {
        "aatype": made["aatype"],
        "prev_pos": made["atom37_positions"],
        "prev_msa_first_row": draw(name + "/msa", length, 256),
        "prev_pair": draw(name + "/pair", length, length, 128),
    }

    def build(aatype: Any, positions: Any, row: Any, pair: Any) -> Any:
        def norm(name: str) -> Any:
            return common_modules.LayerNorm(axis=[-1], create_scale=True, create_offset=True, name=name)

        beta = modules.pseudo_beta_fn(aatype, positions, None)
        distogram = modules.dgram_from_positions(beta, **network.trunk.prev_pos)
        with hk.experimental.name_scope("evoformer"):
            return {
                "distogram": distogram,
                "msa_output": norm("prev_msa_first_row_norm")(row),
                "pair_output": common_modules.Linear(128, name="prev_pos_linear")(distogram) + norm("prev_pair_norm")(pair),
            }

    return {**inputs, **network.run("evoformer", build, *inputs.values())}


def embedding() -> Arrays:
    """Everything before the two MSA stacks, and what enters them: input, recycling, relative position and template embeddings."""
    network, name, query, padded = Network("model_1_ptm"), "embedding", UBIQUITIN[40:50], 12
    raw, _ = raw_features(name, query, rows=14, templates=2)
    raw["residue_index"] = raw["residue_index"] + np.where(np.arange(len(query)) < 6, 0, 40).astype(np.int32)
    batch = processed_features(raw, network.config, padded, clusters=9, extra=6, passes=1, seed=2)
    batch = {key: value[0] for key, value in with_holes(name, batch).items()}
    previous = {
        "prev_pos": chain(name, query + "AA")["atom37_positions"] * batch["atom37_atom_exists"][..., None],
        "prev_msa_first_row": draw(name + "/msa", padded, 256),
        "prev_pair": draw(name + "/pair", padded, padded, 128),
    }
    entered: dict[str, Any] = {}
    real_stack = layer_stack.layer_stack

    def watched_stack(count: int) -> Callable[..., Any]:
        def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
            if function.__name__ not in ("extra_msa_stack_fn", "evoformer_fn"):
                return real_stack(count)(function)

            def note(x: Any) -> Any:
                entered[function.__name__] = x[0]
                return x

            return note

        return wrap

    def build(inputs: Any) -> Any:
        return modules.EmbeddingsAndEvoformer(network.trunk, network.settings)(inputs, is_training=False)

    with mock.patch.object(layer_stack, "layer_stack", watched_stack), undefined_torsions_zero():
        network.run("evoformer", build, {**batch, **previous}, jit=False)
    torsions = all_atom.atom37_to_torsion_angles(
        batch["template_aatype"], batch["template_all_atom_positions"], batch["template_all_atom_masks"]
    )
    return {
        **batch,
        **previous,
        "msa_output": to_numpy(entered["evoformer_fn"]["msa"]),
        "pair_output": to_numpy(entered["evoformer_fn"]["pair"]),
        "extra_msa_output": to_numpy(entered["extra_msa_stack_fn"]["msa"]),
        "template_row_mask": np.asarray(torsions["torsion_angles_mask"][..., 2]),
    }
