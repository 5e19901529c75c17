"""DeepMind's torsion angles of templates, zero where they are undefined."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import jax.numpy as jnp
from alphafold.model import all_atom, utils

published_torsions = all_atom.atom37_to_torsion_angles


@contextmanager
def undefined_torsions_zero() -> Iterator[None]:
    """Within, DeepMind's network reads (0, 0) for a torsion whose first two atoms coincide, and not rounding noise."""
    with mock.patch.object(all_atom, "atom37_to_torsion_angles", defined_torsions):
        yield


def defined_torsions(aatype: Any, all_atom_pos: Any, all_atom_mask: Any, placeholder_for_undefined: bool = False) -> dict[str, Any]:
    """DeepMind's `atom37_to_torsion_angles`, times zero where the first two of the four atoms have equal positions."""
    result = published_torsions(aatype, all_atom_pos, all_atom_mask, placeholder_for_undefined)
    first, second = first_two_atoms(jnp.minimum(aatype, 20), all_atom_pos)
    apart = jnp.any(first != second, axis=-1, keepdims=True)
    for key in ("torsion_angles_sin_cos", "alt_torsion_angles_sin_cos"):
        result[key] = result[key] * apart
    return result


def first_two_atoms(aatype: Any, positions: Any) -> tuple[Any, Any]:
    """The first and the second atom of pre-omega, phi, psi and chi 1-4, each [B, N, 7, 3]; zeros come before the first residue."""
    previous = jnp.pad(positions, ((0, 0), (1, 0), (0, 0), (0, 0)))[:, :-1]
    n, ca, c = range(3)
    chi_atoms = utils.batched_gather(all_atom.get_chi_atom_indices(), aatype)
    chi = [utils.batched_gather(positions, chi_atoms[..., place], axis=-2, batch_dims=2) for place in (0, 1)]
    first = jnp.stack([previous[:, :, ca], previous[:, :, c], positions[:, :, n]], axis=2)
    second = jnp.stack([previous[:, :, c], positions[:, :, n], positions[:, :, ca]], axis=2)
    return jnp.concatenate([first, chi[0]], axis=2), jnp.concatenate([second, chi[1]], axis=2)
