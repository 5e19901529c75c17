"""Every loss on one made-up prediction: a crushed chain against another one with the same sequence."""

from typing import Any

import haiku as hk
import jax
import numpy as np
from alphafold.model import all_atom, config, folding, geometry, modules, quat_affine, r3
from deepmind.chains import CHAIN, chain
from deepmind.draws import choice, draw, sequence_mask, uniform
from deepmind.network import Arrays, to_numpy
from deepmind.structure import affine_inputs
from parameters import standard

LAYERS, ROWS = 2, 5
CRUSHED = 0.5
"""Scale of both chains: atoms clash, and errors are small enough not to be clamped, or in the last bin, all over."""
MODEL = config.model_config("model_1_ptm").model
HEADS = MODEL.heads
ANGLE_DEVIATION = 0.0311
"""Of cos(CA-C-N); the published code reads the deviation of the C-N bond in its place."""


def losses() -> Arrays:
    """The losses of the structure module with their parts, and of each head."""
    truth, prediction = true_structure(), predicted_structure()
    arrays = {
        **{f"true/{key}": truth[key] for key in ("atom37_positions", "atom37_mask")},
        **{key: truth[key] for key in ("aatype", "residue_index", "seq_mask")},
        **{f"predicted/{key}": value for key, value in prediction.items()},
    }
    arrays |= structure_losses(truth, prediction) | violations(truth, prediction)
    logits, labels = head_inputs(len(truth["aatype"]))
    return arrays | logits | labels | head_losses(truth, prediction, logits, labels)


def true_structure() -> Arrays:
    """What DeepMind's data pipeline makes of a chain: a break, missing atoms, two positions of padding."""
    sequence = CHAIN + "AA"
    made = chain("losses/true", sequence)
    seq_mask = sequence_mask(len(sequence), 2)
    for name in ("atom14_atom_exists", "atom37_atom_exists"):
        made[name] = made[name] * seq_mask[:, None]
    mask = made["atom37_atom_exists"] * ~choice("losses/missing", 0.04, *made["atom37_atom_exists"].shape)
    positions, mask = np.round(CRUSHED * made["atom37_positions"], 3), mask.astype(np.float32)
    made |= to_numpy(all_atom.atom37_to_frames(made["aatype"], positions, mask))
    atom14 = np.asarray(all_atom.atom37_to_atom14(positions, made))
    atom14_mask = np.asarray(all_atom.atom37_to_atom14(mask, made))
    other, other_mask = all_atom.get_alt_atom14(made["aatype"], geometry.Vec3Array.from_array(atom14), atom14_mask)
    torsions = to_numpy(all_atom.atom37_to_torsion_angles(made["aatype"][None], positions[None], mask[None]))
    chi = torsions["torsion_angles_sin_cos"][0, :, 3:]
    beta, beta_mask = to_numpy(modules.pseudo_beta_fn(made["aatype"], positions, mask))
    return {
        **made,
        "seq_mask": seq_mask,
        "residue_index": np.arange(len(sequence)) + 4 * (np.arange(len(sequence)) > 11),
        "atom37_positions": positions,
        "atom37_mask": mask,
        "atom14_gt_positions": atom14,
        "atom14_gt_exists": atom14_mask,
        "atom14_alt_gt_positions": np.asarray(other.to_array()),
        "atom14_alt_gt_exists": np.asarray(other_mask),
        "atom14_atom_is_ambiguous": 1.0 - np.einsum("tii->ti", all_atom.RENAMING_MATRICES)[made["aatype"]],
        "backbone_affine_tensor": affine(made["rigidgroups_gt_frames"][:, 0]),
        "backbone_affine_mask": made["rigidgroups_gt_exists"][:, 0],
        "chi_angles": np.arctan2(chi[..., 0], chi[..., 1]),
        "chi_mask": torsions["torsion_angles_mask"][0, :, 3:],
        "pseudo_beta": beta,
        "pseudo_beta_mask": beta_mask,
    }


def affine(flat12: np.ndarray) -> np.ndarray:
    """Quaternion and translation of frames given as twelve numbers."""
    quaternion = quat_affine.rot_to_quat(flat12[:, :9].reshape(-1, 3, 3), unstack_inputs=True)
    return np.concatenate([np.asarray(quaternion), flat12[:, 9:]], axis=-1).astype(np.float32)


def predicted_structure() -> Arrays:
    """Another chain in the last layer, of which atoms are off at random; frames and torsions at random in the first."""
    made = chain("losses/predicted", CHAIN + "AA")
    length = len(made["aatype"])
    exists = made["atom14_atom_exists"][..., None]
    atoms = exists * (CRUSHED * made["atom14_positions"] + 0.5 * standard("losses/atoms", (length, 14, 3)))
    first = affine_inputs("losses/first", length)
    frames = made["group_frames"] * np.where(np.arange(12) < 9, 1.0, CRUSHED).astype(np.float32)
    last = affine(frames[:, 0])
    raw = draw("losses/raw", LAYERS, length, 7, 2)
    return {
        "trajectory": np.stack([first, last]),
        "group_frames": frames,
        "atom14_positions": np.round(atoms, 3).astype(np.float32),
        "unnormalized_angles_sin_cos": raw,
        "angles_sin_cos": np.asarray(folding.l2_normalize(raw)),
    }


def structure_losses(truth: Arrays, prediction: Arrays) -> Arrays:
    """FAPE of the backbone with and without clamp, FAPE of all atoms with what renaming chose, chi angles and norms."""
    settings = HEADS.structure_module
    result = {}
    for name, clamp in (("clamped", 1.0), ("unclamped", 0.0)):
        found: dict[str, Any] = {"loss": 0.0}
        folding.backbone_loss(found, {**truth, "use_clamped_fape": clamp}, {"traj": prediction["trajectory"]}, settings)
        result[f"backbone_fape_{name}"] = np.asarray(found["loss"])
    layer = {
        "frames": r3.rigids_from_tensor_flat12(prediction["group_frames"]),
        "atom_pos": r3.vecs_from_tensor(prediction["atom14_positions"]),
    }
    value = {
        **folding.compute_renamed_ground_truth(truth, prediction["atom14_positions"]),
        "sidechains": {
            **jax.tree_util.tree_map(lambda leaf: leaf[None], layer),
            **{name: prediction[name] for name in ("angles_sin_cos", "unnormalized_angles_sin_cos")},
        },
    }
    result["alt_naming_is_better"] = np.asarray(value["alt_naming_is_better"])
    result["all_atom_fape"] = np.asarray(folding.sidechain_loss(truth, value, settings)["loss"])
    angles: dict[str, Any] = {"loss": 0.0}
    folding.supervised_chi_loss(angles, truth, value, settings)
    return result | {name: np.asarray(angles[name]) for name in ("chi_loss", "angle_norm_loss")}


def violations(truth: Arrays, prediction: Arrays) -> Arrays:
    """The violation loss and its parts."""
    atoms, settings = prediction["atom14_positions"], HEADS.structure_module
    found = folding.find_structural_violations(truth, atoms, settings)
    total = {"loss": 0.0}
    folding.structural_violation_loss(total, truth, {"violations": found}, settings)
    bonds = all_atom.between_residue_bond_loss(
        atoms,
        truth["atom14_atom_exists"],
        truth["residue_index"],
        truth["aatype"],
        tolerance_factor_soft=settings.violation_tolerance_factor * ANGLE_DEVIATION / 0.014,
    )
    parts = to_numpy({**found["between_residues"], **found["within_residues"]})
    return {
        "violation": np.asarray(total["loss"]),
        "bonds_c_n": parts["bonds_c_n_loss_mean"],
        "angles_ca_c_n": parts["angles_ca_c_n_loss_mean"],
        "angles_ca_c_n_own_deviation": np.asarray(bonds["ca_c_n_loss_mean"]),
        "angles_c_n_ca": parts["angles_c_n_ca_loss_mean"],
        "clashes_per_atom": parts["clashes_per_atom_loss_sum"],
        "within_per_atom": parts["per_atom_loss_sum"],
    }


def head_inputs(length: int) -> tuple[Arrays, Arrays]:
    """Random logits of every head, and the alignment that was masked."""
    logits = {
        "distogram": draw("losses/distogram", length, length, 64),
        "masked_msa": draw("losses/masked_msa", ROWS, length, 23),
        "experimentally_resolved": draw("losses/resolved", length, 37),
        "predicted_lddt": draw("losses/lddt", length, 50),
        "predicted_aligned_error": draw("losses/error", length, length, 64),
    }
    # The published first bin holds an error of exactly zero alone, and so is left empty; on the diagonal rounding decides.
    logits["predicted_aligned_error"][..., 0] = -1e4
    logits["predicted_aligned_error"][range(length), range(length)] = 0.0
    masked = choice("losses/bert_mask", 0.15, ROWS, length) * sequence_mask(length, 2)
    types = np.floor(22 * uniform("losses/types", ROWS, length))
    return (
        {f"logits/{name}": value for name, value in logits.items()},
        {"bert_mask": masked.astype(np.float32), "true_msa": types.astype(np.int32)},
    )


def head_losses(truth: Arrays, prediction: Arrays, logits: Arrays, labels: Arrays) -> Arrays:
    """Each head's loss; where the resolution decides, at three of them."""
    atoms = np.asarray(all_atom.atom14_to_atom37(prediction["atom14_positions"], truth))
    structure = {"final_atom_positions": atoms, "final_affines": prediction["trajectory"][-1]}
    breaks = np.linspace(0.0, 31.0, 63, dtype=np.float32)
    table = {
        "distogram": (modules.DistogramHead, {"bin_edges": np.linspace(2.3125, 21.6875, 63, dtype=np.float32)}),
        "masked_msa": (modules.MaskedMsaHead, {}),
        "experimentally_resolved": (modules.ExperimentallyResolvedHead, {}),
        "predicted_lddt": (modules.PredictedLDDTHead, {}),
        "predicted_aligned_error": (modules.PredictedAlignedErrorHead, {"breaks": breaks}),
    }
    result = {}
    for resolution in (0.0, 2.5, 3.5):
        batch = {**truth, **labels, "all_atom_positions": truth["atom37_positions"], "all_atom_mask": truth["atom37_mask"]}
        batch["resolution"] = np.float32(resolution)
        for name, (module, more) in table.items():
            own = {"logits": logits[f"logits/{name}"], **more}
            nested = name in ("predicted_lddt", "predicted_aligned_error")
            value = {"structure_module": structure, name: own} if nested else own
            result[f"loss/{name}/{resolution}"] = loss_of(module, HEADS[name], value, batch)
    return result


def loss_of(module: Any, settings: Any, value: Any, batch: Arrays) -> np.ndarray:
    """The loss that a head gives itself."""
    apply = hk.transform(lambda: module(settings, MODEL.global_config).loss(value, batch)["loss"]).apply
    return np.asarray(apply({}, None))
