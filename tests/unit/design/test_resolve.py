"""Settings of a user against a structure: what is designed, what may come out, what contradicts itself, and what is told."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from protfold.constants.residues import RESIDUES
from protfold.design.constraint_options import ConstraintOptions, read_options
from protfold.design.constraints import Constraints
from protfold.design.residue_selection import format_rows
from protfold.design.resolve import resolve_constraints
from protfold.design.states import join_states
from protfold.entities import Protein
from protfold.errors import InputError
from tests.unit.design.numbered import counted, numbered, without

PAIR = numbered({"A": counted(1, 6), "B": counted(1, 6)}, "MKVCAE:MKVCAW")
BROKEN = without(numbered({"A": counted(1, 6), "B": counted(1, 6)}, "MXVCAE:MKVCAW"), 4, "O")  # A2 unknown, A5 without O


def resolved(protein: Protein = PAIR, **options: str) -> Constraints:
    return resolve_constraints(ConstraintOptions(**options), protein)


def designed(constraints: Constraints, protein: Protein = PAIR) -> str:
    return format_rows(np.flatnonzero(constraints.designed), protein)


def letters(constraints: Constraints, row: int) -> set[str]:
    """Types that are excluded."""
    return {RESIDUES[code] for code in np.flatnonzero(~constraints.allowed[row])}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "A,B"),
        ({"chains": "B"}, "B"),
        ({"design": "A2-3,B6"}, "A2-3,B6"),
        ({"chains": "A", "design": "A2"}, "A2"),
        ({"fix": "A1-5,B"}, "A6"),
        ({"chains": "A", "fix": "A1,B2"}, "A2-6"),
        ({"design": "A1-3", "fix": "A4"}, "A1-3"),
        ({"tie": "A=B"}, "A,B"),
        ({"design": "A2", "tie": "A2=B3"}, "A2,B3"),
        ({"chains": "A", "homo_oligomer": "A,B"}, "A,B"),
        ({"fix": "A1-2", "homo_oligomer": "A,B"}, "A3-6,B3-6"),
        ({"fix": "A1", "tie": "A1=B1=B2"}, None),
    ],
)
def test_what_is_designed(options: dict[str, str], expected: str | None) -> None:
    if expected is None:
        with pytest.raises(InputError, match="A1 is fixed as M, but B2, tied to it, is K; design both, untie them"):
            resolved(**options)
    else:
        assert designed(resolved(**options)) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": "A1-3", "fix": "A2-9"}, "fix: there is no residue A9; the nearest is A6"),
        ({"design": "A1-3,B4", "fix": "A2,B4"}, "A2,B4 is to be designed and to be fixed"),
        ({"chains": "A", "design": "B5"}, "B5 is to be designed, but its chain is not among the chains to design"),
        ({"chains": "A,Q"}, "chains: there is no chain Q"),
        ({"fix": "A,B"}, "nothing is left to design"),
        ({"exclude": "CX"}, "exclude: 'X' is none of the 20 residues ACDEFGHIKLMNPQRSTVWY"),
        ({"exclude": "B"}, "'B' is none"),
        ({"exclude": ","}, "exclude: no residue type is named"),
        ({"exclude": "ACDEFGHIKLMNPQRSTVWY"}, "every type is excluded at A,B; leave one"),
        ({"exclude": "ACDEFGHIKL", "exclude_at": "A2:MNPQRSTVWY"}, "every type is excluded at A2; leave one"),
        ({"exclude_at": "A2:ACDEFGHIKL,B3:MNPQRSTVWY", "tie": "A2=B3"}, "every type is excluded at A2,B3"),
        ({"exclude_at": "A2:X"}, "exclude_at: 'X' is none"),
        ({"exclude_at": "A2"}, "exclude_at: 'A2' sets nothing; write A10:CP"),
        ({"exclude_at": "A2:C1"}, "sets nothing"),
        ({"fix": "A4", "exclude_at": "A3-5:C"}, "exclude_at: A4 is C and is not designed, so that C cannot be excluded there"),
        ({"bias": "W"}, "bias: 'W' is no bias; write W:0.5"),
        ({"bias": "W:x"}, "the bias 'x' is no finite number"),
        ({"bias": "W:inf"}, "the bias 'inf' is no finite number"),
        ({"bias": "X:1"}, "'X' is none of the 20"),
        ({"bias": "W:1,W:2"}, "the bias of W at every residue is given as 1 and as 2"),
        ({"bias_at": "A1:W:1,A:W:2"}, "bias_at: the bias of W at A1 is given as 1 and as 2"),
        ({"bias_at": "A1:W"}, "'A1:W' sets nothing; write A10:W:0.5"),
        ({"bias_at": "A1:W:nan"}, "'nan' is no finite number"),
        ({"bias_at": "A1:W:1,B1:W:2", "tie": "A1=B1"}, "A1,B1 are tied, but the bias of W is 1 and 2; give one"),
        ({"tie": "A1*-1=B1*0"}, "A1,B1: of tied residues one at least needs a positive weight"),
        ({"fix": "A6", "homo_oligomer": "A,B"}, "A6 is fixed as E, but B6, tied to it, is W"),
    ],
)
def test_contradictions_stop(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolved(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": "A2"}, "A2 cannot be designed: its type is unknown"),
        ({"design": "A5-6"}, "A5 cannot be designed: it has no O"),
        ({"chains": "A", "fix": "A1,A3-4,A6"}, "nothing is left to design"),
    ],
)
def test_residues_that_cannot_be_designed(options: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolved(BROKEN, **options)


def test_such_residues_within_a_range_are_left_out_and_told() -> None:
    for options in ({}, {"design": "A1-6,B"}):
        constraints = resolved(BROKEN, **options)
        assert designed(constraints, BROKEN) == "A1,A3-4,A6,B"
        assert constraints.notes == ("not designed, for want of N, CA, C, O or a known type: A2,A5",)
    assert resolved(BROKEN, fix="A2").notes == ("not designed, for want of N, CA, C, O or a known type: A5",)


def test_tied_to_a_designed_residue_they_follow_it() -> None:
    constraints = resolved(BROKEN, homo_oligomer="A,B", exclude="C")
    assert designed(constraints, BROKEN) == "A,B"
    assert constraints.weights.tolist() == [0.5, 0, 0.5, 0.5, 0, 0.5, 0.5, 1, 0.5, 0.5, 1, 0.5]
    assert any(note.endswith("given the type of residues they are tied to: A2,A5") for note in constraints.notes)
    assert "C" in letters(constraints, 1)
    kept = resolved(BROKEN, homo_oligomer="A,B", fix="B1-5")
    assert designed(kept, BROKEN) == "A6,B6"
    assert kept.types[1] == 20


def test_what_a_tie_changes_is_told() -> None:
    assert resolved(design="A2", tie="A2=B3").notes == ("designed, too, because tied to residues that are: B3",)
    assert resolved(fix="A1", tie="A1=B1").notes == ("not designed, because tied to fixed residues: B1",)
    assert resolved(design="A1", tie="A6=B6").notes == ("tied and not designed, but of different types, which they keep: A6,B6",)


def test_exclusion_is_of_designed_residues() -> None:
    constraints = resolved(fix="A4", exclude="c, p", exclude_at="A1-2,A3:W,B5:ac")
    assert [letters(constraints, row) for row in (0, 2, 3, 4, 10)] == [
        {"C", "P", "W"},
        {"C", "P", "W"},
        set(),
        {"C", "P"},
        {"C", "P", "A"},
    ]
    assert constraints.notes == ("of an excluded type, kept because not designed: A4",)
    assert resolved(chains="A", exclude="C").notes == ()  # a chain of the context has nothing to do with it


def test_exclusion_at_one_residue_is_of_all_tied_to_it() -> None:
    constraints = resolved(tie="A1=B2", exclude_at="A1:C,B2:P")
    assert letters(constraints, 0) == letters(constraints, 7) == {"C", "P"}


def test_biases_add_up_and_reach_tied_residues() -> None:
    constraints = resolved(bias="W:0.5,AG:-0.3", bias_at="A1:W:1;A2-3:W:2,A1:D:1", tie="A1=B6", fix="B1")
    tryptophan, glycine, aspartate = (RESIDUES.index(letter) for letter in "WGD")
    np.testing.assert_allclose(constraints.bias[:, tryptophan], [1.5, 2.5, 2.5, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5, 1.5])
    np.testing.assert_allclose(constraints.bias[:, glycine], np.where(constraints.designed, -0.3, 0))
    assert np.flatnonzero(constraints.bias[:, aspartate]).tolist() == [0, 11]
    assert resolved(fix="A1", bias_at="A1:W:1").notes == ("a bias without effect, at residues that are not designed: A1",)


def test_weights_are_shares() -> None:
    constraints = resolved(tie="A1*3=B1,A2*-1=B2*3")
    assert constraints.weights[[0, 6, 1, 7, 2]].tolist() == [0.75, 0.25, -0.25, 0.75, 1.0]
    assert constraints.groups.tolist() == [0, 1, 2, 3, 4, 5, 0, 1, 6, 7, 8, 9]


def test_constraints_of_one_state_hold_in_all() -> None:
    states = join_states([PAIR, PAIR.select(np.arange(12) != 2)], [3.0, 1.0])
    constraints = resolve_constraints(
        ConstraintOptions(fix="A1-2,B", exclude_at="A5:C", design="A4-6"), states.protein, ties=states.ties
    )
    assert designed(constraints, states.protein) == "A4-6,A_2:4-6"
    assert letters(constraints, 15) == {"C"}
    assert constraints.weights[[4, 15]].tolist() == [0.75, 0.25]
    assert "without a partner and hence not tied: A3" in constraints.notes


def test_settings_of_two_places_are_one() -> None:
    one, other = (
        ConstraintOptions(fix="A1", tie="A2=B2", homo_oligomer="A,B"),
        ConstraintOptions(fix="B3-4", exclude="C", tie="A3=B3"),
    )
    both = one.union(other)
    assert both.fix == "A1;B3-4"
    assert both.exclude == "C"
    assert both.union(ConstraintOptions()) == both
    read = read_options(both, PAIR)
    assert format_rows(read.fix, PAIR) == "A1,B3-4"
    assert len(read.ties.pairs) == 8
    with pytest.raises(InputError, match="given as 1 and as 2"):
        read_options(ConstraintOptions(bias="W:1").union(ConstraintOptions(bias="W:2")), PAIR)


ROWS = st.lists(st.integers(0, 11), max_size=4, unique=True)
LETTERS = st.text("ACDEFGHIKLMNPQRSTVWY", max_size=5)


@settings(deadline=None, max_examples=60)
@given(
    fix=ROWS,
    design=ROWS,
    exclude=LETTERS,
    exclude_at=st.tuples(ROWS, LETTERS),
    tie=st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), max_size=3),
    seed=st.integers(0, 1000),
)
def test_any_settings_are_refused_or_hold(
    fix: list[int], design: list[int], exclude: str, exclude_at: tuple[list[int], str], tie: list[tuple[int, int]], seed: int
) -> None:
    options = ConstraintOptions(
        fix=format_rows(fix, PAIR),
        design=format_rows(design, PAIR),
        exclude=exclude,
        exclude_at=f"{format_rows(exclude_at[0], PAIR)}:{exclude_at[1]}" if all(exclude_at) else "",
        tie=",".join(f"A{own}=B{other}" for own, other in tie),
    )
    try:
        constraints = resolve_constraints(options, PAIR)
    except InputError:
        assume(False)
    generator = np.random.default_rng(seed)
    choice = np.argmax(
        generator.random((len(constraints.representatives), 20)) * constraints.allowed[constraints.representatives], axis=1
    )
    sequence = np.where(constraints.designed, choice[constraints.groups], constraints.types)
    constraints.check(sequence)
    read = read_options(options, PAIR)
    assert (sequence[read.fix] == PAIR.aatype[read.fix]).all()
    assert not read.exclude_at[np.arange(12), sequence].any()
    assert not np.isin(sequence[constraints.designed], read.exclude).any()
    for own, other in read.ties.pairs:
        assert sequence[own] == sequence[other] or not constraints.designed[[own, other]].any()
    row = generator.integers(12)
    with pytest.raises(RuntimeError):
        constraints.check(np.where(np.arange(12) == row, 20 if constraints.designed[row] else (sequence + 1) % 20, sequence))
