import gzip
from dataclasses import replace
from pathlib import Path

import gemmi
import numpy as np
import pytest

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import GAP, RESIDUE_CODE, THREE_TO_ONE, decode
from protfold.entities import Protein, Sequence, Template
from protfold.errors import InputError
from protfold.features.templates import template_features, template_from_alignment, template_from_structure

SAMPLES = Path(__file__).parents[3].parent / "shared/data/samples/chains"


def _chain(name: str, chain_id: str) -> Protein:
    path = SAMPLES / f"{name}.pdb.gz"
    if not path.exists():
        pytest.skip(f"sample structures are not at {SAMPLES}")
    residues = list(gemmi.read_pdb_string(gzip.decompress(path.read_bytes()).decode())[0][0])
    positions, mask = np.zeros((len(residues), 37, 3), np.float32), np.zeros((len(residues), 37), np.float32)
    for index, residue in enumerate(residues):
        for atom in residue:
            if atom.name in ATOM37_INDEX:
                positions[index, ATOM37_INDEX[atom.name]] = atom.pos.tolist()
                mask[index, ATOM37_INDEX[atom.name]] = 1.0
    return Protein(
        atom37_positions=positions,
        atom37_mask=mask,
        aatype=np.array([RESIDUE_CODE[THREE_TO_ONE[residue.name]] for residue in residues]),
        residue_index=np.array([residue.seqid.num for residue in residues]),
        insertion_codes=np.array([" "] * len(residues)),
        chain_index=np.zeros(len(residues), np.int64),
        chain_ids=(chain_id,),
        b_factors=np.zeros_like(mask),
        name=name.partition("_")[0],
    )


@pytest.fixture
def ubiquitin() -> Protein:
    """1ubq: 76 residues, complete."""
    return _chain("1ubq_A", "A")


def _sequence(protein: Protein) -> str:
    return decode(protein.aatype)


def _query(*chains: str) -> Sequence:
    return Sequence(id="query", chains=chains)


def _joined(first: Protein, second: Protein) -> Protein:
    return Protein(
        atom37_positions=np.concatenate([first.atom37_positions, second.atom37_positions]),
        atom37_mask=np.concatenate([first.atom37_mask, second.atom37_mask]),
        aatype=np.concatenate([first.aatype, second.aatype]),
        residue_index=np.concatenate([first.residue_index, second.residue_index]),
        insertion_codes=np.concatenate([first.insertion_codes, second.insertion_codes]),
        chain_index=np.repeat([0, 1], [len(first), len(second)]),
        chain_ids=("A", "B"),
        b_factors=np.concatenate([first.b_factors, second.b_factors]),
        name="both",
    )


def test_a_structure_lies_over_its_own_sequence(ubiquitin):
    template = template_from_structure(ubiquitin, _query(_sequence(ubiquitin)))
    np.testing.assert_array_equal(template.aatype, ubiquitin.aatype)
    np.testing.assert_array_equal(template.atom37_positions, ubiquitin.atom37_positions)
    np.testing.assert_array_equal(template.atom37_mask, ubiquitin.atom37_mask)
    assert template.name == "1ubq_A"


def test_unseen_residues_stay_empty_and_the_rest_in_register(ubiquitin):
    seen = np.ones(76, bool)
    seen[[*range(5), *range(40, 47), 75]] = False
    template = template_from_structure(ubiquitin.select(seen), _query(_sequence(ubiquitin)))
    np.testing.assert_array_equal(template.aatype, np.where(seen, ubiquitin.aatype, GAP))
    np.testing.assert_array_equal(template.atom37_mask, ubiquitin.atom37_mask * seen[:, None])
    np.testing.assert_array_equal(template.atom37_positions, ubiquitin.atom37_positions * seen[:, None, None])


def test_a_longer_query_is_covered_where_it_matches(ubiquitin):
    template = template_from_structure(ubiquitin, _query("W" * 15 + _sequence(ubiquitin) + "W" * 10))
    assert set(np.flatnonzero(template.aatype != GAP)) == set(range(15, 91))


def test_ambiguous_letters_of_the_query_are_read_as_in_alignments(ubiquitin):
    query = "J" + _sequence(ubiquitin).replace("E", "Z").replace("D", "B") + "UO"
    np.testing.assert_array_equal(template_from_structure(ubiquitin, _query(query)).aatype[1:-2], ubiquitin.aatype)


def test_of_a_complex_the_best_pair_of_chains_is_used(ubiquitin):
    other = _chain("1poh_A", "A")
    both = _joined(ubiquitin, other)
    query = _query("W" * 20, _sequence(other))
    template = template_from_structure(both, query)
    assert template.name == "both_B"
    np.testing.assert_array_equal(template.aatype[20:], other.aatype)
    assert (template.aatype[:20] == GAP).all()
    with pytest.raises(InputError, match=r"both_A.*does not resemble the query's"):
        template_from_structure(both, query, chain="A")
    with pytest.raises(InputError, match="no chain 'C'; there are A, B"):
        template_from_structure(both, query, chain="C")


def test_too_little_aligned_is_refused(ubiquitin):
    with pytest.raises(InputError, match="only 76 of 800 query residues"):
        template_from_structure(ubiquitin, _query(_sequence(ubiquitin) + "W" * 724))
    with pytest.raises(InputError, match="only 9 of 76"):
        template_from_structure(ubiquitin.select(np.arange(20, 29)), _query(_sequence(ubiquitin)))


def test_a_structure_without_coordinates_is_refused(ubiquitin):
    mask = np.zeros_like(ubiquitin.atom37_mask)
    mask[:4, 1] = 1.0
    with pytest.raises(InputError, match="fewer than 5 aligned atoms"):
        template_from_structure(replace(ubiquitin, atom37_mask=mask), _query(_sequence(ubiquitin)))
    with pytest.raises(InputError, match="no residues"):
        template_from_structure(ubiquitin.select(np.zeros(76, bool)), _query(_sequence(ubiquitin)))


def test_torn_coordinates_are_refused_but_not_a_long_unseen_loop(ubiquitin):
    torn = replace(ubiquitin, atom37_positions=ubiquitin.atom37_positions.copy())
    torn.atom37_positions[40:] += 200.0
    with pytest.raises(InputError, match="CA atoms of residues 40 and 41"):
        template_from_structure(torn, _query(_sequence(ubiquitin)))
    numbers = ubiquitin.residue_index + 100 * (np.arange(76) >= 40)
    template_from_structure(replace(torn, residue_index=numbers), _query(_sequence(ubiquitin)))


def test_swapped_arginine_nitrogens_are_named_by_distance(ubiquitin):
    first, second = ATOM37_INDEX["NH1"], ATOM37_INDEX["NH2"]
    swapped = ubiquitin.atom37_positions.copy()
    swapped[:, [first, second]] = swapped[:, [second, first]]
    template = template_from_structure(replace(ubiquitin, atom37_positions=swapped), _query(_sequence(ubiquitin)))
    delta = template.atom37_positions[:, ATOM37_INDEX["CD"]]
    distances = [np.linalg.norm(template.atom37_positions[:, slot] - delta, axis=-1) for slot in (first, second)]
    arginines = ubiquitin.aatype == RESIDUE_CODE["R"]
    assert arginines.sum() == 4
    assert (distances[0] < distances[1])[arginines].all()


def test_a_given_alignment_is_followed(ubiquitin):
    pairs = np.stack([np.arange(30) + 3, np.arange(30) + 20], axis=1)
    template = template_from_alignment(ubiquitin, pairs, 40, name="hit", sum_probs=7.5)
    np.testing.assert_array_equal(template.aatype[3:33], ubiquitin.aatype[20:50])
    assert (template.aatype[[0, 1, 2, *range(33, 40)]] == GAP).all()
    assert (template.name, template.sum_probs) == ("hit", 7.5)


def _made(name: str, sum_probs: float, aatype: int = 0) -> Template:
    positions = np.arange(5 * 37 * 3, dtype=np.float32).reshape(5, 37, 3)
    return Template(
        name=name,
        aatype=np.full(5, aatype, np.int8),
        atom37_positions=positions,
        atom37_mask=np.eye(37, dtype=np.float32)[[1, 1, 3, 3, 3]],
        sum_probs=sum_probs,
    )


def test_best_templates_are_kept_in_order_without_padding():
    templates = [_made("a", 1.0, 1), _made("b", 9.0, 2), _made("c", 1.0, 3), _made("d", 5.0, 4)]
    features = template_features(templates, 3, 5)
    assert features.aatype[:, 0].tolist() == [2, 4, 1]
    assert features.mask.tolist() == [1.0, 1.0, 1.0]
    assert template_features([], 4, 5) is None
    assert template_features(templates, 0, 5) is None


def test_pseudo_beta_is_ca_of_glycine_and_cb_of_others():
    features = template_features([_made("glycine", 0.0, RESIDUE_CODE["G"]), _made("alanine", 0.0, RESIDUE_CODE["A"])], 4, 5)
    for index, atom in enumerate(("CA", "CB")):
        np.testing.assert_array_equal(features.pseudo_beta[index], features.atom37_positions[index, :, ATOM37_INDEX[atom]])
    assert features.pseudo_beta_mask.tolist() == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]


def test_a_template_of_another_query_is_refused():
    with pytest.raises(InputError, match=r"'a'.*covers 5 residues, the query has 6"):
        template_features([_made("a", 1.0)], 4, 6)
