"""What relaxation promises: less energy, no violations, everything but coordinates kept, the same bytes again."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_MASK
from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.entities import Protein
from protfold.io import format_pdb, read_structure
from protfold.relax import RelaxConfig, RelaxResult, relax
from protfold.relax.atoms import AllAtoms, complete_heavy_atoms, place_hydrogens
from protfold.relax.fragments import find_fragments
from tests.unit.relax.peptides import BACKBONE, ROOT, damaged, moved, peptide, without

CA, CB, OXT = (ATOM37_INDEX[name] for name in ("CA", "CB", "OXT"))


@pytest.fixture(scope="module")
def relaxed() -> RelaxResult:
    """A damaged peptide, relaxed."""
    return relax(damaged(peptide()), RelaxConfig(platform="CPU"))


def test_energy_falls_and_violations_go(relaxed: RelaxResult) -> None:
    """Half the residues are in violation before, none after, and CA atoms have moved by less than what they were damaged by."""
    assert relaxed.violations_before.count == 8
    assert relaxed.violations_after.count == 0
    assert relaxed.energy_before > 1e3
    assert -40 * 16 < relaxed.energy_after < -10 * 16
    assert relaxed.rounds[-1].energy_after < relaxed.rounds[-1].energy_before
    assert 0.05 < relaxed.ca_rmsd < 0.6
    assert relaxed.warnings == relaxed.left_out == ()
    assert (relaxed.platform, relaxed.platform_reason, relaxed.max_iterations) == ("CPU", "", 2000)


def test_the_same_bytes_in_another_process(relaxed: RelaxResult) -> None:
    """To the last digit, whatever the global random state."""
    program = """
import hashlib, random
from protfold.relax import RelaxConfig, relax
from protfold.relax.atoms import AllAtoms, complete_heavy_atoms, place_hydrogens
from protfold.relax.fragments import find_fragments
from tests.unit.relax.peptides import damaged, peptide
random.seed(12345)
before = random.getstate()
found = relax(damaged(peptide()), RelaxConfig(platform="CPU"))
assert random.getstate() == before
print(found.protein.atom37_positions.tobytes().hex(), repr(found.energy_after))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.split() == [relaxed.protein.atom37_positions.tobytes().hex(), repr(relaxed.energy_after)]


def test_a_weaker_spring_lets_atoms_move_farther_to_less_energy(relaxed: RelaxResult) -> None:
    """Without springs the energy is lower and their energy nothing."""
    free = relax(damaged(peptide()), RelaxConfig(platform="CPU", stiffness=0.0))
    assert free.ca_rmsd > relaxed.ca_rmsd
    assert free.energy_after < relaxed.energy_after
    assert free.rounds[-1].spring_energy == 0.0 < relaxed.rounds[-1].spring_energy


def test_the_other_force_field_has_another_energy(relaxed: RelaxResult) -> None:
    """And a structure within a few tenths of an Å."""
    other = relax(damaged(peptide()), RelaxConfig(platform="CPU", force_field="amber14"))
    assert other.violations_after.count == 0
    assert abs(other.energy_after - relaxed.energy_after) > 1.0
    assert np.abs(other.protein.atom37_positions - relaxed.protein.atom37_positions)[:, CA].max() < 0.5


def test_residues_in_violation_lose_their_springs() -> None:
    """Ends too far apart for springs to let them meet meet in the second round; with one round only, a warning says so."""
    by = np.zeros((16, 37, 3))
    by[8:] = [8.0, 0.0, 0.0]
    torn = moved(peptide(), by)
    once = relax(torn, RelaxConfig(platform="CPU", max_rounds=1))
    assert once.violations_after.count == once.rounds[0].violations == 2
    assert "residues still in violation after the last round: 2" in once.warnings
    more = relax(torn, RelaxConfig(platform="CPU"))
    assert more.violations_after.count == 0
    assert [one.released for one in more.rounds] == [0, 2]


def test_protonation_is_that_of_the_first_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hydrogens are placed again, but not chosen again: the atoms would no longer be those of the system."""
    asked, chosen = [], []

    def recorded(*arguments: Any, variants: list[str | None] | None = None) -> AllAtoms:
        asked.append(variants)
        atoms = place_hydrogens(*arguments, variants=variants)
        chosen.append(atoms.variants)
        return atoms

    monkeypatch.setattr("protfold.relax.protocol.place_hydrogens", recorded)
    by = np.zeros((16, 37, 3))
    by[8:] = [8.0, 0.0, 0.0]
    relax(moved(peptide(), by), RelaxConfig(platform="CPU", max_rounds=2))
    assert asked == [None, chosen[0]]


def test_the_iteration_cap_is_kept_and_told() -> None:
    """Ten iterations do not suffice."""
    capped = relax(damaged(peptide()), RelaxConfig(platform="CPU", max_iterations=10, max_rounds=1))
    assert not capped.rounds[0].converged
    assert any("cap of 10 iterations" in warning for warning in capped.warnings)
    assert capped.rounds[0].iterations < 100


def two_chains() -> Protein:
    """Eight residues each, the second 30 Å away, with numbers that run on, an insertion code, and pLDDT as B-factors."""
    both = peptide()
    by = np.zeros((16, 37, 3))
    by[8:] = [30.0, 0.0, 0.0]
    return replace(
        moved(both, by),
        chain_ids=("H", "L"),
        chain_index=np.repeat(np.array([0, 1], dtype=np.int32), 8),
        residue_index=np.array([-1, 0, 1, 2, 2, 2, 3, 4, *range(5, 13)], dtype=np.int32),
        insertion_codes=np.array([" ", " ", " ", " ", "A", "B", *[" "] * 10]),
        b_factors=both.atom37_mask * np.linspace(30, 98, 16, dtype=np.float32)[:, None],
        name="pair",
    )


def test_chains_numbers_insertion_codes_and_b_factors_are_kept() -> None:
    """The chains are not bonded, and each ends with an oxygen that has its residue's pLDDT."""
    before = two_chains()
    after = relax(before, RelaxConfig(platform="CPU")).protein
    assert (after.chain_ids, after.name) == (before.chain_ids, before.name)
    for field in ("aatype", "residue_index", "insertion_codes", "chain_index"):
        np.testing.assert_array_equal(getattr(after, field), getattr(before, field))
    assert np.flatnonzero(after.atom37_mask[:, OXT]).tolist() == [7, 15]
    np.testing.assert_array_equal(after.b_factors, after.atom37_mask * before.b_factors.max(axis=1, keepdims=True))
    assert np.linalg.norm(after.atom37_positions[8, CA] - after.atom37_positions[7, CA]) > 25.0
    assert after.atom37_positions.dtype == after.atom37_mask.dtype == after.b_factors.dtype == np.float32


def test_no_bond_is_made_over_a_gap() -> None:
    """Three residues taken out of the middle: their neighbours stay where they are, nothing is built, no oxygen is left at the gap."""
    whole = peptide(0, 15)
    gapped = whole.select(np.array([*range(6), *range(9, 15)]))
    found = relax(gapped, RelaxConfig(platform="CPU"))
    assert len(found.protein) == 12
    assert found.ca_rmsd < 0.3
    assert np.flatnonzero(found.protein.atom37_mask[:, OXT]).tolist() == [11]
    ends = found.protein.atom37_positions[[5, 6], CA] - gapped.atom37_positions[[5, 6], CA]
    assert np.linalg.norm(ends, axis=-1).max() < 0.6
    assert found.warnings == ()


def test_an_oxygen_inside_a_chain_is_dropped() -> None:
    """A second one, at a residue that is bonded to the next; that at the end is built."""
    before = peptide(0, 6)
    before.atom37_mask[2, OXT] = 1.0
    before.atom37_positions[2, OXT] = before.atom37_positions[2, CA] + 2.4
    found = relax(before, RelaxConfig(platform="CPU"))
    assert np.flatnonzero(found.protein.atom37_mask[:, OXT]).tolist() == [5]
    assert not found.protein.atom37_positions[2, OXT].any()


def test_missing_atoms_are_built() -> None:
    """A side chain, and the second sulfur of a bridge, each complete afterwards and near the place it has in the whole chain."""
    whole = peptide(40, 70)
    rows = np.flatnonzero(whole.aatype == RESIDUE_CODE["C"]).tolist()
    lacking = without(without(whole, 12, "CG", "CD", "CE", "NZ"), rows[1], "SG")
    found = relax(lacking, RelaxConfig(platform="CPU"))
    expected = ATOM37_MASK[whole.aatype].copy()
    expected[-1, OXT] = 1.0  # it was there
    np.testing.assert_array_equal(found.protein.atom37_mask, expected)
    assert found.num_built_atoms == int((expected - lacking.atom37_mask).sum()) == 5
    assert found.violations_after.count == 0
    assert found.protein.b_factors[12, ATOM37_INDEX["NZ"]] == whole.b_factors[12, CA]


def test_no_spring_holds_what_was_built() -> None:
    """Springs so stiff that nothing else moves, and the rebuilt side chain leaves the place that PDBFixer gave it."""
    lacking = without(peptide(40, 56), 12, "CG", "CD", "CE", "NZ")
    start = complete_heavy_atoms(lacking, find_fragments(lacking).rows)
    found = relax(lacking, RelaxConfig(platform="CPU", stiffness=1000.0))
    distance = np.linalg.norm(found.protein.atom37_positions[start.rows, start.slots] - 10.0 * start.positions, axis=-1)
    assert distance[~start.built].max() < 0.1 < distance[start.built].max()


def test_a_bridge_is_recognised_and_stays_one() -> None:
    """Sulfurs pulled to 2.7 Å end at the length of a bond; of a peptide with one cysteine there is none."""
    whole = peptide(40, 70)
    first, second = np.flatnonzero(whole.aatype == RESIDUE_CODE["C"]).tolist()
    sulfur = ATOM37_INDEX["SG"]
    apart = whole.atom37_positions[second, sulfur] - whole.atom37_positions[first, sulfur]
    by = np.zeros((30, 37, 3))
    by[second, sulfur] = 0.65 * apart / np.linalg.norm(apart)
    found = relax(moved(whole, by), RelaxConfig(platform="CPU"))
    after = found.protein.atom37_positions
    assert found.num_disulfides == 1
    assert 1.95 < np.linalg.norm(after[second, sulfur] - after[first, sulfur]) < 2.15
    assert relax(peptide(40, 56), RelaxConfig(platform="CPU")).num_disulfides == 0


def test_selenomethionine_is_relaxed_as_methionine(tmp_path: Path) -> None:
    """Read from a file with MSE, its selenium comes out as SD."""
    whole = peptide(30, 42)
    assert "MET" in format_pdb(whole)
    text = format_pdb(whole).replace(" SD  MET", "SE   MSE").replace("MET", "MSE")
    text = "".join(line[:76] + "SE" + line[78:] if "SE   MSE" in line else line for line in text.splitlines(keepends=True))
    (tmp_path / "mse.pdb").write_text(text)
    found = relax(read_structure(tmp_path / "mse.pdb"), RelaxConfig(platform="CPU"))
    np.testing.assert_array_equal(found.protein.aatype, whole.aatype)
    assert found.violations_after.count == 0


def unknown_at(protein: Protein, row: int, *, atoms: list[int]) -> Protein:
    """A residue made unknown, with only some of its atoms."""
    aatype, mask = protein.aatype.copy(), protein.atom37_mask.copy()
    aatype[row] = UNKNOWN
    mask[row] = 0.0
    mask[row, atoms] = 1.0
    positions = protein.atom37_positions * mask[..., None]
    return replace(protein, aatype=aatype, atom37_mask=mask, atom37_positions=positions, b_factors=protein.b_factors * mask)


@pytest.mark.parametrize("atoms", [[*BACKBONE, CB], BACKBONE, BACKBONE[:3]])
def test_an_unknown_residue_keeps_the_chain_together(atoms: list[int]) -> None:
    """Relaxed as alanine or glycine between its neighbours; it comes out unknown, with its own atoms and a backbone."""
    found = relax(unknown_at(damaged(peptide(), shift=0.0), 5, atoms=atoms), RelaxConfig(platform="CPU"))
    assert found.protein.aatype[5] == UNKNOWN
    assert np.flatnonzero(found.protein.atom37_mask[5]).tolist() == sorted({*atoms, *BACKBONE})
    assert found.violations_after.count == 0
    assert found.left_out == ()
    assert found.warnings == ("unknown residues relaxed as alanine or glycine: 1",)


@pytest.mark.parametrize(("kept", "reported"), [([CA], ("A UNK 156: lacks N, CA or C",)), ([], ())])
def test_a_residue_without_backbone_is_left_where_it_is(kept: list[int], reported: tuple[str, ...]) -> None:
    """Reported if it has any atom; the chain is broken there."""
    before = unknown_at(peptide(), 5, atoms=kept)
    found = relax(before, RelaxConfig(platform="CPU"))
    np.testing.assert_array_equal(found.protein.atom37_positions[5], before.atom37_positions[5])
    np.testing.assert_array_equal(found.protein.atom37_mask[5], before.atom37_mask[5])
    assert found.left_out == reported
    assert not found.protein.atom37_mask[4, OXT]


def test_a_residue_alone_between_gaps_is_left_where_it_is() -> None:
    """The others are relaxed."""
    before = peptide().select(np.array([*range(6), 8, *range(10, 16)]))
    found = relax(before, RelaxConfig(platform="CPU"))
    np.testing.assert_array_equal(found.protein.atom37_positions[6], before.atom37_positions[6])
    assert [line.partition(": ")[2] for line in found.left_out] == ["bonded to no other residue"]
    assert found.ca_rmsd > 0.0


def test_ends_too_far_apart_are_not_bonded_and_told() -> None:
    """Numbers that follow each other over 30 Å."""
    by = np.zeros((16, 37, 3))
    by[8:] = [30.0, 0.0, 0.0]
    found = relax(moved(peptide(), by), RelaxConfig(platform="CPU", max_rounds=1))
    assert "follow each other but are" in found.warnings[0]
    assert found.ca_rmsd < 0.3
