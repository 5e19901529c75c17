"""What a notebook shows of an entity: facts, escaped, in any state that the entity can be in."""

from xml.etree import ElementTree

import numpy as np
import pytest

from protfold.constants.residues import GAP
from protfold.entities import Msa, Protein
from protfold.entities.card import card, shown, strip

HOSTILE = "</td><script>alert(1)</script>\u202e\x00&amp;"


def protein(length: int, name: str = "x") -> Protein:
    return Protein(
        atom37_positions=np.zeros((length, 37, 3), np.float32),
        atom37_mask=np.ones((length, 37), np.float32),
        aatype=np.zeros(length, np.int64),
        residue_index=np.arange(5, 5 + length),
        insertion_codes=np.full(length, " "),
        chain_index=np.zeros(length, np.int64),
        chain_ids=("A",),
        b_factors=np.full((length, 37), 7.5, np.float32),
        name=name,
    )


def alignment(rows: int, columns: int, name: str = "x") -> Msa:
    residues = np.zeros((rows, columns), np.int8)
    if rows > 1 and columns:
        residues[1, : columns // 2] = GAP
    return Msa(residues=residues, deletions=np.zeros((rows, columns), np.int32), descriptions=(name, *[""] * (rows - 1)))


def html(entity: Protein | Msa) -> ElementTree.Element:
    """Parsed, so that markup which does not close is an error."""
    return ElementTree.fromstring(entity._repr_html_())


@pytest.mark.parametrize("entity", [protein(4, HOSTILE), alignment(3, 4, HOSTILE)], ids=["protein", "alignment"])
def test_names_are_text(entity: Protein | Msa) -> None:
    tree = html(entity)
    assert tree.find(".//script") is None
    assert "<script>alert(1)</script>" in "".join(tree.itertext())
    assert "\u202e" not in entity._repr_html_()
    assert "\x00" not in repr(entity)


@pytest.mark.parametrize("entity", [protein(0), alignment(1, 0), alignment(1, 5), alignment(2, 1)])
def test_hardly_anything_is_shown_too(entity: Protein | Msa) -> None:
    assert "".join(html(entity).itertext())
    assert "\n" not in repr(entity)


def test_facts_of_a_protein() -> None:
    text = " ".join(html(protein(3, "mine")).itertext())
    assert "3 residues, 111 heavy atoms" in text
    assert "numbers 5 to 7: AAA" in text
    assert repr(protein(3, "mine")) == "Protein('mine': 3 residues, 111 atoms, chain A)"


def test_facts_of_an_alignment() -> None:
    msa = alignment(2, 4, "query")
    text = " ".join(html(msa).itertext())
    assert "2 rows" in text
    assert "25.0 % of all places" in text
    assert "50 to 50 %, median 50 %" in text
    assert repr(msa) == "Msa('query': 2 rows, 4 columns)"
    np.testing.assert_allclose(msa.occupancy, [0.5, 0.5, 1.0, 1.0])


def test_long_and_unprintable_text_is_cut_and_spelled_out() -> None:
    assert shown("a\nb") == "a\\nb"
    assert shown("x" * 100, 10) == "x" * 9 + "…"


def test_a_strip_draws_each_column_once_and_leaves_holes() -> None:
    drawn = strip(np.array([1.0, 0.5, np.nan, 0.0]), maximum=1.0, label="a<b")
    tree = ElementTree.fromstring(f"<div>{drawn}</div>")
    path = tree.find(".//path")
    assert path is not None
    assert path.attrib["d"] == "M0 40V0.0h1V40zM1 40V20.0h1V40z"
    assert len(strip(np.ones(5000), maximum=1.0, label="x").split("M")) == 601


def test_facts_are_escaped() -> None:
    assert "<i>" not in card("<i>", {"<i>": "<i>"})
