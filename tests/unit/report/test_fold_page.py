"""The page of a folded target says what the results say."""

import base64
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from protfold.constants.residues import decode
from protfold.metrics.ramachandran import ramachandran_regions
from protfold.report.fold_page import ReferenceStructure, fold_page
from protfold.report.ramachandran_view import ramachandran_view
from protfold.report.structure_view import ViewedModel
from tests.support.fold_pages import Parsed, folded_target, two_chains

TARGET = folded_target()
PAGE = fold_page(TARGET)


def ids(page: str) -> list[str | None]:
    """Of its sections."""
    return [one["id"] for one in Parsed(page).attributes("section")]


def fold_data(page: str) -> dict[str, object]:
    """What the page's scripts read."""
    data: dict[str, object] = json.loads(Parsed(page).scripts["fold-data"])
    return data


def map_of(page: str, key: str) -> np.ndarray:
    """Bytes of a map."""
    stored = fold_data(page)["maps"][key]
    return np.frombuffer(base64.b64decode(stored["data"]), np.uint8).reshape(stored["size"], stored["size"])


def test_every_part_is_there_and_the_same_twice() -> None:
    assert ids(PAGE) == [
        "structure", "pae", "sequence", "plddt", "contacts", "alignment", "ramachandran", "scores", "relaxation", "notes", "origin",
    ]  # fmt: skip
    assert fold_page(folded_target()) == PAGE


def test_what_is_not_known_is_left_out_or_said() -> None:
    page = fold_page(replace(TARGET, pae=None, contacts=None, coverage_png=None, manifest={**TARGET.manifest, "notes": []}))
    assert ids(page) == ["structure", "pae", "sequence", "plddt", "ramachandran", "scores", "relaxation", "origin"]
    assert "predict no aligned error" in Parsed(page).text
    assert fold_data(page)["maps"] == {}


def test_sequence_is_numbered_and_coloured_by_confidence() -> None:
    parsed = Parsed(PAGE)
    letters = [one for one in parsed.attributes("b") if one.get("data-place")]
    assert [int(one["data-place"] or "") for one in letters] == list(range(len(TARGET.protein)))
    bands = ["p90" if value > 90 else "p70" if value > 70 else "p50" if value > 50 else "p0" for value in TARGET.plddts[0]]
    assert [one["class"] for one in letters] == bands
    assert {"p90", "p70", "p50", "p0"} == set(bands)
    data = fold_data(PAGE)
    assert data["letters"] == decode(TARGET.protein.aatype)
    assert data["numbers"] == TARGET.protein.residue_index.tolist()
    assert [(one["id"], one["length"]) for one in data["chains"]] == [
        (name, int((TARGET.protein.chain_index == index).sum())) for index, name in enumerate("AB")
    ]
    first = TARGET.protein.residue_index[0]
    assert re.search(rf'<span class="run"><small>{first}</small>', PAGE)  # the author's number


def test_maps_hold_the_errors_row_by_row() -> None:
    assert TARGET.pae is not None
    assert not np.allclose(TARGET.pae, TARGET.pae.T)
    np.testing.assert_allclose(map_of(PAGE, "pae") / 255.0 * 30.0, TARGET.pae, atol=0.06)


def test_lines_are_the_ranks() -> None:
    lines = fold_data(PAGE)["lines"]
    assert [one["title"] for one in lines] == ["rank 1", "rank 2"]
    for one, expected in zip(lines, TARGET.plddts, strict=True):
        assert one["values"] == pytest.approx(expected, abs=0.051)
        assert one["mean"] == pytest.approx(expected.mean(), abs=0.01)


def test_tables_carry_numbers_units_and_directions() -> None:
    text = Parsed(PAGE).text
    for expected in (
        "1.60e+15",
        "-341.4",
        "kcal/mol, lower is better",
        "0-100, higher is better",
        "0.250",
        "Rank 1: a warning",
        "a note",
    ):
        assert expected in text
    assert "protfold fold msa.a3m -o again" in text


def test_a_reference_stands_below_the_diagonal() -> None:
    num = len(TARGET.protein)
    known = np.arange(num) > 3
    contacts = np.zeros((num, num), dtype=bool)
    contacts[20, 10] = contacts[10, 20] = True
    measures = {
        "tm_score": 0.7,
        "gdt_ts": 0.6,
        "lddt_ca": 0.8,
        "lddt": 0.5,
        "rmsd_ca": 3.25,
        "num_matched": 99,
        "warnings": ["odd"],
    }
    reference = ReferenceStructure(
        name="native<b>.pdb",
        model=ViewedModel(text=TARGET.models[0].text, label="reference"),
        contacts=contacts,
        known=known,
        lddt_ca=np.where(known, 0.5, np.nan),
        measures=(measures, measures),
    )
    page = fold_page(replace(TARGET, reference=reference))
    assert "reference" in ids(page)
    levels = map_of(page, "contacts")
    assert levels[20, 10] == 1
    assert levels[21, 10] == 0
    assert (levels[10, 0:4] == 255).all()  # not in the reference
    upper = np.triu_indices(num)
    assert TARGET.contacts is not None
    np.testing.assert_allclose(levels[upper] / 255.0, TARGET.contacts[upper], atol=0.005)
    assert fold_data(page)["lines"][2]["values"][:5] == [None, None, None, None, 50.0]
    assert "3.25" in Parsed(page).text
    assert "native<b>.pdb" in Parsed(page).text  # as text
    assert not {"reference"} & set(ids(PAGE))


def test_a_hostile_name_changes_no_tag() -> None:
    hostile = fold_page(folded_target("</script><script>alert(1)</script><!--"))
    assert [tag for tag, _ in Parsed(hostile).tags] == [tag for tag, _ in Parsed(PAGE).tags]


def test_ramachandran_has_a_dot_for_each_measured_residue() -> None:
    protein = two_chains()
    regions = ramachandran_regions(protein)
    dots = Parsed(ramachandran_view(protein)).attributes("circle")
    assert sorted(int(one["data-place"] or "") for one in dots) == np.flatnonzero(regions != " ").tolist()
    outliers = [int(one["data-place"] or "") for one in dots if one.get("class") == "outlier"]
    assert sorted(outliers) == np.flatnonzero(regions == "O").tolist()
    favoured = 100.0 * (regions == "F").sum() / (regions != " ").sum()
    assert f"{favoured:.1f} % lie in favoured regions" in ramachandran_view(protein)
