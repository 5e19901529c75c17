"""Laws of the pretraining flow: weights, probes, a table and a picture, and nothing done twice."""

import csv
import sys
from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.weights import load_pretrained
from tests.support.fold_training import write_store
from workflows import pretrain_pair_encoder_command, runners
from workflows.fold import TaskSettings
from workflows.pretrain_pair_encoder import prepare_store, pretrain_pair_encoder

EXAMPLES = Path(__file__).resolve().parents[2] / "data/examples/training"
SETTINGS = """
steps = 2
micro_batch = 2
[model.architecture.mae]
hidden = 8
depth = 1
num_heads = 2
decoder_hidden = 8
decoder_depth = 1
decoder_heads = 2
[data]
stores = ["store"]
[examples]
batch_size = 2
crop_size = 24
[probe]
steps = 2
batch_size = 2
micro_batch = 2
crop_size = 24
[validation]
max_chains = 2
[run]
output = "run"
device = "cpu"
threads = 1
"""


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_leaves_weights_probes_a_table_and_a_picture(tmp_path: Path) -> None:
    """A second time nothing is trained; a run that is prolonged is probed again."""
    path = tmp_path / "pairs.toml"
    path.write_text(SETTINGS)
    weights = pretrain_pair_encoder(str(path), str(EXAMPLES), 0.3, settings=TaskSettings(retries=0))
    assert load_pretrained(weights).patch_size == 4
    run = tmp_path / "run"
    rows = list(csv.DictReader((run / "probes.csv").open()))
    assert [(row["start"], row["learns"]) for row in rows] == [
        ("pretrained", "head"),
        ("random", "head"),
        ("pretrained", "all"),
        ("random", "all"),
    ]
    assert all(0.0 <= float(row["bond_precision"]) <= 1.0 for row in rows)
    assert (run / "filled_in.png").read_bytes().startswith(b"\x89PNG")
    probes = sorted((run / "probes_after_2_steps").iterdir())
    assert [probe.name for probe in probes] == ["pretrained_all", "pretrained_head", "random_all", "random_head"]
    files = [one for one in run.rglob("*") if one.name in ("checkpoint.pt", "probes.csv", "filled_in.png")]
    before = {one: one.read_bytes() for one in files}
    assert len(before) == 7
    times = {one: one.stat().st_mtime_ns for one in files if one.name == "checkpoint.pt"}
    pretrain_pair_encoder(str(path), settings=TaskSettings(retries=0))
    assert {one: one.read_bytes() for one in files} == before
    assert {one: one.stat().st_mtime_ns for one in times} == times
    path.write_text(SETTINGS.replace("steps = 2", "steps = 3", 1))
    pretrain_pair_encoder(str(path), settings=TaskSettings(retries=0))
    assert (run / "probes_after_3_steps" / "pretrained_head" / "final.safetensors").is_file()


@pytest.mark.usefixtures("prefect_server")
def test_structures_need_one_store_to_go_to(tmp_path: Path) -> None:
    path = tmp_path / "pairs.toml"
    write_store(tmp_path / "other")
    path.write_text(SETTINGS.replace('["store"]', '["store", "other"]'))
    with pytest.raises(InputError, match=r"data\.stores must name the one store"):
        pretrain_pair_encoder(str(path), structures=str(EXAMPLES))


def test_chains_are_held_out(tmp_path: Path) -> None:
    """The task as a plain function."""
    prepared = prepare_store.fn(str(EXAMPLES), str(tmp_path / "store"), 0.3, 1)
    assert (prepared.table.split == "valid").sum() == 2


def test_wrong_settings_start_no_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.toml"
    path.write_text(SETTINGS.replace("crop_size", "croop_size", 1))
    monkeypatch.setattr(sys, "argv", ["workflows.pretrain_pair_encoder", str(path)])
    monkeypatch.setattr(runners, "SubprocessASGIServer", None)
    with pytest.raises(SystemExit) as caught:
        pretrain_pair_encoder_command.main()
    assert caught.value.code == 2
    assert "unknown key croop_size in examples" in capsys.readouterr().err
