"""Coordinates that look like a protein."""

import numpy as np
import tensorflow.compat.v1 as tf
from alphafold.common import residue_constants
from alphafold.model import all_atom, r3
from alphafold.model.tf import data_transforms
from deepmind.draws import uniform
from deepmind.network import Arrays
from parameters import standard

UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
# One of each residue type, in AlphaFold's order, then unknown, then some that have several chi angles or none.
ALL_TYPES = residue_constants.restypes_with_x[:21]
CHAIN = "".join(ALL_TYPES) + "GRKDEFY"


def residue_types(sequence: str) -> np.ndarray:
    """AlphaFold's residue numbers; letters it does not know become 20."""
    return np.array([residue_constants.restype_order.get(letter, 20) for letter in sequence], np.int32)


def atom_maps(aatype: np.ndarray) -> Arrays:
    """DeepMind's masks and index maps between the 14 and the 37 atom forms."""
    made = data_transforms.make_atom14_masks({"aatype": tf.constant(aatype)})
    return {key: value.numpy() for key, value in made.items() if key != "aatype"}


def backbone(phi: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """N, CA and C of a chain with these torsion angles (radians) and ideal bonds: [N, 3, 3]."""
    lengths = (1.329, 1.458, 1.525)  # C-N, N-CA, CA-C
    angles = np.radians((121.7, 111.0, 117.2))  # at N, CA, C
    atoms = [np.array([0.0, 1.0, 0.5]), np.array([0.0, 0.0, 0.0]), np.array([1.458, 0.0, 0.0])]
    for index in range(len(phi)):
        # The torsion angle about the bond before each new atom: N, CA and C of this residue.
        turns = (psi[index - 1] if index else 0.5, np.pi, phi[index])
        for length, angle, turn in zip(lengths, np.roll(angles, 1), turns, strict=True):
            atoms.append(next_atom(*atoms[-3:], length, angle, turn))
    return np.array(atoms[3:]).reshape(-1, 3, 3)


def next_atom(a: np.ndarray, b: np.ndarray, c: np.ndarray, length: float, angle: float, turn: float) -> np.ndarray:
    """The atom after `c`, from bond length, bond angle and torsion angle."""
    forward = (c - b) / np.linalg.norm(c - b)
    normal = np.cross(b - a, forward)
    normal /= np.linalg.norm(normal)
    side = np.cross(normal, forward)
    local = np.array([-np.cos(angle), np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn)])
    return c + length * (local[0] * forward + local[1] * side + local[2] * normal)


def chain(name: str, sequence: str) -> Arrays:
    """A folded-looking chain: helix and strand by turns, side chains at noisy rotamers, all atoms present."""
    length = len(sequence)
    aatype = residue_types(sequence)
    helix = (np.arange(length) // 7) % 2 == 0
    noise = np.radians(9.0) * standard(name + "/torsions", (2, length))
    phi = np.radians(np.where(helix, -62.0, -120.0)) + noise[0]
    psi = np.radians(np.where(helix, -43.0, 130.0)) + noise[1]
    chi = np.radians(60.0 + 120.0 * np.floor(3 * uniform(name + "/rotamers", length, 4)))
    chi += np.radians(8.0) * standard(name + "/chi", (length, 4))
    torsions = np.concatenate([np.full((length, 1), np.pi), phi[:, None], psi[:, None], chi], axis=1)
    sine_cosine = np.stack([np.sin(torsions), np.cos(torsions)], axis=-1).astype(np.float32)

    positions = np.zeros((length, 37, 3), np.float32)
    positions[:, :3] = backbone(phi, psi)
    frames = all_atom.atom37_to_frames(aatype, positions, np.ones((length, 37), np.float32))["rigidgroups_gt_frames"][:, 0]
    groups = all_atom.torsion_angles_to_frames(aatype, r3.rigids_from_tensor_flat12(frames), sine_cosine)
    atom14 = r3.vecs_to_tensor(all_atom.frames_and_literature_positions_to_atom14_pos(aatype, groups))
    maps = atom_maps(aatype)
    atom37 = np.round(np.asarray(all_atom.atom14_to_atom37(atom14, maps)), 3)
    return {
        "aatype": aatype,
        "backbone_frames": np.asarray(frames),
        "torsion_angles_sin_cos": sine_cosine,
        "group_frames": np.asarray(r3.rigids_to_tensor_flat12(groups)),
        "atom14_positions": np.asarray(atom14),
        "atom37_positions": atom37,
        **maps,
    }
