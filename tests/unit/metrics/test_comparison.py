"""A model beside a reference: laws of the whole, and inputs that cannot be measured. Programs' numbers: `tests/parity/test_tools.py`."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.metrics.comparison import Comparison, compare_structures
from tests.support.examples import at, example, mirrored, moved, warped

CHAIN = example("1orc_A")
SCORES = ("tm_score", "gdt_ts", "gdt_ha", "lddt_ca", "lddt")
DEVIATIONS = ("rmsd_ca", "rmsd_backbone", "rmsd_all", "rmsd_95", "drmsd", "distance_map_error")


def numbers(comparison: Comparison) -> list[float]:
    return [getattr(comparison, name) for name in SCORES + DEVIATIONS]


def test_a_structure_equals_itself_wherever_it_lies() -> None:
    found = compare_structures(moved(CHAIN), CHAIN)
    assert numbers(found) == pytest.approx([1.0] * 5 + [0.0] * 6, abs=1e-4)
    assert found.warnings == ()
    assert (found.num_matched, len(found.model), len(found.reference)) == (64, 64, 64)
    assert (found.lddt_per_residue == 1.0).all()
    assert all(one.precision == one.recall == 1.0 for name, one in found.contacts.items() if name != "between chains")


def test_motion_of_either_does_not_matter() -> None:
    model = warped(CHAIN, 3.0)
    assert numbers(compare_structures(moved(model), CHAIN)) == pytest.approx(numbers(compare_structures(model, CHAIN)), abs=2e-3)
    assert numbers(compare_structures(model, moved(CHAIN))) == pytest.approx(numbers(compare_structures(model, CHAIN)), abs=2e-3)


def test_more_damage_is_never_better() -> None:
    found = [numbers(compare_structures(warped(CHAIN, amplitude), CHAIN)) for amplitude in (0.5, 2.0, 5.0)]
    assert (np.diff(found, axis=0)[:, :5] <= 0).all()
    assert (np.diff(found, axis=0)[:, 5:] >= 0).all()


def test_a_mirror_image_keeps_distances_only() -> None:
    found = compare_structures(mirrored(CHAIN), CHAIN)
    assert (found.lddt, found.lddt_ca) == (1.0, 1.0)
    assert found.drmsd == pytest.approx(0.0, abs=1e-4)
    assert found.tm_score < 0.5
    assert found.stereochemistry.wrong_chirality == (CHAIN.aatype != RESIDUE_CODE["G"]).sum()


def test_what_the_model_lacks_is_lost() -> None:
    """Half of a model: its scores are by the whole reference, its deviations by what is there."""
    half = CHAIN.select(np.arange(32))
    found = compare_structures(half, CHAIN)
    assert (found.tm_score, found.gdt_ts) == pytest.approx((0.5, 0.5))
    assert 0.2 < found.lddt_ca < 0.5
    assert found.rmsd_all == pytest.approx(0.0, abs=1e-4)
    assert any("32 of 64 residues of the reference" in text for text in found.warnings)
    backward = compare_structures(CHAIN, half)
    assert numbers(backward) == pytest.approx([1.0] * 5 + [0.0] * 6, abs=1e-4)


def test_a_backbone_loses_its_side_chains_in_the_all_atom_score_only() -> None:
    model = at(CHAIN, CHAIN.atom37_positions)
    model.atom37_mask[:, 5:] = model.atom37_mask[:, 3:4] = 0.0
    found = compare_structures(model, CHAIN)
    assert found.lddt_ca == 1.0
    assert 0.2 < found.lddt < 0.7
    assert any("lacks" in text for text in found.warnings)


def test_residues_of_another_type_are_compared_by_their_backbone() -> None:
    model = at(CHAIN, CHAIN.atom37_positions)
    rows = np.arange(0, 64, 20)
    model.aatype[rows] = RESIDUE_CODE["W"]
    moved_side_chains = model.atom37_positions.copy()
    moved_side_chains[rows, 5:] += 10.0
    found = compare_structures(at(model, moved_side_chains), CHAIN)
    assert found.lddt == 1.0
    assert found.rmsd_all == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda one: one.select(np.arange(0)), "no protein residue"),
        (lambda one: one.select(np.arange(1)), "1 residues with a CA atom; 3 are needed"),
        (lambda one: replace(one, atom37_positions=np.zeros_like(one.atom37_positions)), "lie at one point"),
        (lambda one: replace(one, atom37_positions=np.full_like(one.atom37_positions, np.nan)), "A 3 of the .* not finite"),
        (lambda one: one.select(np.zeros(100_000, dtype=int)), "100000 residues, of which 10000"),
    ],
)
@pytest.mark.parametrize("role", ["model", "reference"])
def test_what_cannot_be_measured_is_refused(damage: object, message: str, role: str) -> None:
    """In one line that names the structure."""
    damaged = damage(CHAIN)
    with pytest.raises(InputError, match=message) as caught:
        compare_structures(*((damaged, CHAIN) if role == "model" else (CHAIN, damaged)))
    assert role in str(caught.value)
    assert "1orc_A" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_common_residues_are_too_few() -> None:
    with pytest.raises(InputError, match="only 2 residues"):
        compare_structures(CHAIN.select(np.arange(30)), CHAIN.select(np.arange(28, 60)), match="number")


def test_two_chains_count_together() -> None:
    """One of two chains displaced: each alone is perfect, the whole is not."""
    far = at(CHAIN, CHAIN.atom37_positions + np.array([0.0, 25.0, 0.0]))
    pair, damaged = (_two(CHAIN, at(far, far.atom37_positions + shift)) for shift in (0.0, 6.0))
    found = compare_structures(damaged, pair)
    assert found.num_matched == 128
    assert found.rmsd_ca > 3.0
    assert 0.8 < found.lddt_ca < 1.0
    assert found.gdt_ts < 1.0


def test_insertion_codes_count_as_steps_along_the_chain() -> None:
    """Residues 60, 60A, 60B, ... are as far apart in the sequence as 60, 61, 62, ...; a gap in the numbers is as long as it says."""
    number, codes = CHAIN.residue_index.copy(), CHAIN.insertion_codes.copy()
    number[20:40], codes[20:40] = number[20], [" ", *"ABCDEFGHIJKLMNOPQRS"]
    number[40:] -= 19
    coded = replace(CHAIN, residue_index=number, insertion_codes=codes)
    plain, found = (compare_structures(one, one).contacts for one in (CHAIN, coded))
    assert {name: one.num_reference for name, one in found.items()} == {name: one.num_reference for name, one in plain.items()}
    kept = np.r_[:20, 40:64]
    apart = CHAIN.select(kept)
    separated = compare_structures(apart, apart).contacts
    assert separated["long"].num_reference == _long_contacts(apart, kept)


def _long_contacts(protein: Protein, places: np.ndarray) -> int:
    beta = np.where(protein.aatype == RESIDUE_CODE["G"], ATOM37_INDEX["CA"], ATOM37_INDEX["CB"])
    points = protein.atom37_positions[np.arange(len(protein)), beta]
    return sum(
        places[second] - places[first] >= 24 and np.linalg.norm(points[first] - points[second]) < 8.0
        for first, second in combinations(range(len(protein)), 2)
    )


def _two(first: Protein, second: Protein) -> Protein:
    fields = ("atom37_positions", "atom37_mask", "aatype", "residue_index", "insertion_codes", "b_factors")
    arrays = {field: np.concatenate([getattr(first, field), getattr(second, field)]) for field in fields}
    return Protein(**arrays, chain_index=np.repeat([0, 1], len(first)), chain_ids=("A", "B"), name="dimer")
