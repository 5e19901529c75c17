"""lDDT against biotite on real chains, and its laws."""

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX, ATOM37_NAMES
from protfold.constants.residues import RESIDUE_NAMES
from protfold.metrics.lddt import lddt, lddt_per_point
from tests.unit.io.samples import needs_samples
from tests.unit.metrics.chains import bent_and_noisy, chain

structure = pytest.importorskip("biotite.structure", reason="biotite is the reference for lDDT")


@needs_samples
@pytest.mark.parametrize(("index", "noise"), [(0, 0.5), (1, 1.5), (2, 4.0)])
def test_lddt_ca_equals_biotite(index: int, noise: float) -> None:
    """Whole chain and each residue."""
    protein = chain(index)
    known = protein.atom37_mask[:, ATOM37_INDEX["CA"]] > 0
    target = torch.from_numpy(protein.atom37_positions[known, ATOM37_INDEX["CA"]])
    model = bent_and_noisy(target, bend=0.4, noise=noise)
    reference = atom_array(target, np.arange(len(target)), ["CA"] * len(target), protein.aatype[known])
    subject = reference.copy()
    subject.coord = model.numpy()
    mask = torch.ones(len(target))
    assert float(lddt(model, target, mask)) == pytest.approx(structure.lddt(reference, subject), abs=2e-5)
    expected = structure.lddt(reference, subject, aggregation="residue")
    np.testing.assert_allclose(lddt_per_point(model, target, mask).numpy(), expected, atol=2e-4)


@needs_samples
def test_all_atom_lddt_equals_biotite() -> None:
    """Distances within a residue are left out."""
    protein = chain(3)
    rows, slots = np.nonzero(protein.atom37_mask)
    target = torch.from_numpy(protein.atom37_positions[rows, slots])
    model = target + 0.8 * torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    reference = atom_array(target, rows, [ATOM37_NAMES[slot] for slot in slots], protein.aatype[rows])
    subject = reference.copy()
    subject.coord = model.numpy()
    found = lddt(model, target, torch.ones(len(target)), residue=torch.from_numpy(rows))
    assert float(found) == pytest.approx(structure.lddt(reference, subject), abs=2e-5)


def atom_array(positions: torch.Tensor, residues: np.ndarray, atoms: list[str], aatype: np.ndarray) -> "structure.AtomArray":
    array = structure.AtomArray(len(positions))
    array.coord = positions.numpy()
    array.atom_name, array.res_id = np.array(atoms), residues + 1
    array.res_name = np.array([RESIDUE_NAMES[code] for code in aatype])
    array.chain_id[:] = "A"
    array.element = np.array([atom[0] for atom in atoms])
    return array


def test_superposition_does_not_matter_and_a_perfect_model_scores_one() -> None:
    target = 8.0 * torch.randn(30, 3, generator=torch.Generator().manual_seed(1))
    assert float(lddt(target.flip(-1) + 7.0, target, torch.ones(30))) == pytest.approx(1.0)


def test_scores_of_a_displaced_pair_by_hand() -> None:
    """A 5 Å distance that becomes 6.5 Å keeps two of four thresholds; the third atom, 20 Å off, has no neighbour."""
    target = torch.tensor([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [25.0, 0.0, 0.0]])
    model = torch.tensor([[0.0, 0.0, 0.0], [6.5, 0.0, 0.0], [90.0, 0.0, 0.0]])
    assert lddt_per_point(model, target, torch.ones(3)).tolist() == [0.5, 0.5, 0.0]
    assert float(lddt(model, target, torch.ones(3))) == 0.5


def test_unknown_atoms_do_not_count_and_batches_are_separate() -> None:
    generator = torch.Generator().manual_seed(2)
    target, model = 5.0 * torch.randn(2, 12, 3, generator=generator), 5.0 * torch.randn(2, 12, 3, generator=generator)
    mask = torch.ones(2, 12)
    mask[0, 9:] = 0.0
    together = lddt(model, target, mask)
    assert float(together[0]) == pytest.approx(float(lddt(model[0, :9], target[0, :9], torch.ones(9))))
    assert float(together[1]) == pytest.approx(float(lddt(model[1], target[1], torch.ones(12))))
