"""Addresses of residues: how people write them, what cannot be read, and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protfold.design.residue_selection import format_rows, residue_names, select_chains, select_range, select_residues
from protfold.entities import Protein
from protfold.errors import InputError
from tests.unit.design.numbered import counted, numbered

TWO = numbered({"A": "-3 -1 0 1 2 3 7 8 52 52A 52B 53", "B": counted(1, 5)})
ODD = numbered({"A": counted(1, 12), "A1": counted(1, 5), "AB": counted(1, 5), "2": counted(1, 12), "A-2": "10 11"})
ONE = numbered({"A": counted(1, 9)})


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("A1", [3]),
        ("A-3", [0]),
        ("A-3--1", [0, 1]),
        ("A-3-2", [0, 1, 2, 3, 4]),
        ("A1-8", [3, 4, 5, 6, 7]),  # 4 to 6 are missing
        ("A1-3,A7", [3, 4, 5, 6]),
        ("A1-A3", [3, 4, 5]),
        ("A:1-3", [3, 4, 5]),
        ("A:1-A:3", [3, 4, 5]),
        ("A52", [8]),
        ("A52A", [9]),
        ("A52-52B", [8, 9, 10]),
        ("A52A-53", [9, 10, 11]),
        ("A8-52", [7, 8]),
        ("B", [12, 13, 14, 15, 16]),
        ("B:", [12, 13, 14, 15, 16]),
        ("B5 , A1;A2", [3, 4, 16]),
        (" A1 A2\tB1 ", [3, 4, 12]),
        ("A1 - 3", [3, 4, 5]),
        ("A1–3", [3, 4, 5]),
        ("B1,B1,B1-2", [12, 13]),
    ],
)
def test_spellings(text: str, rows: list[int]) -> None:
    assert select_residues(text, TWO).rows.tolist() == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("A:10", [9]),
        ("A1:", [12, 13, 14, 15, 16]),
        ("A1:2-3", [13, 14]),
        ("AB:2", [18]),
        ("AB2-3", [18, 19]),
        ("AB", [17, 18, 19, 20, 21]),
        ("2:1-12", list(range(22, 34))),
        ("A-2:10", [34]),
    ],
)
def test_names_of_chains_of_every_kind(text: str, rows: list[int]) -> None:
    assert select_residues(text, ODD).rows.tolist() == rows


def test_the_end_of_a_range_is_no_chain_name() -> None:
    assert select_residues("1:10-12", numbered({"1": counted(1, 14)})).rows.tolist() == [9, 10, 11]
    assert select_residues("210-12", ODD).rows.tolist() == [31, 32, 33]


def test_one_chain_needs_no_name() -> None:
    assert select_residues("1-3,7", ONE).rows.tolist() == [0, 1, 2, 6]


@pytest.mark.parametrize(
    ("protein", "text", "message"),
    [
        (TWO, "", "no residue is named"),
        (TWO, " , ", "no residue is named"),
        (TWO, "A5", "there is no residue A5; the nearest is A3 .chain A from -3 to 53, B from 1 to 5"),
        (TWO, "A52C", "no residue A52C; the nearest is A52B"),
        (TWO, "A1B", "no residue A1B; the nearest is A1"),
        (TWO, "A99", "nearest is A53"),
        (TWO, "A1-5", "no residue A5; the nearest is A3"),
        (TWO, "B0-3", "no residue B0; the nearest is B1"),
        (TWO, "A3-1", "'A3-1' is reversed: 3 comes after 1"),
        (TWO, "A52B-52A", "reversed: 52B comes after 52A"),
        (TWO, "Z1", "'Z1' names chain Z, which is not there"),
        (TWO, "a1", "names chain a, which is not there"),
        (TWO, "AB:3", "names chain AB, which is not there"),
        (TWO, "10-20", "'10-20' names no chain; write it as in A:10-20"),
        (TWO, "A1-B3", "'A1-B3' cannot be read"),
        (TWO, "A1-", "cannot be read"),
        (TWO, "A1x2", "cannot be read"),
        (TWO, "A:x", "cannot be read"),
        (TWO, "A1.5", "cannot be read"),
        (TWO, "A9999999999999999999999", "nearest is A53"),
        (ODD, "A1", "'A1' can be read in several ways; write A:1 or A1:"),
        (ODD, "A12", "write A:12 or A1:2"),
        (ODD, "A-2", "can be read in several ways"),
        (ONE, "A 1-3", "'1-3' names no chain, others of the list do"),
        (ONE, "A1-3,7", "'7' names no chain, others of the list do"),
    ],
)
def test_what_cannot_be_read(protein: Protein, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        select_residues(text, protein)


def test_residues_named_themselves() -> None:
    selection = select_residues("A1-8,B,A53", TWO)
    assert selection.named.tolist() == [3, 7, 11]


def test_a_range_goes_by_numbers_where_the_file_does_not() -> None:
    inserted = numbered({"A": "5 6 1001 1002 7 8"})
    assert select_residues("A5-8", inserted).rows.tolist() == [0, 1, 4, 5]
    assert select_range("A5-1001", inserted).tolist() == [0, 1, 4, 5, 2]
    assert format_rows([0, 1, 4], inserted) == "A5-7"


def test_one_item() -> None:
    assert select_range(" A1-3 ", TWO).tolist() == [3, 4, 5]
    with pytest.raises(InputError, match="'A1,A2' is not one residue, range or chain"):
        select_range("A1,A2", TWO)


def test_chains() -> None:
    assert select_chains("B, A;B", TWO) == ("B", "A")
    assert select_chains("A1", ODD) == ("A1",)
    with pytest.raises(InputError, match=r"there is no chain C \(chain A from -3 to 53, B from 1 to 5\)"):
        select_chains("A,C", TWO)
    with pytest.raises(InputError, match="no chain is named"):
        select_chains(" ", TWO)


def test_shortest_text() -> None:
    assert format_rows([3, 4, 5, 6, 12, 13, 14, 15, 16], TWO) == "A1-7,B"
    assert format_rows([], TWO) == ""
    assert format_rows(range(12, 17), ODD) == "A1:"
    assert format_rows(range(17, 22), ODD) == "AB"
    assert format_rows([0, 18, 34], ODD) == "A:1,AB:2,A-2:10"


def test_names_are_addresses() -> None:
    for protein in (TWO, ODD, ONE):
        for row, name in enumerate(residue_names(protein)):
            assert select_residues(name, protein).rows.tolist() == [row]


@st.composite
def chain_places(draw: st.DrawFn) -> str:
    places = draw(
        st.lists(st.tuples(st.integers(-12, 30), st.sampled_from(["", "", "A", "B"])), min_size=1, max_size=12, unique=True)
    )
    ordered = places if draw(st.booleans()) else sorted(places)
    return " ".join(f"{number}{code}" for number, code in ordered)


@settings(deadline=None)
@given(
    chains=st.dictionaries(st.text("AB1-_9", max_size=3), chain_places(), min_size=1, max_size=4),
    share=st.floats(0, 1),
    seed=st.integers(0, 1000),
)
def test_writing_and_reading_gives_the_same_residues(chains: dict[str, str], share: float, seed: int) -> None:
    protein = numbered(chains)
    rows = np.flatnonzero(np.random.default_rng(seed).random(len(protein)) < share)
    text = format_rows(rows, protein)
    assert (select_residues(text, protein).rows.tolist() if text else []) == rows.tolist()
