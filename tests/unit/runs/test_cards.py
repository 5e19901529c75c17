"""What a notebook shows of results: one line, a card with escaped names, and views."""

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import protfold
from protfold.errors import InputError
from protfold.io import format_pdb
from protfold.report.viewing import laid_over
from protfold.runs.design.result import DesignResult
from protfold.runs.fold import fold
from protfold.runs.result import FoldResult
from tests.support.designer_files import write_designer
from tests.support.designers import backbone
from tests.unit.runs.fake_predictor import FakeLoader

HOSTILE = "</td><script>alert(1)</script>"


class Seen(HTMLParser):
    """Tags and text of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


@pytest.fixture
def folded(load: FakeLoader) -> FoldResult:
    """Two ranked predictions of a complex with a hostile name."""
    return fold("MKVLLAAG:GIVEQ", name=HOSTILE, num_seeds=2, seed=3, load=load)


@pytest.fixture
def designed(tmp_path: Path, load: FakeLoader) -> DesignResult:
    weights = write_designer(tmp_path / "tiny.safetensors")
    named = replace(backbone(12), name=HOSTILE)
    return protfold.design(
        named, weights, num_sequences=12, temperature=1.0, refold=True, refold_weights="fake", device="cpu", load=load
    )


def test_a_fold_in_one_line(folded: FoldResult) -> None:
    assert "13 residues, alignment of 1 row; best of 2 by mini: mean pLDDT" in repr(folded)
    assert "\n" not in repr(folded)


def test_a_fold_shows_every_rank_and_no_markup_of_names(folded: FoldResult, real_pictures: None) -> None:
    seen = Seen(folded._repr_html_())
    assert "script" not in seen.tags
    assert seen.tags.count("img") == 2
    assert "alert(1)" in seen.text
    assert "ipTM" in seen.text
    for prediction in folded.predictions:
        assert f"{np.mean(prediction.plddt):.1f}" in seen.text


def test_a_fold_is_viewed_by_rank_or_over_a_known_structure(folded: FoldResult) -> None:
    ranked = folded.view()
    assert [model.label for model in ranked.models] == ["rank 1", "rank 2"]
    assert (ranked.coloring, ranked.together) == ("plddt", False)
    best, second = folded.proteins
    assert [model.text for model in ranked.models] == [format_pdb(best), format_pdb(laid_over(second, best))]
    over = folded.view(folded.predictions[1].protein)
    assert [model.label for model in over.models] == ["native", "prediction"]
    assert over.models[0].text == format_pdb(folded.predictions[1].protein)
    assert over.together


def test_designs_in_one_line_and_in_a_table(designed: DesignResult) -> None:
    assert "12 residues designed" in repr(designed)
    seen = Seen(designed._repr_html_())
    assert "script" not in seen.tags
    for heading in ("score", "recovery", "scTM", "scRMSD"):
        assert heading in seen.text
    assert designed.designs[0].sequence in seen.text
    assert f"{len(designed.designs) - 10} more are not shown" in seen.text


def test_a_design_is_viewed_beside_its_native_structure(designed: DesignResult) -> None:
    seen = designed.view(rank=2)
    assert [model.label for model in seen.models] == ["native", "design 2 folded"]
    refolding = designed.designs[1].refolding
    assert refolding is not None
    assert refolding.protein is not None
    assert seen.models[1].text == format_pdb(refolding.protein)
    alone = replace(designed, designs=tuple(replace(one, refolding=None) for one in designed.designs))
    assert [model.label for model in alone.view().models] == ["native", "design 1 on the backbone"]
    with pytest.raises(InputError, match="no design of rank 99"):
        designed.view(rank=99)


def test_the_report_of_designs_in_memory_is_that_of_their_files(designed: DesignResult) -> None:
    report = designed.report()
    assert len(report.designs) == len(designed.designs)
    np.testing.assert_array_equal(report.types[0], designed.designs[0].types)
