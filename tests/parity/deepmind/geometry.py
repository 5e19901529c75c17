"""Torsion angles, frames, atom forms, pseudo-beta atoms and affine maps."""

import numpy as np
from alphafold.model import all_atom, modules, quat_affine
from deepmind.chains import CHAIN, chain
from deepmind.draws import choice, draw
from deepmind.network import Arrays, to_numpy
from deepmind.structure import affine_inputs


def geometry() -> Arrays:
    """Torsion angles, frames, atom forms, pseudo-beta atoms and affine maps."""
    made = chain("geometry", CHAIN)
    aatype, positions = made["aatype"], made["atom37_positions"]
    mask = (made["atom37_atom_exists"] * ~choice("geometry/missing", 0.05, *made["atom37_atom_exists"].shape)).astype(np.float32)
    result = {**made, "atom37_mask": mask}
    torsions = all_atom.atom37_to_torsion_angles(aatype[None], positions[None], mask[None])
    result.update({f"atom37_to_torsion_angles/{key}": np.asarray(value[0]) for key, value in torsions.items()})
    filled = all_atom.atom37_to_torsion_angles(aatype[None], positions[None], mask[None], placeholder_for_undefined=True)
    result["atom37_to_torsion_angles/with_placeholder"] = np.asarray(filled["torsion_angles_sin_cos"][0])
    for key, value in all_atom.atom37_to_frames(aatype, positions, mask).items():
        result[f"atom37_to_frames/{key}"] = np.asarray(value)
    result["atom37_to_atom14"] = np.asarray(all_atom.atom37_to_atom14(positions, made))
    result["atom14_to_atom37"] = np.asarray(all_atom.atom14_to_atom37(result["atom14_positions"], made))
    beta, beta_mask = modules.pseudo_beta_fn(aatype, positions, mask)
    result["pseudo_beta"], result["pseudo_beta_mask"] = np.asarray(beta), np.asarray(beta_mask)
    result["distogram_15"] = np.asarray(modules.dgram_from_positions(beta, 15, 3.25, 20.75))
    result["distogram_39"] = np.asarray(modules.dgram_from_positions(beta, 39, 3.25, 50.75))

    affine = affine_inputs("geometry", len(CHAIN))
    update = draw("geometry/update", len(CHAIN), 6)
    points = draw("geometry/points", len(CHAIN), 3)
    start = quat_affine.QuatAffine.from_tensor(affine)
    columns = [points[:, axis] for axis in range(3)]
    rotation, translation = quat_affine.make_transform_from_reference(positions[:, 0], positions[:, 1], positions[:, 2])
    result.update(
        {
            "affine": affine,
            "affine_update": update,
            "points": points,
            "affine_rotation": np.asarray(quat_affine.rot_list_to_tensor(start.rotation)),
            "affine_updated": np.asarray(start.pre_compose(update).to_tensor()),
            "affine_applied": np.stack(to_numpy(start.apply_to_point(columns)), axis=-1),
            "affine_inverted": np.stack(to_numpy(start.invert_point(columns)), axis=-1),
            "transform_from_reference/rotation": np.asarray(rotation),
            "transform_from_reference/translation": np.asarray(translation),
        }
    )
    return result
