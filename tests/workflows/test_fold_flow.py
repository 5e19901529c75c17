"""Laws of the fold flow: the same files as the command line's run, one broken target stops no other, nothing finished is done twice."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from protfold.constants.residues import decode
from protfold.errors import InputError, SearchError
from protfold.runs import stages
from protfold.runs.fold import fold_targets
from protfold.runs.options import FoldOptions
from protfold.runs.targets import Target, collect_targets
from tests.unit.relax.peptides import damaged, peptide
from workflows.fold import TargetsFailedError, TaskSettings, align, fold, predict, save

SETTINGS = TaskSettings(retry_delay_seconds=0.0)


@pytest.fixture
def options(weights: str) -> FoldOptions:
    """The tiny network on one thread; relaxation where a test asks for it."""
    return FoldOptions(weights=(weights,), relax="none", device="cpu", threads=1)


def files_of(folder: Path) -> dict[str, bytes]:
    """Result files by relative path; summaries and the page of the run hold times and differ."""
    of_run = {folder / name for name in ("summary.csv", "summary.json", "report.html")}
    paths = [path for path in folder.rglob("*") if path.is_file() and path not in of_run]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def counted(monkeypatch: pytest.MonkeyPatch, name: str, errors: list[Exception] | None = None) -> list[Target]:
    """Targets a stage was called for; raises the given errors first."""
    calls: list[Target] = []
    stage: Callable[..., Any] = getattr(stages, name)

    def wrapped(target: Target, *arguments: Any, **settings: Any) -> Any:
        calls.append(target)
        if errors:
            raise errors.pop(0)
        return stage(target, *arguments, **settings)

    monkeypatch.setattr(stages, name, wrapped)
    return calls


@pytest.mark.usefixtures("prefect_server")
def test_one_broken_target_among_three(
    three_targets: str, tmp_path: Path, options: FoldOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two results, equal to those of a run without Prefect, one reason; the second time nothing is computed."""
    output, plain = tmp_path / "flow", tmp_path / "plain"
    with pytest.raises(TargetsFailedError, match="1 of 3 targets failed") as caught:
        fold([three_targets], str(output), options, settings=SETTINGS)
    assert [(row.target, row.status) for row in caught.value.summary.rows] == [
        ("first", "done"),
        ("broken", "failed"),
        ("pair", "done"),
    ]
    assert "'4' is no residue" in caught.value.summary.failed[0].reason
    fold_targets(collect_targets([three_targets]).found, options, plain)
    assert files_of(output) == files_of(plain)
    assert (output / "summary.csv").read_text().splitlines()[1].startswith("first,first,done,10")

    before, calls = files_of(output), counted(monkeypatch, "predict")
    with pytest.raises(TargetsFailedError) as caught:
        fold([three_targets], str(output), options, settings=SETTINGS)
    assert [row.status for row in caught.value.summary.rows] == ["skipped", "failed", "skipped"]
    assert calls == []
    assert files_of(output) == before


@pytest.mark.usefixtures("prefect_server")
def test_a_foreseen_error_is_not_tried_again_and_another_is(
    tmp_path: Path, options: FoldOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that finds nothing finds nothing again; a full disk may have room later. Artifacts tell what happened."""
    from prefect.artifacts import Artifact

    inputs = tmp_path / "two.fasta"
    inputs.write_text(">a\nMKTAYIAK\n>b\nMKQRQISF\n")
    aligned = counted(monkeypatch, "align", [SearchError("nothing was found")])
    saved = counted(monkeypatch, "save", [OSError(28, "No space left on device"), OSError(28, "No space left on device")])
    one_by_one = fold.with_options(task_runner=_one_thread())
    with pytest.raises(TargetsFailedError) as caught:
        one_by_one([str(inputs)], str(tmp_path / "out"), options, settings=SETTINGS)
    assert [row.reason for row in caught.value.summary.rows] == ["nothing was found", ""]
    assert [target.id for target in aligned] == ["a", "b"]
    assert [target.id for target in saved] == ["b", "b", "b"]
    table = Artifact.get("fold-targets")
    assert table is not None
    assert '"nothing was found"' in str(table.data)
    progress = Artifact.get("fold-progress")
    assert progress is not None
    assert progress.data == 100.0


@pytest.mark.usefixtures("prefect_server")
def test_relaxation_is_a_task_in_a_process_of_its_own(
    tmp_path: Path, options: FoldOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of a run without Prefect; a relaxation that dies leaves the prediction, a result and its reason."""
    predict_msa, observed = stages.predict_msa, damaged(peptide(0, 8))
    inputs = tmp_path / "one.fasta"
    inputs.write_text(f">a\n{decode(observed.aatype)}\n")
    # What a network that has learnt nothing predicts is one point, whose relaxation no two runs repeat.
    monkeypatch.setattr(stages, "predict_msa", lambda *arguments: replace(predict_msa(*arguments), protein=observed))
    options = replace(options, relax="best")
    in_this_process = counted(monkeypatch, "relax_model")
    (row,) = fold([str(inputs)], str(tmp_path / "flow"), options, settings=SETTINGS).rows
    assert row.relax_seconds > 0
    assert in_this_process == []
    fold_targets(collect_targets([inputs]).found, options, tmp_path / "plain")
    assert len(in_this_process) == 1
    assert files_of(tmp_path / "flow") == files_of(tmp_path / "plain")
    assert (tmp_path / "flow" / "a" / "unrelaxed_1.pdb").exists()

    monkeypatch.setattr(stages, "relax", crash)
    with pytest.raises(TargetsFailedError, match="1 of 1 targets are not relaxed; the first: ranked_1 is not relaxed") as caught:
        fold([str(inputs)], str(tmp_path / "crashed"), options, settings=SETTINGS)
    (row,) = caught.value.summary.rows
    assert row.status == "done"
    assert "its process was killed" in row.reason
    assert (tmp_path / "crashed" / "a" / "DONE").exists()


def crash(*arguments: Any) -> None:
    """What a relaxation does when memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.usefixtures("prefect_server")
def test_overwrite_folds_again(tmp_path: Path, options: FoldOptions, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only when asked; the result is the same."""
    inputs = tmp_path / "one.fasta"
    inputs.write_text(">a\nMKTAYIAK\n")
    assert fold([str(inputs)], str(tmp_path / "out"), options).rows[0].status == "done"
    before, calls = files_of(tmp_path / "out"), counted(monkeypatch, "predict")
    assert fold([str(inputs)], str(tmp_path / "out"), options, overwrite=True).rows[0].status == "done"
    assert len(calls) == 1
    assert files_of(tmp_path / "out") == before


@pytest.mark.usefixtures("prefect_server")
def test_nothing_starts_from_bad_input(tmp_path: Path, options: FoldOptions) -> None:
    """A deployment's run fails with the reason and leaves no folder."""
    with pytest.raises(InputError, match="no such file"):
        fold([str(tmp_path / "absent.fasta")], str(tmp_path / "out"), options)
    assert not (tmp_path / "out").exists()


def test_tasks_are_the_stages(tmp_path: Path, options: FoldOptions, weights: str) -> None:
    """Called as plain functions, without any server, they leave what the stages leave."""
    target = Target(id="a", folder="a", chains=("MKTAYIAK",), source="")
    request = target, options, str(tmp_path), SETTINGS
    assert "MKTAYIAK" in Path(align.fn(*request).path).read_text()
    assert Path(predict.fn(*request, weights=weights, seed=0).path).suffix == ".npz"
    assert Path(save.fn(*request).path) == tmp_path / "a"
    assert stages.is_complete(target, options, str(tmp_path))


def test_back_off() -> None:
    """Each delay is twice the one before."""
    assert TaskSettings(retries=3, retry_delay_seconds=5).retry_delays == [5, 10, 20]


def _one_thread() -> Any:
    from prefect.task_runners import ThreadPoolTaskRunner

    return ThreadPoolTaskRunner(max_workers=1)
