"""Secondary structure: made chains, and laws. Real chains beside mkdssp stand in `tests/parity/test_tools.py`."""

import numpy as np
import pytest
import torch

from protfold.constants.residues import RESIDUE_CODE
from protfold.geometry.atom_frames import frames_to_atom14, torsions_to_frames
from protfold.geometry.chain import lay_out_chain
from protfold.metrics.hydrogen_bonds import hydrogen_bonds
from protfold.metrics.secondary_structure import secondary_structure, states_of_backbone, three_states
from protfold.metrics.strands import strand_states
from tests.support.examples import example, mirrored, moved


def helix(length: int, phi: float, psi: float) -> np.ndarray:
    """N, CA, C, O of an alanine chain with equal torsions."""
    omega, phi, psi = (torch.deg2rad(torch.full((length,), angle)) for angle in (180.0, phi, psi))
    pairs = [torch.stack([one.sin(), one.cos()], dim=-1) for one in (omega, phi, psi)]
    torsions = torch.zeros(length, 7, 2)
    torsions[:, 0], torsions[:, 1], torsions[:, 2] = pairs
    aatype = torch.full((length,), RESIDUE_CODE["A"])
    return frames_to_atom14(aatype, torsions_to_frames(aatype, lay_out_chain(*pairs), torsions))[:, :4].numpy()


def states(backbone: np.ndarray, *, prolines: tuple[int, ...] = (), chain_starts: tuple[int, ...] = ()) -> str:
    rows = np.arange(len(backbone))
    return "".join(
        states_of_backbone(backbone, is_proline=np.isin(rows, prolines), same_chain=(rows > 0) & ~np.isin(rows, chain_starts))
    )


@pytest.mark.parametrize(
    ("phi", "psi", "letter"), [(-63.0, -42.0, "H"), (-57.0, -70.0, "I"), (-49.0, -26.0, "G"), (-120.0, 130.0, "-")]
)
def test_regular_chains(phi: float, psi: float, letter: str) -> None:
    """Helices from the second residue to the one before the last; a lone strand has nothing to bind to."""
    found = states(helix(20, phi, psi))
    assert found[1:-1] == letter * 18
    assert found[0] == found[-1] == "-"


def test_a_proline_gives_no_hydrogen_bond() -> None:
    """In the middle of a helix: the bond it would give is missing, and the helix has a turn instead."""
    backbone = helix(20, -63.0, -42.0)
    rows = np.arange(20)
    every = hydrogen_bonds(backbone, rows > 0, np.zeros(20, dtype=bool))
    without = hydrogen_bonds(backbone, rows > 0, rows == 10)
    assert set(map(tuple, every.tolist())) - set(map(tuple, without.tolist())) == {(10, 6)}


def test_bonds_of_a_helix() -> None:
    """N-H of each residue to the C=O four before, and no weaker second bond counts twice."""
    bonds = hydrogen_bonds(helix(12, -63.0, -42.0), np.arange(12) > 0, np.zeros(12, dtype=bool))
    assert {(donor, donor - 4) for donor in range(4, 12)} <= set(map(tuple, bonds.tolist()))
    assert np.bincount(bonds[:, 0]).max() <= 2


def test_a_helix_in_two_chains_breaks() -> None:
    """Broken by name in its middle, each half is a helix of its own."""
    found = states(helix(20, -63.0, -42.0), chain_starts=(10,))
    assert found[9:11] == "--"
    assert found[1:9] == "H" * 8


def bridged(pairs: list[tuple[int, int]], length: int, breaks: tuple[int, ...] = ()) -> str:
    segment = np.cumsum(np.isin(np.arange(length), (0, *breaks)))
    return "".join(strand_states(np.array(pairs).reshape(-1, 2), segment))


def test_an_antiparallel_ladder() -> None:
    """Residues 2, 4, 6 opposite 17, 15, 13, each pair bound both ways: with the pairs between them a ladder of five bridges."""
    pairs = [pair for i, j in ((2, 17), (4, 15), (6, 13)) for pair in ((i, j), (j, i))]
    assert bridged(pairs, 20) == "--EEEEE------EEEEE--"


def test_a_parallel_ladder_and_a_lone_bridge() -> None:
    """N-H of j to C=O of i - 1, and N-H of i + 1 to C=O of j, bridge i and j."""
    assert bridged([(12, 2), (4, 12)], 20) == "---B--------B-------"
    assert bridged([(12, 2), (4, 12), (14, 4), (6, 14)], 20) == "---EEE------EEE-----"


def test_a_bulge_joins_two_ladders() -> None:
    """One more residue on one strand: it is E too; three more are a break between two bridges."""
    first, bulged, far = (5, 20), (7, 17), (9, 12)
    both = lambda pair: [pair, pair[::-1]]  # noqa: E731
    assert bridged(both(first) + both(bulged), 25) == "-----EEE---------EEEE----"
    assert bridged(both(first) + both(far), 25).count("B") == 4


def test_broken_neighbours_make_no_bridge() -> None:
    pairs = [(12, 2), (4, 12)]
    assert bridged(pairs, 20, breaks=(3,)) == "-" * 20
    assert bridged(pairs, 20, breaks=(7,)) != "-" * 20


def test_motion_does_not_matter_and_a_mirror_image_keeps_the_bonds() -> None:
    """Energies are of distances alone."""
    protein = example("1orc_A")
    assert secondary_structure(moved(protein)) == secondary_structure(protein) == secondary_structure(mirrored(protein))


def test_incomplete_residues_have_none_and_break_the_chain() -> None:
    protein = example("1orc_A")
    helical = secondary_structure(protein).index("HHHHHHHH") + 4
    protein.atom37_mask[helical, 2] = 0.0
    found = secondary_structure(protein)
    assert found[helical] == "-"
    assert len(found) == len(protein)
    assert secondary_structure(protein.select(np.arange(0))) == ""
    assert secondary_structure(protein.select(np.arange(1))) == "-"
    assert len(secondary_structure(protein.select(np.arange(4)))) == 4


def test_three_states() -> None:
    assert three_states("HGIEBTS-") == "HHHEE---"
