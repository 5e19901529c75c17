"""Laws of the train flow: the files of the command line's run, and nothing done twice."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from protfold.errors import InputError, TrainingError
from protfold.train.fold_run import train_fold
from protfold.weights import load_weights
from tests.support.fold_training import write_store, write_training_file
from workflows import runners, train_command
from workflows.fold import TaskSettings
from workflows.train import prepare_store, train

EXAMPLES = Path(__file__).resolve().parents[2] / "data/examples/training"


def losses(folder: Path) -> list[float]:
    return [json.loads(line)["total"] for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_trains_as_the_command_line_does(tmp_path: Path) -> None:
    """The same losses; progress and measures on the page; a second time nothing is trained."""
    from prefect.artifacts import Artifact

    from protfold.cli.train import read_fold_training

    folders = [tmp_path / name for name in ("plain", "flow")]
    files = []
    for folder in folders:
        folder.mkdir()
        files.append(write_training_file(folder))
    train_fold(read_fold_training(files[0]))
    weights = train(str(files[1]), settings=TaskSettings(retries=0))
    assert losses(folders[0]) == losses(folders[1])
    assert weights == str(folders[1] / "run" / "final.safetensors")
    assert load_weights(weights).model.config.c_m == 16
    progress, table = Artifact.get("train-progress"), Artifact.get("train-validation")
    assert progress is not None
    assert table is not None
    assert progress.data == 100.0
    assert '"lddt_ca"' in str(table.data)
    before = (folders[1] / "run" / "checkpoint.pt").read_bytes()
    train(str(files[1]), settings=TaskSettings(retries=0))
    assert (folders[1] / "run" / "checkpoint.pt").read_bytes() == before


@pytest.mark.usefixtures("prefect_server")
def test_a_run_that_cannot_go_on_is_not_tried_again(tmp_path: Path) -> None:
    """The reason reaches the caller."""
    changes: tuple[Any, ...] = (
        ("warmup_steps = 2", "warmup_steps = 0\npeak_rate = 1e38\nfinal_rate = 1e38"),
        ("threads = 1", "max_skipped = 2"),
    )
    with pytest.raises(TrainingError, match="gave no finite loss"):
        train(str(write_training_file(tmp_path, *changes)), settings=TaskSettings(retry_delay_seconds=0.0))


def test_the_store_is_made_of_structures(tmp_path: Path) -> None:
    """The task as a plain function: seven chains, three of them with an alignment."""
    prepared = prepare_store.fn(str(EXAMPLES), str(tmp_path / "store"), str(EXAMPLES), None, 1)
    assert len(prepared.table) == 7
    assert (prepared.table.depth > 0).sum() == 3


@pytest.mark.usefixtures("prefect_server")
def test_structures_need_one_store_to_go_to(tmp_path: Path) -> None:
    write_store(tmp_path / "other")
    path = write_training_file(tmp_path, ('stores = ["store"]', 'stores = ["store", "other"]'))
    with pytest.raises(InputError, match=r"data\.stores must name the one store"):
        train(str(path), structures=str(EXAMPLES))


def test_wrong_settings_start_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_training_file(tmp_path, ("crop_size = 8", "croop_size = 8"))
    monkeypatch.setattr(sys, "argv", ["workflows.train", str(path)])
    monkeypatch.setattr(runners, "SubprocessASGIServer", None)
    with pytest.raises(SystemExit) as caught:
        train_command.main()
    assert caught.value.code == 2
    assert "unknown key croop_size in stage[1].examples" in capsys.readouterr().err
