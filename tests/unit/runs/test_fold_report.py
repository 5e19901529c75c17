"""Pages are functions of the stored results, and of nothing else."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from protfold.errors import InputError
from protfold.io import format_pdb
from protfold.runs.fold import fold, fold_targets
from protfold.runs.fold_report import contact_pairs, fold_report, read_contacts
from protfold.runs.options import FoldOptions
from protfold.runs.report import write_reports, write_run_page
from protfold.runs.targets import RejectedTarget, Target
from tests.support.fold_pages import Parsed
from tests.unit.runs.conftest import files_of
from tests.unit.runs.fake_predictor import FakeLoader

PAIR = Target(id="pair", folder="pair", chains=("MKVLLAAG", "GIVEQ"), source="")
SINGLE = Target(id="</script><b>", folder="single-1", chains=("MKVLLAAGIVEQ",), source="")
BROKEN = Target(id="broken", folder="broken", chains=("MKWWWWV",), source="")
REFUSED = RejectedTarget(id="refused", folder="refused", source="", reason="no residue at position 4")


@pytest.fixture
def run(tmp_path: Path, load: FakeLoader) -> Path:
    """A run of two targets that fold and two that do not."""
    options = FoldOptions(num_seeds=2, relax="all")
    fold_targets([PAIR, BROKEN, REFUSED, SINGLE], options, tmp_path / "run", load=load)
    return tmp_path / "run"


def page_data(page: Path, block: str) -> dict[str, object]:
    """One of its data blocks."""
    data: dict[str, object] = json.loads(Parsed(page.read_text()).scripts[block])
    return data


def test_pages_made_again_are_the_same_bytes(run: Path, tmp_path: Path) -> None:
    before = files_of(run)
    assert {"report.html", "pair/report.html", "single-1/report.html"} <= set(before)
    for page in run.rglob("report.html"):
        page.unlink()
    written = write_reports(run)
    assert sorted(path.relative_to(run).as_posix() for path in written.pages) == sorted(
        name for name in before if "report.html" in name
    )
    assert files_of(run) == before
    moved = shutil.move(run, tmp_path / "elsewhere")
    write_reports(Path(moved))
    assert files_of(Path(moved)) == before


def test_a_target_alone_and_in_a_run_have_the_same_page(run: Path) -> None:
    expected = (run / "pair" / "report.html").read_bytes()
    (run / "pair" / "report.html").unlink()
    assert write_reports(run / "pair").pages == (run / "pair" / "report.html",)
    assert (run / "pair" / "report.html").read_bytes() == expected


def test_the_view_holds_every_model_and_the_trace_every_rank(run: Path) -> None:
    models = page_data(run / "pair" / "report.html", "structure-data")["models"]
    assert isinstance(models, list)
    labels = [one["label"] for one in models]
    assert labels == ["Rank 1, relaxed", "Rank 2, relaxed", "Rank 1, as predicted", "Rank 2, as predicted"]
    assert models[0]["text"] == (run / "pair" / "ranked_1.pdb").read_text()
    scores = json.loads((run / "pair" / "scores.json").read_text())
    lines = page_data(run / "pair" / "report.html", "fold-data")["lines"]
    assert isinstance(lines, list)
    assert lines[0]["values"] == pytest.approx(scores["plddt"], abs=0.06)
    assert [one["mean"] for one in lines] == pytest.approx([one["mean_plddt"] for one in scores["ranking"]], abs=0.02)


def test_the_runs_page_tells_what_happened(run: Path) -> None:
    parsed = Parsed((run / "report.html").read_text())
    assert {one["href"] for one in parsed.attributes("a")} >= {"./pair/report.html", "./single-1/report.html"}
    assert "no residue at position 4" in parsed.text
    assert "</script><b>" in parsed.text
    assert len(parsed.attributes("script")) == 1
    assert not (run / "broken" / "report.html").exists()


def test_a_continued_run_keeps_its_page_right(run: Path, load: FakeLoader) -> None:
    again = Target(id="broken", folder="broken", chains=("MKAAAAV",), source="")
    fold_targets([again], FoldOptions(num_seeds=2, relax="all"), run, load=load)
    parsed = Parsed((run / "report.html").read_text())
    links = {one["href"] for one in parsed.attributes("a")}
    assert {"./pair/report.html", "./single-1/report.html", "./broken/report.html"} <= links
    assert "no residue at position 4" not in parsed.text  # it has no result, and was no part of this run
    page = write_run_page(run)
    assert page.read_text() == (run / "report.html").read_text()


def test_a_stopped_run_has_its_page(tmp_path: Path, load: FakeLoader) -> None:
    class Stopped:
        def started(self, *arguments: object) -> None: ...

        def step(self, *arguments: object) -> None: ...

        def finished(self, row: object) -> None:
            if getattr(row, "target", "") == "broken":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fold_targets([PAIR, BROKEN, SINGLE], FoldOptions(relax="none"), tmp_path / "run", load=load, progress=Stopped())
    links = {one["href"] for one in Parsed((tmp_path / "run" / "report.html").read_text()).attributes("a")}
    assert "./pair/report.html" in links


def test_weights_without_pae_and_results_without_contacts_have_pages(tmp_path: Path, load: FakeLoader) -> None:
    folder = fold("MKVLLAAG", load=load).save(tmp_path / "one")
    scores = json.loads((folder / "scores.json").read_text())
    for key in ("contacts", "pae"):
        del scores[key]
    (folder / "scores.json").write_text(json.dumps(scores))
    page = fold_report(folder)
    assert json.loads(Parsed(page).scripts["fold-data"])["maps"] == {}


def test_contacts_are_stored_to_a_hundredth() -> None:
    half = np.random.default_rng(0).uniform(size=(9, 9)) ** 4
    probabilities = np.maximum(half, half.T)
    stored = json.loads(json.dumps({"contacts": contact_pairs(probabilities)}))
    assert all(1 <= i <= j <= 9 for i, j, _ in stored["contacts"]["pairs"])
    np.testing.assert_allclose(read_contacts(stored, 9), probabilities, atol=0.005 + 1e-9)
    assert read_contacts({}, 9) is None
    assert not read_contacts({"contacts": contact_pairs(np.zeros((3, 3)))}, 3).any()


def test_a_reference_is_measured_by(tmp_path: Path, load: FakeLoader) -> None:
    result = fold("MKVLLAAGIVEQKKLLAA", num_seeds=2, relax="none", load=load)
    folder = result.save(tmp_path / "one")
    native = tmp_path / "native.pdb"
    native.write_text(format_pdb(result.protein.select(np.arange(4, 18))))
    plain = (folder / "report.html").read_bytes()
    write_reports(folder, native)
    page = folder / "report.html"
    data = page_data(page, "structure-data")
    assert data["behind"] == len(data["models"]) - 1  # type: ignore[arg-type]
    measured = Parsed(page.read_text()).text
    assert "1.000" in measured  # TM-score of the best model, which is the reference
    lines = page_data(page, "fold-data")["lines"]
    assert isinstance(lines, list)
    assert lines[-1]["values"] == [None] * 4 + [100.0] * 14
    write_reports(folder)
    assert page.read_bytes() == plain


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "DONE").unlink(), "not complete"),
        (lambda folder: (folder / "scores.json").write_text("{"), "damaged"),
        (lambda folder: (folder / "scores.json").write_text("{}"), "damaged"),
        (lambda folder: (folder / "manifest.json").unlink(), "cannot be read"),
        (lambda folder: [path.unlink() for path in folder.glob("ranked_1.*")], "ranked_1"),
    ],
)
def test_damage_is_told_in_one_line(tmp_path: Path, load: FakeLoader, spoil, told: str) -> None:
    folder = fold("MKVLLAAG", load=load).save(tmp_path / "one")
    spoil(folder)
    with pytest.raises(InputError, match=told) as caught:
        write_reports(folder)
    assert "\n" not in str(caught.value)


def test_one_damaged_target_stops_no_other(run: Path) -> None:
    (run / "pair" / "scores.json").write_text("{}")
    written = write_reports(run)
    assert [path.name for path, _ in written.failures] == ["pair"]
    assert written.pages == (run / "single-1" / "report.html", run / "report.html")


def test_a_summary_that_names_other_folders_is_not_followed(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run / "pair", tmp_path / "outside")
    rows = json.loads((run / "summary.json").read_text())
    rows[0]["folder"] = "../outside"
    (run / "summary.json").write_text(json.dumps(rows))
    page = tmp_path / "outside" / "report.html"
    page.unlink()
    write_reports(run)
    assert not page.exists()


def test_references_are_found_by_name(run: Path, tmp_path: Path) -> None:
    natives = tmp_path / "natives"
    natives.mkdir()
    shutil.copy(run / "pair" / "ranked_1.pdb", natives / "pair.pdb")
    write_reports(run, natives)
    assert page_data(run / "pair" / "report.html", "structure-data")["behind"] is not None
    assert page_data(run / "single-1" / "report.html", "structure-data")["behind"] is None
    for wrong, told in ((natives / "pair.pdb", "2 complete targets"), (tmp_path / "none", "no such"), (tmp_path, "named after")):
        with pytest.raises(InputError, match=told):
            write_reports(run, wrong)
