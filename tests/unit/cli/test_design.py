"""`protfold design` and `protfold score`: exit status, what is said, what options mean."""

import json
from pathlib import Path

import pytest

from protfold.runs.design import search as design_search
from tests.support.designer_files import two_chains, write_backbone, write_designer
from tests.unit.cli.conftest import Run
from tests.unit.runs.fake_predictor import FakeLoader


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_designer(tmp_path_factory.mktemp("weights") / "tiny.safetensors")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_backbone(tmp_path / "a.pdb")


def test_designs_fold_back_score_back_and_are_skipped(
    file: Path, tmp_path: Path, weights: str, protfold: Run, loader: FakeLoader
) -> None:
    """End to end: design, fold, score what was written; constraints may be repeated."""
    line = ["design", file, "-o", tmp_path / "out", "--weights", weights, "--num-sequences", 3, "--temperature", 1, "--seed", 5]
    line += [
        "--fix",
        "A3-4",
        "--fix",
        "A6",
        "--exclude",
        "C",
        "--refold",
        "--refold-weights",
        "fake",
        "--device",
        "cpu",
        "--relax",
        "best",
    ]
    outcome = protfold(*line)
    assert outcome.status == 0, outcome.err
    assert "[1/1] a" in outcome.err
    folder = tmp_path / "out" / "a"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["num_designed"] == 9
    assert manifest["options"]["constraints"]["fix"] == "A3-4;A6"
    assert len(loader.asked) == manifest["num_distinct"]
    before = (folder / "designs.fasta").read_bytes()
    assert "complete already" in protfold(*line).err
    assert protfold(*line, "--overwrite", "--quiet").err == ""
    assert (folder / "designs.fasta").read_bytes() == before

    scored = protfold("score", file, "--fasta", folder / "designs.fasta", "--weights", weights, "--json", "-o", tmp_path / "scores")
    assert scored.status == 0, scored.err
    found = json.loads(scored.out)
    headers = [text for text in (folder / "designs.fasta").read_text().splitlines() if text.startswith(">")]
    assert [f">{one['name']}" for one in found[1:]] == headers
    written = [float(text.split("global_score=")[1].split(",")[0]) for text in headers]
    assert [one["score"] for one in found[1:]] == pytest.approx(written, abs=1.1e-4)
    assert {path.name for path in (tmp_path / "scores").iterdir()} == {"scores.csv", "chain_scores.csv", "residue_scores.csv"}
    assert "native" in protfold("score", file, "--fasta", folder / "designs.fasta", "--weights", weights).out


def test_one_failure_is_status_1_and_the_others_are_kept(file: Path, tmp_path: Path, weights: str, protfold: Run) -> None:
    (tmp_path / "broken.pdb").write_text("nonsense\n")
    line = ["design", tmp_path / "broken.pdb", file, "-o", tmp_path / "out", "--weights", weights, "--num-sequences", 1]
    outcome = protfold(*line, "--design", "A5")
    assert outcome.status == 1
    assert outcome.err.count("error: ") == 1
    assert "broken.pdb" in outcome.err
    assert (tmp_path / "out" / "a" / "DONE").exists()
    rows = json.loads((tmp_path / "out" / "design_summary.json").read_text())
    assert [row["status"] for row in rows] == ["failed", "done"]


def test_notes_are_told(tmp_path: Path, weights: str, protfold: Run) -> None:
    """What the constraints could not do is on stderr and in the manifest."""
    file = write_backbone(tmp_path / "a.pdb", two_chains())
    line = [
        "design",
        file,
        "-o",
        tmp_path / "out",
        "--weights",
        weights,
        "--num-sequences",
        1,
        "--bias-at",
        "A3:W:1",
        "--chains",
        "B",
    ]
    outcome = protfold(*line)
    assert outcome.status == 0, outcome.err
    assert "a bias without effect" in outcome.err
    assert "a bias without effect" in json.loads((tmp_path / "out/a/manifest.json").read_text())["notes"][0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["--fix", "A99"], "there is no residue A99"),
        (["--fix", "A3-9", "--design", "A5"], "is to be designed and to be fixed"),
        (["--exclude", "J"], "'J' is none of the 20"),
        (["--temperature", "0.1", "--diversity", "0.5"], "--temperature and --diversity are both given"),
        (["--temperature", "0", "--bias", "W:1"], "a bias has no effect at temperature 0"),
        (["--diversity", "1.5"], "--diversity is 1.5"),
        (["--num-sequences", "0"], "--num-sequences"),
        (["--relax", "best", "--no-side-chains"], "--relax needs side chains"),
        (["--constraints", "absent.toml"], "no such file or folder of constraints"),
        (["--state-weights", "one"], "--state-weights is 'one'"),
        (["--weights", "absent"], "absent"),
        (["--start", "nowhere"], "'nowhere'"),
    ],
)
def test_bad_requests(file: Path, tmp_path: Path, weights: str, protfold: Run, wrong: list[str], message: str) -> None:
    """Status 2, a reason of one line or two, nothing started."""
    given = [] if "--weights" in wrong else ["--weights", weights]
    outcome = protfold("design", file, "-o", tmp_path / "out", *given, *wrong)
    assert outcome.status == 2
    assert message in outcome.err
    assert len(outcome.err.splitlines()) <= 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [(">x\nMKT\n", "3 residues for chain A, of which the backbone has 12"), (">x\nMKTAYIAKQRQ1\n", "'1' at residue 12")],
)
def test_sequences_that_cannot_be_scored(
    file: Path, tmp_path: Path, weights: str, protfold: Run, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    """One line, status 2, before any parameters are loaded."""
    monkeypatch.setattr(design_search, "_load", None)
    (tmp_path / "x.fasta").write_text(text)
    outcome = protfold("score", file, "--fasta", tmp_path / "x.fasta", "--weights", weights)
    assert outcome.status == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
