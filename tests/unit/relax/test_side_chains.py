"""Side chains in a trap are built anew, and nothing else is."""

from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_MASK
from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.entities import Protein
from protfold.metrics.stereochemistry import has_wrong_chirality
from protfold.metrics.violations import find_violations
from protfold.relax import RelaxConfig, relax
from protfold.relax.atoms import complete_heavy_atoms
from protfold.relax.fragments import find_fragments
from protfold.relax.side_chains import SIDE_CHAIN, can_be_rebuilt, rebuild_side_chains
from tests.unit.relax.peptides import moved, peptide, without

RING, THREAD = 3, 7
CA, CB, CG, CD2, OXT = (ATOM37_INDEX[name] for name in ("CA", "CB", "CG", "CD2", "OXT"))


def threaded() -> Protein:
    """The ring of a phenylalanine laid around a bond of a leucine."""
    whole = peptide(14, 26)
    ring = SIDE_CHAIN & (whole.atom37_mask[RING] > 0)
    ring[CB] = False
    by = np.zeros((12, 37, 3))
    by[RING, ring] = whole.atom37_positions[THREAD, [CG, CD2]].mean(0) - whole.atom37_positions[RING, ring].mean(0)
    return moved(whole, by)


def test_a_threaded_ring_is_freed_and_told() -> None:
    """Without springs it stays where it is; built again both residues are clean, with every atom, and the same the next time."""
    before = threaded()
    freed, again = (relax(before, RelaxConfig(platform="CPU")) for _ in range(2))
    assert [(one.released, one.violations) for one in freed.rounds] == [(0, 2), (2, 2), (2, 0)]
    assert freed.energy_after < freed.rounds[1].energy_after - 500.0
    assert freed.warnings[0].endswith("built again: A PHE 168, A LEU 172")
    expected = ATOM37_MASK[before.aatype].copy()
    expected[-1, OXT] = 1.0
    np.testing.assert_array_equal(freed.protein.atom37_mask, expected)
    assert not has_wrong_chirality(freed.protein).any()
    assert again.protein.atom37_positions.tobytes() == freed.protein.atom37_positions.tobytes()


def test_only_the_side_chains_asked_for_move() -> None:
    """CB on the wrong side of CA is put right, whatever the order of atoms; the rest is where it was to the last digit."""
    whole = peptide(0, 8)
    residues = np.arange(8) == 4
    mirrored = np.zeros((8, 37, 3))
    mirrored[4] = SIDE_CHAIN[:, None] * 2.0 * (whole.atom37_positions[4, CA] - whole.atom37_positions[4])
    wrong = moved(whole, mirrored)
    np.testing.assert_array_equal(has_wrong_chirality(wrong), residues)
    stretches = find_fragments(wrong).rows
    heavy = complete_heavy_atoms(without(wrong, 4, "CG"), stretches)  # which is now the last atom of its residue
    positions = rebuild_side_chains(wrong, heavy, heavy.positions, stretches=stretches, residues=residues)
    kept = ~(residues[heavy.rows] & SIDE_CHAIN[heavy.slots])
    np.testing.assert_array_equal(positions[kept], heavy.positions[kept])
    atom37_positions = wrong.atom37_positions.copy()
    atom37_positions[heavy.rows, heavy.slots] = 10.0 * positions
    rebuilt = replace(wrong, atom37_positions=atom37_positions)
    assert not has_wrong_chirality(rebuilt).any()
    assert not find_violations(rebuilt).count


def test_what_cannot_be_rebuilt() -> None:
    """Glycine has nothing, an unknown residue no shape, and a cysteine of a bridge must stay by the other."""
    whole = peptide(40, 70)
    whole.aatype[3] = UNKNOWN
    glycines, cysteines = (np.flatnonzero(whole.aatype == RESIDUE_CODE[letter]).tolist() for letter in "GC")
    heavy = complete_heavy_atoms(whole, find_fragments(whole).rows)
    assert heavy.num_disulfides == 1
    assert np.flatnonzero(~can_be_rebuilt(whole, heavy)).tolist() == sorted([3, *glycines, *cysteines])
