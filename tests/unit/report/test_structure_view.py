"""3-D views: models arrive as they are, choices are offered where there is a choice, a notebook's frame holds the whole page."""

import json

import pytest

from protfold.io import format_mmcif, format_pdb
from protfold.report.structure_view import BEHIND_COLOR, ViewedModel, structure_frame, structure_page, structure_view
from tests.support.fold_pages import Parsed, two_chains

PDB = format_pdb(two_chains())


def models(*labels: str) -> list[ViewedModel]:
    """The same structure under several labels."""
    return [ViewedModel(text=PDB, label=label) for label in labels]


def offered(parsed: Parsed) -> list[str | None]:
    """Values of all choices."""
    return [one["value"] for one in parsed.attributes("option")]


def test_models_come_through_with_format_and_the_one_behind_last() -> None:
    cif = format_mmcif(two_chains())
    view = structure_view([*models("a"), ViewedModel(text=cif, label="b")], behind=ViewedModel(text=PDB, label="native"))
    data = json.loads(Parsed(view).scripts["structure-data"])
    assert [one["text"] for one in data["models"]] == [PDB, cif, PDB]
    assert [one["format"] for one in data["models"]] == ["pdb", "cif", "pdb"]
    assert (data["behind"], data["models"][2]["color"]) == (2, BEHIND_COLOR)
    assert json.loads(Parsed(structure_view(models("a"))).scripts["structure-data"])["behind"] is None


def test_choices_are_those_there_are() -> None:
    assert offered(Parsed(structure_view(models("a", "b")))) == ["0", "1", "plddt", "chain", "secondary", "model", "#5B7083"]
    assert offered(Parsed(structure_view(models("a"), values="b_factor", coloring="chain"))) == ["chain", "secondary", "#5B7083"]
    assert offered(Parsed(structure_view(models("a"), coloring="#123456"))) == ["plddt", "chain", "secondary", "#123456"]


def test_what_is_no_colour_or_id_is_refused() -> None:
    for further in ({"coloring": "red"}, {"coloring": '"><script>'}, {"view_id": "a b"}, {"view_id": '"'}):
        with pytest.raises(ValueError, match=r"colo|id"):
            structure_view(models("a"), **further)
    with pytest.raises(ValueError, match="color"):
        structure_view([ViewedModel(text=PDB, label="a", color="red")])
    with pytest.raises(ValueError, match="models"):
        structure_view([])


def test_labels_and_models_are_text() -> None:
    hostile = '"></script><script>alert(1)</script>'
    view = Parsed(
        structure_view([ViewedModel(text=hostile, label=hostile), *models("b")], behind=ViewedModel(text=PDB, label=hostile))
    )
    plain = Parsed(structure_view(models("a", "b"), behind=ViewedModel(text=PDB, label="c")))
    assert [tag for tag, _ in view.tags] == [tag for tag, _ in plain.tags]


def test_a_frame_holds_the_page() -> None:
    hostile = "\"'></iframe><script>alert(1)</script>"
    page = structure_page(models("a"), title=hostile, together=True, coloring="model")
    (tag, attributes), *others = Parsed(structure_frame(models("a"), title=hostile, together=True, coloring="model")).tags
    assert (tag, others) == ("iframe", [])
    assert attributes["srcdoc"] == page
    assert attributes["sandbox"] == "allow-scripts"  # no access to the notebook around it
