"""The structure module: attention alone, one layer, and all eight."""

from typing import Any

import jax
import numpy as np
from alphafold.model import folding, prng, quat_affine, r3
from deepmind.chains import ALL_TYPES, atom_maps, residue_types
from deepmind.draws import draw, sequence_mask
from deepmind.network import FOLD, Arrays, Network
from parameters import standard


def structure_inputs(name: str) -> Arrays:
    """Representations and residue types for the structure module: every type, and two positions of padding."""
    sequence = "".join(ALL_TYPES) + "AA"
    length = len(sequence)
    aatype = residue_types(sequence)
    maps = atom_maps(aatype)
    mask = sequence_mask(length, 2)
    return {
        "single": draw(name + "/single", length, 384),
        "pair": draw(name + "/pair", length, length, 128),
        "aatype": aatype,
        "seq_mask": mask,
        **maps,
    }


def affine_inputs(name: str, length: int) -> np.ndarray:
    """Unit quaternions and translations, as DeepMind's seven numbers."""
    values = standard(name + "/affine", (length, 7))
    values[:, :4] /= np.linalg.norm(values[:, :4], axis=-1, keepdims=True)
    return values.astype(np.float32)


def rigids(value: Any) -> np.ndarray:
    """Rigid frames as 12 numbers: the rotation by rows, then the translation."""
    return np.asarray(r3.rigids_to_tensor_flat12(value))


def invariant_point_attention() -> Arrays:
    """Invariant point attention alone."""
    network, name = Network("model_1_ptm"), "invariant_point_attention"
    inputs = structure_inputs(name)
    inputs = {
        "single": inputs["single"],
        "pair": inputs["pair"],
        "seq_mask": inputs["seq_mask"],
        "affine": affine_inputs(name, len(inputs["aatype"])),
    }

    def build(single: Any, pair: Any, mask: Any, affine: Any) -> Any:
        module = folding.InvariantPointAttention(network.model.heads.structure_module, network.settings)
        return module(single, pair, mask[:, None], quat_affine.QuatAffine.from_tensor(affine))

    return {**inputs, "output": network.run(f"{FOLD}/{name}", build, *inputs.values())}


def fold_iteration() -> Arrays:
    """One of the eight layers of the structure module."""
    network, name = Network("model_1_ptm"), "fold_iteration"
    shared = structure_inputs(name)
    inputs = {
        "single": shared["single"],
        "initial_single": draw(name + "/initial", *shared["single"].shape),
        "pair": shared["pair"],
        "seq_mask": shared["seq_mask"],
        "aatype": shared["aatype"],
        "affine": affine_inputs(name, len(shared["aatype"])),
    }

    def build(single: Any, initial: Any, pair: Any, mask: Any, aatype: Any, affine: Any) -> Any:
        module = folding.FoldIteration(network.model.heads.structure_module, network.settings)
        return module(
            {"act": single, "affine": affine},
            sequence_mask=mask[:, None],
            update_affine=True,
            is_training=False,
            initial_act=initial,
            safe_key=prng.SafeKey(jax.random.PRNGKey(0)),
            static_feat_2d=pair,
            aatype=aatype,
        )

    state, output = network.run(FOLD, build, *inputs.values())
    return {
        **inputs,
        "single_output": state["act"],
        "affine_output": output["affine"],
        "angles_sin_cos": output["sc"]["angles_sin_cos"],
        "unnormalized_angles_sin_cos": output["sc"]["unnormalized_angles_sin_cos"],
        "atom14_positions": np.asarray(r3.vecs_to_tensor(output["sc"]["atom_pos"])),
        "frames": rigids(output["sc"]["frames"]),
    }


def structure_module() -> Arrays:
    """The whole structure module, with everything it leaves in each of its eight layers."""
    network, name = Network("model_1_ptm"), "structure_module"
    inputs = structure_inputs(name)

    def build(batch: Any) -> Any:
        module = folding.StructureModule(network.model.heads.structure_module, network.settings, compute_loss=True)
        return module({"single": batch["single"], "pair": batch["pair"]}, batch, is_training=False)

    result = network.run(name, build, inputs)
    return {
        **inputs,
        "representation": result["representations"]["structure_module"],
        "trajectory": result["traj"],
        "angles_sin_cos": result["sidechains"]["angles_sin_cos"],
        "unnormalized_angles_sin_cos": result["sidechains"]["unnormalized_angles_sin_cos"],
        "atom14_trajectory": np.asarray(r3.vecs_to_tensor(result["sidechains"]["atom_pos"])),
        "frames": rigids(result["sidechains"]["frames"]),
        "final_atom14_positions": result["final_atom14_positions"],
        "final_atom_positions": result["final_atom_positions"],
        "final_atom_mask": result["final_atom_mask"],
    }
