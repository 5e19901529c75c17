"""Many targets: what is left behind, what is computed again and what is not, and one failure among successes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import protfold
from protfold.entities import Msa
from protfold.errors import InputError, ProtfoldError
from protfold.runs import stages
from protfold.runs.fold import fold, fold_targets
from protfold.runs.options import FoldOptions
from protfold.runs.summary import RunSummary
from protfold.runs.targets import collect_targets
from tests.unit.runs.conftest import files_of
from tests.unit.runs.fake_predictor import FakeLoader

RESULT_FILES = {
    "DONE", "contacts.png", "manifest.json", "msa.a3m", "msa_coverage.png", "pae.json", "pae.png", "plddt.png", "ranked_1.cif",
    "ranked_1.pdb", "report.html", "scores.json", "unrelaxed_1.pdb",
}  # fmt: skip


def write(path: Path, **sequences: str) -> Path:
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in sequences.items()))
    return path


def run(path: Path, output: Path, load: FakeLoader, **options: object) -> RunSummary:
    overwrite = bool(options.pop("overwrite", False))
    return fold_targets(collect_targets([path]).found, FoldOptions(**options), output, overwrite=overwrite, load=load)


def test_three_targets_one_broken(tmp_path: Path, load: FakeLoader) -> None:
    """Two results, one reason."""
    path = write(tmp_path / "three.fasta", good="MKVLLAAGIV", broken="MK1VL", fine="GIVEQCCTSI")
    summary = run(path, tmp_path / "out", load)
    assert [(row.target, row.status) for row in summary.rows] == [("good", "done"), ("broken", "failed"), ("fine", "done")]
    (failed,) = summary.failed
    assert "three.fasta:4" in failed.reason
    assert "'1'" in failed.reason
    for name in ("good", "fine"):
        assert set(files_of(tmp_path / "out" / name)) == RESULT_FILES
    assert not (tmp_path / "out" / "broken").exists()


def test_a_prediction_that_fails_stops_no_other(tmp_path: Path, load: FakeLoader) -> None:
    summary = run(write(tmp_path / "two.fasta", bad="MKWWWWVL", good="MKVLL"), tmp_path / "out", load)
    assert [row.status for row in summary.rows] == ["failed", "done"]
    assert summary.failed[0].reason == "four tryptophans are too much for the fake"
    assert not (tmp_path / "out" / "bad" / "DONE").exists()


def test_the_same_request_again_computes_nothing(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "two.fasta", a="MKVLLA", b="GIVEQ")
    first = run(path, tmp_path / "out", load)
    before = files_of(tmp_path / "out" / "a")
    second = run(path, tmp_path / "out", load)
    assert len(load.asked) == 2
    assert [row.status for row in second.rows] == ["skipped", "skipped"]
    assert files_of(tmp_path / "out" / "a") == before
    assert [row.predict_seconds for row in second.rows] == [row.predict_seconds for row in first.rows]
    assert [row.mean_plddt for row in second.rows] == [row.mean_plddt for row in first.rows]


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"num_seeds": 2},
        {"recycles": 1},
        {"recycle_tolerance": 0.5},
        {"relax": "none"},
        {"max_msa": (8, 0)},
        {"weights": ("other",)},
    ],
)
def test_another_request_is_computed(tmp_path: Path, load: FakeLoader, change: dict[str, object]) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    run(path, tmp_path / "out", load)
    asked = len(load.asked)
    assert run(path, tmp_path / "out", load, **change).rows[0].status == "done"
    assert len(load.asked) > asked


def test_another_sequence_under_the_same_name_is_computed(tmp_path: Path, load: FakeLoader) -> None:
    run(write(tmp_path / "a.fasta", a="MKVLLA"), tmp_path / "out", load)
    assert run(write(tmp_path / "a.fasta", a="MKVLLG"), tmp_path / "out", load).rows[0].status == "done"
    assert (tmp_path / "out" / "a" / "msa.a3m").read_text() == ">query\nMKVLLG\n"


def test_threads_and_device_are_no_new_request(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    run(path, tmp_path / "out", load)
    assert run(path, tmp_path / "out", load, threads=2, device="cpu").rows[0].status == "skipped"


def test_overwrite_computes_again(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    run(path, tmp_path / "out", load)
    assert run(path, tmp_path / "out", load, overwrite=True).rows[0].status == "done"
    assert len(load.asked) == 2


def test_a_deleted_result_file_is_made_again(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    run(path, tmp_path / "out", load)
    before = files_of(tmp_path / "out" / "a")
    (tmp_path / "out" / "a" / "ranked_1.pdb").unlink()
    run(path, tmp_path / "out", load)
    assert files_of(tmp_path / "out" / "a") == before


def test_fewer_seeds_leave_no_stale_ranks_and_no_file_of_the_user_is_touched(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    run(path, tmp_path / "out", load, num_seeds=3)
    assert (tmp_path / "out" / "a" / "ranked_3.pdb").exists()
    (tmp_path / "out" / "a" / "notes.txt").write_text("mine")
    run(path, tmp_path / "out", load)
    assert set(files_of(tmp_path / "out" / "a")) == {*RESULT_FILES, "notes.txt"}


def test_finished_stages_of_a_stopped_target_are_used(tmp_path: Path, load: FakeLoader) -> None:
    """Two of three seeds were done when the run ended; only the third is asked for."""
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    options = FoldOptions(num_seeds=3)
    (target,) = collect_targets([path]).targets
    stages.align(target, options, str(tmp_path / "out"))
    for seed in (0, 1):
        stages.predict(target, options, str(tmp_path / "out"), weights="mini", seed=seed, load=load)
    row = run(path, tmp_path / "out", load, num_seeds=3).rows[0]
    assert [question["seed"] for question in load.asked] == [0, 1, 2]
    assert row.status == "done"
    assert row.align_seconds is None


def test_same_request_gives_the_same_bytes(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA:GIVEQ")
    for name in ("one", "two"):
        run(path, tmp_path / name, FakeLoader(), num_seeds=2)
    one, two = files_of(tmp_path / "one" / "a"), files_of(tmp_path / "two" / "a")
    assert one == two


def test_summary_files_agree_with_the_rows(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "two.fasta", good="MKVLLAAGIV", broken="MK1VL")
    summary = run(path, tmp_path / "out", load)
    table = json.loads((tmp_path / "out" / "summary.json").read_text())
    with (tmp_path / "out" / "summary.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["target"] for row in rows] == [row["target"] for row in table] == [row.target for row in summary.rows]
    good = next(row for row in table if row["target"] == "good")
    assert good["length"] == 10
    assert good["msa_depth"] == 1
    assert good["ptm"] == 0.5
    assert good["mean_plddt"] == pytest.approx(70, abs=2)
    assert good["peak_memory_mib"] > 10
    assert all(good[f"{stage}_seconds"] >= 0 for stage in ("align", "predict", "relax", "save"))


def test_summary_keeps_rows_of_earlier_runs_whose_results_are_there(tmp_path: Path, load: FakeLoader) -> None:
    run(write(tmp_path / "1.fasta", a="MKVLLA", b="MKWWWW"), tmp_path / "out", load)
    run(write(tmp_path / "2.fasta", c="MKVLLA"), tmp_path / "out", load)
    assert [row["target"] for row in json.loads((tmp_path / "out" / "summary.json").read_text())] == ["a", "c"]


def test_nothing_starts_if_the_output_cannot_be_written(tmp_path: Path, load: FakeLoader) -> None:
    path = write(tmp_path / "a.fasta", a="MKVLLA")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="the output is a file"):
        run(path, tmp_path / "file", load)
    with pytest.raises(ProtfoldError, match="cannot be written"):
        run(path, tmp_path / "file" / "below", load)
    assert load.asked == []


def test_fold_in_memory_ranks_and_saves(tmp_path: Path, load: FakeLoader) -> None:
    result = fold("MKVLLA", num_seeds=3, load=load)
    assert isinstance(result, protfold.FoldResult)
    assert [prediction.seed for prediction in result.predictions] == [2, 1, 0]
    assert result.plddt is result.predictions[0].plddt
    result.save(tmp_path / "saved")
    assert set(files_of(tmp_path / "saved")) == RESULT_FILES | {f"ranked_{i}.{kind}" for i in (2, 3) for kind in ("pdb", "cif")}


def test_fold_in_memory_equals_the_run(tmp_path: Path, load: FakeLoader) -> None:
    run(write(tmp_path / "a.fasta", a="MKVLLA"), tmp_path / "out", load)
    fold("MKVLLA", name="a", load=load).save(tmp_path / "saved")
    saved, ran = files_of(tmp_path / "saved"), files_of(tmp_path / "out" / "a")
    del saved["DONE"], ran["DONE"]
    assert saved == ran


def test_random_draws_depend_on_the_sequence_and_not_on_its_name(load: FakeLoader) -> None:
    fold("MKVLLA", name="one", load=load)
    fold("MKVLLA", name="two", load=load)
    assert load.asked[0]["target"] == load.asked[1]["target"]


def test_fold_takes_an_alignment_of_this_sequence_only(load: FakeLoader) -> None:
    residues = np.zeros((2, 3), np.int8)
    msa = Msa(residues=residues, deletions=np.zeros((2, 3), np.int32), descriptions=("query", "other"))
    assert fold("AAA", msa, load=load).msa is msa
    with pytest.raises(InputError, match="residue 3"):
        fold("AAG", msa, load=load)
    with pytest.raises(InputError, match="3 residues, the sequence 4"):
        fold("AAAA", msa, load=load)


def test_max_msa_reaches_the_features(load: FakeLoader) -> None:
    fold("AAA", max_msa=(7, 3), recycles=1, load=load)
    config = load.asked[0]["feature_config"]
    assert (config.max_msa_clusters, config.max_extra_msa) == (7, 3)
    assert load.asked[0]["num_recycles"] == 1
