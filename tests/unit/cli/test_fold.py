"""`protfold fold`: exit status, messages, and what hostile or unlucky surroundings do to it."""

import json
import os
import signal
from pathlib import Path

import pytest

from protfold.cli.main import main
from protfold.errors import InputError, ProtfoldError, WeightsError
from protfold.io.network import OFFLINE_VARIABLE, is_offline
from protfold.runs import fold as runs_fold
from protfold.runs import store
from protfold.weights.download import download
from tests.unit.cli.conftest import Run
from tests.unit.runs.fake_predictor import FakeLoader, FakePredictor
from tests.unit.runs.structures import LONER, write_structure
from tests.unit.runs.structures import QUERY as STRUCTURE_QUERY
from tests.unit.runs.test_folder_names import HOSTILE
from tests.unit.search.conftest import QUERY


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def rows(output: Path) -> list[dict[str, object]]:
    return json.loads((output / "summary.json").read_text())


def test_all_done_is_status_0(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    fasta = write(tmp_path / "a.fasta", ">a\nMKVLL\n>b\nGIVEQ:FVNQH\n")
    outcome = protfold("fold", fasta, "-o", tmp_path / "out")
    assert outcome.status == 0
    assert outcome.out == ""
    assert "[2/2] b: 10 residues" in outcome.err
    assert "have no alignment" in outcome.err
    assert (tmp_path / "out" / "b" / "DONE").exists()


def test_one_failure_is_status_1_and_the_others_are_kept(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    fasta = write(tmp_path / "a.fasta", ">bad\nMKWWWWL\n>broken\nMK1\n>good\nMKVLL\n")
    outcome = protfold("fold", fasta, "-o", tmp_path / "out")
    assert outcome.status == 1
    assert "error: bad: four tryptophans" in outcome.err
    assert "error: broken: " in outcome.err
    assert [row["status"] for row in rows(tmp_path / "out")] == ["failed", "failed", "done"]


def test_an_unforeseen_failure_is_told_too(
    tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakePredictor, "predict", lambda *arguments, **settings: 1 / 0)
    outcome = protfold("fold", write(tmp_path / "a.fasta", ">a\nMKV\n"), "-o", tmp_path / "out")
    assert outcome.status == 1
    assert "unexpected ZeroDivisionError" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["missing.fasta"], "missing.fasta: there is no such file"),
        (["broken.fasta"], "no target can be folded"),
        (["good.fasta", "--max-msa", "5"], "--max-msa is '5'"),
        (["good.fasta", "--search", "jackhmmer"], "--database"),
        (["good.fasta", "--database", "missing"], "no such database"),
        (["good.fasta", "--msa", "missing"], "no such alignment"),
        (["good.fasta", "--templates", "missing"], "missing: no such template file or folder"),
        (["good.fasta", "--templates", "search"], "--templates search is not there yet; give a structure file"),
        (["good.fasta", "--templates", "good.fasta"], "read no templates; leave --templates out"),
    ],
)
def test_nothing_started_is_status_2(
    tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch, line: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "good.fasta", ">a\nMKV\n")
    write(tmp_path / "broken.fasta", ">a\nMK1\n")
    outcome = protfold("fold", *line, "-o", "out")
    assert outcome.status == 2
    assert message in outcome.err
    assert len(outcome.err.splitlines()) <= 2
    assert not (tmp_path / "out").exists()
    assert loader.asked == []


def test_missing_weights_are_status_2(tmp_path: Path, protfold: Run) -> None:
    fasta = write(tmp_path / "a.fasta", ">a\nMKV\n")
    outcome = protfold("fold", fasta, "-o", tmp_path / "out", "--weights", tmp_path / "none.npz")
    assert outcome.status == 2
    assert "none.npz" in outcome.err
    assert not (tmp_path / "out").exists()


def test_quiet_says_nothing(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    outcome = protfold("fold", write(tmp_path / "a.fasta", ">a\nMKV\n"), "-o", tmp_path / "out", "--quiet")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")


def test_verbose_tells_steps(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    outcome = protfold("fold", write(tmp_path / "a.fasta", ">a\nMKV\n"), "-o", tmp_path / "out", "--verbose")
    assert "a: align" in outcome.err


def test_debug_shows_where(tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["protfold", "fold", str(tmp_path / "none"), "-o", "out", "--debug"])
    with pytest.raises(InputError, match="no such file"):
        main()


def test_ctrl_c_is_clean(tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first target is kept, the run can go on."""
    fasta = write(tmp_path / "a.fasta", ">a\nMKV\n>b\nGIV\n")
    predict = FakePredictor.predict
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it

    def interrupted(self: FakePredictor, msas: object, **settings: object) -> object:
        if settings["chains"] == ("GIV",):
            os.kill(os.getpid(), signal.SIGINT)
        return predict(self, msas, **settings)

    monkeypatch.setattr(FakePredictor, "predict", interrupted)
    try:
        outcome = protfold("fold", fasta, "-o", tmp_path / "out")
    finally:
        signal.signal(signal.SIGINT, before)
    assert outcome.status == 130
    assert "Traceback" not in outcome.err
    assert [row["status"] for row in rows(tmp_path / "out")] == ["done"]
    monkeypatch.setattr(FakePredictor, "predict", predict)
    assert protfold("fold", fasta, "-o", tmp_path / "out").status == 0
    assert [row["status"] for row in rows(tmp_path / "out")] == ["skipped", "done"]


def test_templates_that_fit_are_used_and_others_told(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    loader.make = lambda name: FakePredictor(name, max_templates=4)
    fasta = write(tmp_path / "a.fasta", f">a\n{STRUCTURE_QUERY}\n>b\n{LONER}\n")
    structure = write_structure(tmp_path / "x.pdb", STRUCTURE_QUERY)
    outcome = protfold("fold", fasta, "-o", tmp_path / "out", "--templates", structure)
    assert outcome.status == 0
    assert "a: templates x_A" in outcome.err
    assert "b: x.pdb, chain A: not used as a template: " in outcome.err
    assert "b: no template fits this target; it is folded without" in outcome.err
    broken = write(tmp_path / "broken.pdb", "nothing\n")
    outcome = protfold("fold", fasta, "-o", tmp_path / "none", "--templates", broken)
    assert outcome.status == 2
    assert "broken.pdb" in outcome.err
    assert not (tmp_path / "none").exists()


def test_offline_refuses_connections_from_then_on(
    tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OFFLINE_VARIABLE, "0")
    fasta = write(tmp_path / "a.fasta", ">a\nMKV\n")
    assert protfold("fold", fasta, "-o", tmp_path / "out").status == 0
    assert not is_offline()
    assert protfold("fold", fasta, "-o", tmp_path / "out", "--offline").status == 0
    assert is_offline()
    with pytest.raises(WeightsError, match="not fetched, because PROTFOLD_OFFLINE refuses every connection"):
        download("http://127.0.0.1:9/x.tar", tmp_path / "x.tar", progress=lambda done, total: None)


def test_search_by_giving_a_database(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    fasta, database = write(tmp_path / "a.fasta", f">a\n{QUERY}\n"), write(tmp_path / "db.fasta", f">same\n{QUERY}\n")
    outcome = protfold("fold", fasta, "-o", tmp_path / "out", "--database", database)
    assert outcome.status == 0
    assert rows(tmp_path / "out")[0]["msa_depth"] == 2
    assert "have no alignment" not in outcome.err
    manifest = json.loads((tmp_path / "out" / "a" / "manifest.json").read_text())
    assert manifest["msa"]["source"] == "jackhmmer against db.fasta"
    assert manifest["options"]["search"] == "jackhmmer"


def test_hostile_ids_write_inside_and_apart(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    """Every id a FASTA header can hold, in one run: as many folders as targets, nothing outside."""
    ids = [id for id in HOSTILE if id.split() == [id] and "\ud800" not in id]
    fasta = tmp_path / "in" / "a.fasta"
    fasta.parent.mkdir()
    fasta.write_bytes(b"".join(b">%s\nMKV\n" % id.encode() for id in ids))
    before = set(tmp_path.rglob("*"))
    outcome = protfold("fold", fasta, "-o", tmp_path / "out" / "run")
    assert outcome.status == 0
    folders = {path for path in (tmp_path / "out" / "run").iterdir() if path.is_dir()}
    assert len(folders) == len(ids) == len(rows(tmp_path / "out" / "run"))
    new = {path for path in tmp_path.rglob("*") if path not in before}
    assert all((tmp_path / "out") in (path, *path.parents) for path in new)
    assert "\x00" not in outcome.err
    assert "\u202e" not in outcome.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_output(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    (tmp_path / "out").mkdir(mode=0o500)
    outcome = protfold("fold", write(tmp_path / "a.fasta", ">a\nMKV\n"), "-o", tmp_path / "out")
    assert outcome.status == 2
    assert "cannot be written: Permission denied" in outcome.err


def test_a_disk_that_fills_up(tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target fails with the reason, no file is left in part, and room makes the same command work."""
    write_atomically = store.write_atomically

    def full(path: Path, content: object) -> None:
        if path.name == "plddt.png":
            raise ProtfoldError(f"{path}: cannot be written: No space left on device")
        write_atomically(path, content)

    monkeypatch.setattr(store, "write_atomically", full)
    fasta = write(tmp_path / "a.fasta", ">a\nMKV\n")
    outcome = protfold("fold", fasta, "-o", tmp_path / "out")
    assert outcome.status == 1
    assert "cannot be written" in outcome.err
    assert not (tmp_path / "out" / "a" / "DONE").exists()
    monkeypatch.setattr(store, "write_atomically", write_atomically)
    assert protfold("fold", fasta, "-o", tmp_path / "out").status == 0
    assert len(loader.asked) == 1


def test_summary_that_cannot_be_written_is_status_1(
    tmp_path: Path, protfold: Run, loader: FakeLoader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Work was started, so this is not status 2."""

    def fail(*arguments: object) -> None:
        raise ProtfoldError("summary.csv: cannot be written: No space left on device")

    monkeypatch.setattr(runs_fold, "write_rows", fail)
    outcome = protfold("fold", write(tmp_path / "a.fasta", ">a\nMKV\n"), "-o", tmp_path / "out")
    assert outcome.status == 1
    assert "No space left" in outcome.err


def test_a_model_that_cannot_be_relaxed_is_status_1(tmp_path: Path, protfold: Run, loader: FakeLoader) -> None:
    """The prediction is kept and the reason told, again when the target is skipped; without relaxation all is well."""
    line = ("fold", write(tmp_path / "a.fasta", ">a\nHHHH\n>b\nMKV\n"), "-o", tmp_path / "out")
    for _ in range(2):
        outcome = protfold(*line)
        assert outcome.status == 1
        assert "error: a: ranked_1 is not relaxed: " in outcome.err
        assert "NaN" in outcome.err
        assert (tmp_path / "out" / "a" / "DONE").exists()
    assert protfold(*line, "--relax", "none").status == 0
