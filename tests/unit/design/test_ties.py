"""Which residues become one: ties in text, copies of a chain, states of a sequence."""

import numpy as np
import pytest

from protfold.design.states import join_states
from protfold.design.ties import Ties, join_ties, number_groups, parse_homo_oligomer, parse_ties
from protfold.entities import Protein
from protfold.errors import InputError
from tests.unit.design.numbered import counted, numbered

SEQUENCE = "MKVLAEWTRHGDSYPQNIFC"
PAIR = numbered({"A": counted(1, 20), "B": counted(1, 20)}, f"{SEQUENCE}:{SEQUENCE}")


def tied(ties: Ties, protein: Protein) -> set[str]:
    """The groups of several residues, as their names."""
    groups = ties.groups
    names = [
        f"{protein.chain_ids[chain]}{number}" for chain, number in zip(protein.chain_index, protein.residue_index, strict=True)
    ]
    return {"=".join(names[row] for row in np.flatnonzero(groups == group)) for group in np.flatnonzero(np.bincount(groups) > 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A1=B1", {"A1=B1"}),
        ("A1-2=B3-4", {"A1=B3", "A2=B4"}),
        ("A1-2=B1-2=A11-12", {"A1=A11=B1", "A2=A12=B2"}),
        ("A1=B1,B1=A5", {"A1=A5=B1"}),
        ("A1=B1; A2 = B2", {"A1=B1", "A2=B2"}),
        ("A1-2*2=B1-2", {"A1=B1", "A2=B2"}),
    ],
)
def test_ties_in_text(text: str, expected: set[str]) -> None:
    assert tied(parse_ties(text, PAIR), PAIR) == expected


def test_weights_are_of_the_member_and_agree() -> None:
    ties = parse_ties("A1-2*2=B1-2*-0.5=A5-6, A5=B9", PAIR)
    assert ties.weights[[0, 1, 20, 21, 4, 5, 28]].tolist() == [2, 2, -0.5, -0.5, 1, 1, 1]
    with pytest.raises(InputError, match="A1 has the weights 2 and 3; give it one"):
        parse_ties("A1*2=B1,A1*3=B2", PAIR)
    joined = join_ties([ties, parse_ties("A1*3=B1", PAIR)], len(PAIR))
    assert joined.weights[:2].tolist() == [6, 2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A1", "'A1' is no tie; write A1-10=B1-10"),
        ("A1*2*3=B1", r"the weight '2\*3' is no number"),
        ("A1=", "'' is not one residue, range or chain"),
        ("A1*x=B1", "the weight 'x' is no number"),
        ("A1*nan=B1", "the weight 'nan' is no number"),
        ("A1-10=B1-9", "A1-10 has 10 residues, B1-9 has 9; tie the parts that match"),
        ("A1-4=A3-6", "the members overlap"),
        ("A1=A1", "the members overlap"),
        ("A1=B77", "there is no residue B77; the nearest is B20"),
    ],
)
def test_what_is_no_tie(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_ties(text, PAIR)


def test_members_that_miss_different_residues_are_not_shifted() -> None:
    protein = numbered({"A": "1 2 4 5", "B": "1 2 3 5", "C": "11 12 13 14"})
    with pytest.raises(InputError, match="miss different residues, so that A4 would be tied to B3"):
        parse_ties("A=B", protein)
    assert tied(parse_ties("A=C", protein), protein) == {"A1=C11", "A2=C12", "A4=C13", "A5=C14"}  # another numbering: by order


def test_groups_are_numbered_by_their_first_residues() -> None:
    assert number_groups(np.array([7, 3, 7, 0, 3])).tolist() == [0, 1, 0, 2, 1]


def test_copies_of_equal_numbers() -> None:
    ties = parse_homo_oligomer("A,B", PAIR)
    assert tied(ties, PAIR) == {f"A{number}=B{number}" for number in range(1, 21)}
    assert ties.notes == ()


def test_copies_of_other_numbers_are_aligned_and_the_rest_is_told() -> None:
    protein = numbered(
        {"A": counted(1, 20), "B": counted(103, 120), "C": counted(2, 21)}, f"{SEQUENCE}:{SEQUENCE[2:]}:{SEQUENCE[1:]}Q"
    )
    ties = parse_homo_oligomer("A,B,C", protein)
    assert tied(ties, protein) == {f"A{n}=B{100 + n}=C{n}" for n in range(3, 21)} | {"A2=C2"}  # A and C by number, where they agree
    assert ties.notes == (
        "chain B is matched with chain A by sequence, because the numbers do not agree",
        "without a partner and hence not tied: A1,C21",
    )


def test_residues_that_the_first_copy_lacks_are_tied_among_the_others() -> None:
    protein = numbered({"A": counted(5, 20), "B": counted(1, 20), "C": counted(1, 20)}, f"{SEQUENCE[4:]}:{SEQUENCE}:{SEQUENCE}")
    assert tied(parse_homo_oligomer("A,B,C", protein), protein) >= {"B1=C1", "B4=C4", "A5=B5=C5"}


def test_several_groups_of_copies() -> None:
    protein = numbered(dict.fromkeys("ABCD", counted(1, 3)), "MKV:MKV:GGS:GGS")
    assert tied(parse_homo_oligomer("A,B;C,D", protein), protein) == {f"{a}{n}={b}{n}" for a, b in ("AB", "CD") for n in (1, 2, 3)}


def test_chains_that_are_no_copies() -> None:
    with pytest.raises(InputError, match="'A' is one chain"):
        parse_homo_oligomer("A", PAIR)
    with pytest.raises(InputError, match="there is no chain C"):
        parse_homo_oligomer("A,C", PAIR)
    with pytest.raises(InputError, match="no residue of chain B matches one of chain A by number or sequence"):
        parse_homo_oligomer("A,B", numbered({"A": counted(1, 4), "B": counted(11, 14)}, "MMMM:WWWW"))


def test_states_become_one_set_of_tied_residues() -> None:
    first, second = numbered({"A": counted(1, 5)}, "MKVLA"), numbered({"B": counted(2, 6)}, "KVLAE")
    states = join_states([first, second], [2.0, 1.0])
    assert states.protein.chain_ids == ("A", "B_2")
    assert tied(states.ties, states.protein) == {
        f"A{number}=B_2{number}" for number in range(2, 6)
    }  # one chain each: names do not count
    assert states.ties.weights.tolist() == [2.0] * 5 + [1.0] * 5
    assert states.ties.notes == ("without a partner and hence not tied: A1,B_2:6",)
    for number, state in enumerate((first, second)):
        part = states.protein.select(states.rows(number))
        np.testing.assert_array_equal(part.atom37_positions, state.atom37_positions)
        np.testing.assert_array_equal(part.residue_index, state.residue_index)


def test_states_of_several_chains_go_by_their_names() -> None:
    state = numbered({"A": counted(1, 2), "B": counted(1, 3)})
    states = join_states([state, state, state])
    assert states.protein.chain_ids == ("A", "B", "A_2", "B_2", "A_3", "B_3")
    assert tied(states.ties, states.protein) == {
        f"{chain}{number}={chain}_2{number}={chain}_3{number}"
        for chain, number in (("A", 1), ("A", 2), ("B", 1), ("B", 2), ("B", 3))
    }


def test_names_of_states_stay_apart() -> None:
    state = numbered({"A": "1", "A_2": "1"})
    assert join_states([state, state]).protein.chain_ids == ("A", "A_2", "A_2_", "A_2_2")


def test_one_state_is_itself() -> None:
    states = join_states([PAIR])
    assert tied(states.ties, PAIR) == set()
    assert states.protein.chain_ids == PAIR.chain_ids


@pytest.mark.parametrize(
    ("states", "weights", "message"),
    [
        ([], None, "there is no backbone"),
        ([PAIR, PAIR], [1.0], "1 weights for 2 states"),
        ([PAIR, PAIR], [1.0, np.inf], "weights of the states are 1, inf"),
        ([PAIR, PAIR], [0.0, -1.0], "one of them positive"),
        ([numbered({"A": "1 2"}), numbered({"A": "3 4"})], None, "no residue of state 2 matches one of state 1 by number"),
    ],
)
def test_states_that_cannot_be_joined(states: list[Protein], weights: list[float] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        join_states(states, weights)
