"""The page of designs as a reader of HTML sees it: what stands where, and that no name breaks out of its place."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.figure import Figure

from protfold.report import design_page as pages
from protfold.report.alignment import alignment
from protfold.report.design_page import design_page
from protfold.report.design_report import DesignReport, ReportedChain
from protfold.report.design_run_page import design_run_page
from tests.unit.report.designs import some_report

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u202e"
VOID = {"meta", "link", "img", "br", "input", "hr"}


class Page(HTMLParser):
    """Tags that are open and closed in order, scripts, text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[str] = []
        self.by_tag: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
            self.by_tag.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.by_tag[self.open[-1]][-1] += data
        if self.open and self.open[-1] not in ("script", "style"):
            self.shown.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for one, attrs in self.tags if one == tag]


@pytest.fixture(autouse=True)
def _quick_pictures(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have their own tests."""
    if "real_pictures" not in request.fixturenames:
        monkeypatch.setattr(pages, "figure_to_png", lambda figure: b"picture")
        monkeypatch.setattr(pages, "logo_of", lambda report: Figure())


@pytest.fixture
def real_pictures() -> None:
    """Asks for pictures as they are."""


def test_what_the_page_shows() -> None:
    """Sections that links lead to, a row for each design, and every picture in words."""
    page = Page(design_page(some_report()))
    places = {attrs["id"] for attrs in page.of("section")}
    assert {f"#{place}" for place in places} == {attrs["href"] for attrs in page.of("a")}
    assert {
        "ranked-designs",
        "structure",
        "folded-again",
        "sequences",
        "logo",
        "diversity",
        "substitutions",
        "constraints",
    } <= places
    assert not {"problems", "notes"} & places
    assert all(attrs["alt"] and attrs["src"].startswith("data:image/png;base64,") for attrs in page.of("img"))
    assert len(page.of("img")) == 7
    shown = " ".join(page.shown)
    for told in ("12 of 14", "4, 3 different", "1.000 nats", "1.700 nats", "Fixed, native types kept: A5.", "-o again", "tiny"):
        assert told in shown
    assert [attrs["data-value"] for attrs in page.of("td")[:2] if "data-value" in attrs] == ["1"]
    cells = [attrs.get("data-value") for attrs in page.of("td")]
    assert cells[0::12] == ["1", "2", "3"]
    assert cells[2::12] == [repr(one.score) for one in some_report().designs]


def test_columns_that_say_nothing_are_left_out() -> None:
    every = some_report()
    plain = [replace(one, count=1, converged=True, sc_tm=float("nan")) for one in every.designs]
    page = Page(design_page(replace(every, designs=tuple(plain), designed=np.ones(14, bool), refolded={})))
    assert [text for text in page.by_tag["button"] if text != "Copy"][:6] == [
        "Rank",
        "Score",
        "Recovery",
        "Similarity",
        "Nearest design",
        "Centre",
    ]
    assert "folded-again" not in {attrs["id"] for attrs in page.of("section")}


def test_problems_and_notes_come_first() -> None:
    page = Page(design_page(some_report(problems=("design 2 is not folded: too long",), notes=("3 different designs",))))
    assert [attrs["id"] for attrs in page.of("section")][:2] == ["problems", "notes"]
    assert "design 2 is not folded: too long" in page.shown


def test_no_name_breaks_out_of_its_place() -> None:
    """Names, notes, chains, numbers, constraints, command, manifest and models are text, whatever is in them."""
    report = some_report()
    hostile = replace(
        report,
        name=HOSTILE,
        chains=(
            ReportedChain(name=HOSTILE, rows=np.arange(7)),
            ReportedChain(name="B", rows=np.arange(7, 14)),
        ),
        numbers=(HOSTILE, *report.numbers[1:]),
        facts={HOSTILE: HOSTILE},
        constraints=(HOSTILE,),
        problems=(HOSTILE,),
        notes=(HOSTILE,),
        command=HOSTILE,
        manifest=HOSTILE,
        backbone=report.backbone + f"REMARK {HOSTILE}\n",
        refolded={1: report.backbone + f"REMARK {HOSTILE}\n"},
    )
    plain, page = Page(design_page(report)), Page(design_page(hostile))
    assert len(page.of("script")) == len(plain.of("script"))
    assert len(page.of("img")) == len(plain.of("img"))
    assert not [attrs for _, attrs in page.tags for name in attrs if name.startswith("on")]
    assert sum("alert(1)" in text for text in page.by_tag["script"]) == 1  # the data block of the models
    assert "\u202e" not in design_page(hostile)
    assert Page(alignment(hostile)).of("img") == []


def letters_below(report: DesignReport) -> list[list[str]]:
    """Rows of each block of the alignment, without tags."""
    text = re.sub(r"<details>.*</details>", "", alignment(report), flags=re.DOTALL)
    return [re.sub(r"<[^>]+>", "", block).split("\n") for block in re.findall(r"<pre [^>]*>(.*?)</pre>", text, re.DOTALL)]


def test_sequences_stand_below_the_native_one() -> None:
    report = some_report()
    letters = np.array(list("ARNDCQEGHILKMFPSTWYVX"))
    (block,) = letters_below(report)
    assert block[1:] == [
        f"{label!s:8}{''.join(letters[types])}"
        for label, types in zip(["native", 1, 2, 3], [report.native, *report.types], strict=True)
    ]
    assert block[0].index("10") - 8 == report.numbers.index("10")
    row = alignment(report).split("\n1       ")[1].split("\n")[0].removesuffix("</pre>")
    marked = [(kind, letter) for kind, run in re.findall(r'class="(\w+)">(\w+)<', row) for letter in run]
    fixed = [letter for kind, letter in marked if kind == "fixed"]
    assert fixed == list(letters[report.native[~report.designed]])
    assert sum(kind != "fixed" for kind, _ in marked) == (report.types[0] != report.native).sum()


def test_long_chains_are_wrapped_and_each_block_knows_where_it_begins() -> None:
    report = some_report()
    rows = np.tile(np.arange(14), 18)
    long = replace(
        report,
        types=report.types[:, rows],
        native=report.native[rows],
        designed=report.designed[rows],
        chains=(ReportedChain(name="A", rows=np.arange(230)), ReportedChain(name="B", rows=np.arange(230, 252))),
        numbers=tuple(map(str, range(1, 253))),
        probabilities=report.probabilities[rows],
        neighbors=report.neighbors[rows],
    )
    found = re.findall(r'<pre data-first="(\d+)" data-label="8" data-length="(\d+)">', alignment(long))
    assert found == [("0", "77"), ("77", "77"), ("154", "76"), ("230", "22")]


def test_models_are_limited_to_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MOST_IN_VIEW", 2)
    monkeypatch.setattr(pages, "MOST_IN_TABLE", 2)
    text = design_page(some_report(3))
    page = Page(text)
    assert [attrs["data-show"] for attrs in page.of("button") if "data-show" in attrs] == [
        "1"
    ]  # rank 2; rank 3 is not in the table
    assert "The first 2 of 3; designs.csv holds all." in text
    assert "The 2 best by scTM are here." in text


def test_the_same_report_gives_the_same_bytes(real_pictures: None) -> None:
    assert design_page(some_report()) == design_page(some_report())


def test_the_run_page() -> None:
    """A row for each backbone; links to those with a page of their own; reasons of failures."""
    row = {
        **dict.fromkeys(("num_residues", "num_designed", "num_distinct", "seconds"), 8),
        **dict.fromkeys(("best_score", "native_score", "mean_recovery", "diversity", "temperature"), 0.5),
        "best_sc_tm": None,
    }
    rows = [
        {**row, "folder": "a", "status": "done", "reason": ""},
        {**row, "folder": "b c", "status": "skipped", "reason": "design 1 is not folded"},
        {**dict.fromkeys(row), "folder": HOSTILE, "status": "failed", "reason": HOSTILE},
    ]
    text = design_run_page(rows, with_page=["a", "b c"])
    page = Page(text)
    assert [attrs["href"] for attrs in page.of("a")] == ["#problems", "#backbones", "a/report.html", "b%20c/report.html"]
    assert "3 backbones: 1 done, 1 failed, 1 skipped." in page.shown
    assert "".join(page.shown).count("design 1 is not folded") == 1
    assert page.of("img") == []
    assert not any("alert" in script for script in page.by_tag["script"])
    assert design_run_page(rows, with_page=["a", "b c"]) == text
