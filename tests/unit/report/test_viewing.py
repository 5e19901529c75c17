"""Views for notebooks: what is shown, laid over what, and that names stay text."""

from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from protfold.entities import Protein
from protfold.errors import InputError
from protfold.report.viewing import laid_over, show_page, view
from tests.support.examples import FOLDER, example, moved

CA = 1


@pytest.fixture(scope="module")
def chain() -> Protein:
    return example("1lcd_A")


def test_a_moved_copy_is_laid_back(chain: Protein) -> None:
    np.testing.assert_allclose(laid_over(moved(chain), chain).atom37_positions, chain.atom37_positions, atol=1e-3)


def test_part_of_a_structure_is_laid_over_the_whole(chain: Protein) -> None:
    part = moved(chain).select(np.arange(10, 40))
    np.testing.assert_allclose(laid_over(part, chain).atom37_positions, chain.atom37_positions[10:40], atol=1e-3)


def test_structures_that_have_nothing_in_common_say_so(chain: Protein) -> None:
    few = chain.select(np.arange(2))
    with pytest.raises(InputError, match="2 residues match, of which 3 are needed"):
        laid_over(few, chain)


def test_several_are_superposed_unless_told_otherwise(chain: Protein) -> None:
    over, left = (view(chain, moved(chain), labels=("a", "b"), superposed=how) for how in (True, False))
    assert over.models[0].text == left.models[0].text
    assert over.models[1].text != left.models[1].text
    assert over.together
    assert over.coloring == "model"


def test_one_structure_and_files(chain: Protein) -> None:
    one = view(FOLDER / "1lcd_A.pdb")
    assert [model.label for model in one.models] == ["1lcd_A"]
    assert one.coloring == "secondary"
    assert not one.together
    assert "StructureFrame('1lcd_A')" in repr(one)


def test_pldd_is_offered_only_where_b_factors_are_it(chain: Protein) -> None:
    assert 'value="plddt"' not in unescape(view(chain)._repr_html_())
    assert 'value="plddt"' in unescape(view(chain, coloring="plddt")._repr_html_())


def test_a_hostile_name_ends_neither_frame_nor_script(chain: Protein) -> None:
    hostile = replace(chain, name='"></iframe><script>alert(1)</script>')
    text = view(hostile)._repr_html_()
    assert text.count("<iframe") == text.count("</iframe>") == 1
    assert "<script>alert" not in unescape(text)


def test_more_chains_than_pdb_has_names_for_are_shown(chain: Protein) -> None:
    assert view(replace(chain, chain_ids=("too long",))).models[0].text.startswith("data_")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": ("a", "b")}, "2 labels for 1 structures"),
        ({"coloring": "rainbow"}, "coloring is 'rainbow'; give one of"),
    ],
)
def test_wrong_options_name_the_cure(chain: Protein, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        view(chain, **arguments)  # type: ignore[arg-type]


def test_nothing_to_view() -> None:
    with pytest.raises(InputError, match="give a structure to view"):
        view()


def test_a_saved_view_stands_alone(chain: Protein, tmp_path: Path) -> None:
    page = view(chain).save(tmp_path / "view.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in unescape(page)


def test_a_page_is_shown_from_its_file_or_folder(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text('<p title="a & b">x</p>')
    for path in (tmp_path, tmp_path / "report.html"):
        text = show_page(path)._repr_html_()
        assert 'srcdoc="<p title=&quot;a &amp; b&quot;>x</p>"' in text
    with pytest.raises(InputError, match="there is no such file"):
        show_page(tmp_path / "none.html")
