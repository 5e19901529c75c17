"""The page of a run."""

from dataclasses import asdict

from protfold.report.run_page import run_page
from protfold.runs.summary import TargetRow
from tests.support.fold_pages import Parsed

DONE = TargetRow(
    target="first", folder="first", status="done", length=100, msa_depth=7, mean_plddt=81.0, ptm=0.7, predict_seconds=9.5
)
OLD = TargetRow(
    target="second", folder="second", status="skipped", length=50, msa_depth=1, mean_plddt=60.0, reason="ranked_1 is not relaxed: x"
)
FAILED = TargetRow(
    target='</td><script>alert("x")</script>', folder="b a%d", status="failed", length=30, reason="line one\nline <two>"
)


def page_of(*rows: TargetRow, with_page: frozenset[str] = frozenset()) -> Parsed:
    """As a reader sees it."""
    return Parsed(run_page([asdict(row) for row in rows], with_page))


def test_targets_reasons_and_links() -> None:
    parsed = page_of(DONE, OLD, FAILED, with_page=frozenset({"first", "b a%d"}))
    links = [one["href"] for one in parsed.attributes("a")]
    assert "./first/report.html" in links
    assert "./b%20a%25d/report.html" in links
    assert not any("second" in str(one) for one in links)
    assert "line one line <two>" in parsed.text
    assert "ranked_1 is not relaxed: x" in parsed.text
    assert [one["id"] for one in parsed.attributes("section")] == ["problems", "targets", "time-by-length", "plddt-by-length"]
    assert len(parsed.attributes("script")) == 1
    statuses = [one["class"] for one in parsed.attributes("span") if (one.get("class") or "").startswith("status")]
    assert sorted(set(statuses)) == ["status done", "status failed", "status skipped"]


def test_dots_are_those_with_numbers() -> None:
    assert len(page_of(DONE, OLD, FAILED).attributes("circle")) == 3  # a time of the first, a pLDDT of two
    assert page_of(FAILED).attributes("circle") == []


def test_a_run_without_problems_has_no_such_part() -> None:
    assert page_of(DONE).attributes("section")[0]["id"] == "targets"
    assert "1 target" in page_of(DONE).text
