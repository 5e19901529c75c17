"""`protfold train`: a run from a file, continued by the same command, and wrong files told in one line."""

import json
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import typer

from protfold.cli.main import app
from protfold.cli.train import read_design_training, read_fold_training, read_pair_encoder_training, read_pretraining
from protfold.model import AlphaFoldConfig
from protfold.train.design_config import DesignTraining
from protfold.train.fold_config import FoldTraining
from protfold.train.pair_encoder_config import PairEncoderTraining
from protfold.train.pretraining_config import PretrainingSettings
from protfold.weights import load_weights
from tests.support.fold_training import write_store, write_training_file
from tests.unit.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[3]


def steps(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]


def test_a_run_from_a_file(protfold: Run, tmp_path: Path) -> None:
    """Paths are relative to the file; the weights can be loaded; the same command again finds all steps done; more steps go on."""
    path = write_training_file(tmp_path)
    outcome = protfold("train", "fold", path)
    assert (outcome.status, outcome.out) == (0, "")
    assert "starting at step 1 of 4" in outcome.err
    assert "validation of 1 chains: lddt_ca 0." in outcome.err
    assert steps(tmp_path) == [1, 2, 3, 4]
    assert load_weights(tmp_path / "run" / "final.safetensors").feature_config.num_recycles == 1
    outcome = protfold("train", "fold", path)
    assert outcome.status == 0
    assert "all 4 steps are done" in outcome.err
    outcome = protfold("train", "fold", write_training_file(tmp_path, ("steps = 4", "steps = 5")))
    assert outcome.status == 0
    assert "continuing at step 5 of 5" in outcome.err
    assert steps(tmp_path) == [1, 2, 3, 4, 5]


def test_a_changed_file_is_not_continued(protfold: Run, tmp_path: Path) -> None:
    protfold("train", "fold", write_training_file(tmp_path, ("steps = 4", "steps = 2")))
    outcome = protfold(
        "train", "fold", write_training_file(tmp_path, ("steps = 4", "steps = 2"), ("crop_size = 8", "crop_size = 9"))
    )
    assert outcome.status == 2
    assert "begun with stage[1].examples.crop_size = 8, and now it is 9" in outcome.err
    assert len(outcome.err.splitlines()) == 1
    outcome = protfold("train", "fold", write_training_file(tmp_path, ("steps = 4", "steps = 2")), "--seed", "3")
    assert "run.seed = 0, and now it is 3" in outcome.err


def test_a_dry_run_writes_nothing(protfold: Run, tmp_path: Path) -> None:
    outcome = protfold("train", "fold", write_training_file(tmp_path), "--dry-run")
    assert outcome.status == 0
    assert "2 chains, 1 of them with an alignment" in outcome.out
    assert "4 steps of 2 examples of up to 8 residues" in outcome.out
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("crop_size = 8", "croop_size = 8", "unknown key croop_size in stage[1].examples"),
        ("[optimizer]", "[optimiser]", "unknown key optimiser in the file"),
        ("c_m = 16", 'c_m = "16"', "model.architecture.c_m is '16', not of type int"),
        ('output = "run"', "", "no output in run"),
        ('device = "cpu"', 'device = "tpu"', "run.device is 'tpu', not one of 'auto', 'cpu', 'cuda', 'mps'"),
        ('device = "cpu"', 'device = "mps"', "device mps: PyTorch"),
        ("micro_batch = 1", "micro_batch = 3", "batch_size = 2, micro_batch = 3; give positive numbers, the first a multiple"),
        ("max_recycles = 1", "max_recycles = -1", "max_recycles = -1; give 0 or more"),
        ("[model.architecture]", '[model]\npreset = "mini"\n[model.architecture]', "model has preset and architecture; give one of"),
        ("warmup_steps = 2", "peak_rate = 0", "optimizer.peak_rate = 0"),
        ('stores = ["store"]', 'stores = ["absent"]', "absent: holds no training chains"),
        ('stores = ["store"]', 'stores = ["store"]\nshares = [0.5, 0.5]', "data.shares = [0.5, 0.5]; give one number for each"),
        ("max_chains = 1", "max_length = 5", "no chain of the split 'valid' has up to 5 residues"),
        ("threads = 1", "tensorboard = true", "pip install 'protfold[train]'"),
        ("[run]", "[run", "is no TOML file"),
    ],
)  # fmt: skip
def test_wrong_files_take_one_line_and_status_2(
    protfold: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, told: str
) -> None:
    """Told before anything is written."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = protfold("train", "fold", write_training_file(tmp_path, (old, new)))
    assert outcome.status == 2
    assert told in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_missing_file(protfold: Run, tmp_path: Path) -> None:
    outcome = protfold("train", "fold", tmp_path / "absent.toml")
    assert outcome.status == 2
    assert "absent.toml: cannot be read: No such file" in outcome.err


def test_a_diverged_run_ends_with_status_1(protfold: Run, tmp_path: Path) -> None:
    """A rate that throws the weights out of all bounds; what was written before stays."""
    changes = (
        ("warmup_steps = 2", "warmup_steps = 0\npeak_rate = 1e38\nfinal_rate = 1e38"),
        ("threads = 1", "threads = 1\nmax_skipped = 2"),
    )
    outcome = protfold("train", "fold", write_training_file(tmp_path, *changes))
    assert outcome.status == 1
    assert "the last 4 examples gave no finite loss or gradient" in outcome.err
    assert steps(tmp_path)[0] == 1


@pytest.mark.parametrize(
    "path",
    [
        *(ROOT / "data/examples").glob("*.toml"),
        *(
            ROOT / "benchmarks" / f"{name}.toml"
            for name in ("mini", "designer", "designer_noisy", "pair_encoder", "pair_pretraining", "pair_pretraining_short")
        ),
    ],
    ids=lambda path: path.name,
)
def test_the_files_that_come_with_protfold_can_be_used(path: Path) -> None:
    """Every key is known and every value in range; data and weights need not be there."""
    kinds = {"designer": read_design_training, "pair_encoder": read_pair_encoder_training, "pair": read_pretraining}
    read = next((read for word, read in kinds.items() if word in path.name), read_fold_training)
    training = read(path)
    assert training.run.output.is_relative_to(ROOT)
    assert all(store.is_relative_to(ROOT) for store in training.data.stores)


def test_pretraining_from_a_file(protfold: Run, tmp_path: Path) -> None:
    """A dry run shows what is removed and writes nothing; the run tells its error."""
    write_store(tmp_path / "store")
    path = tmp_path / "pairs.toml"
    sizes = "hidden = 8\ndepth = 1\nnum_heads = 2\ndecoder_hidden = 8\ndecoder_depth = 1\ndecoder_heads = 2"
    path.write_text(
        f'steps = 2\nmicro_batch = 2\n[model.architecture.mae]\n{sizes}\n[data]\nstores = ["store"]\n'
        '[examples]\nbatch_size = 2\n[run]\noutput = "run"\nthreads = 1\ndevice = "cpu"\n'
    )
    outcome = protfold("train", "pretrain", path, "--dry-run")
    assert outcome.status == 0
    assert "75%, random" in outcome.out
    assert not (tmp_path / "run").exists()
    outcome = protfold("train", "pretrain", path)
    assert outcome.status == 0
    assert "validation of 1 chains: reconstruction" in outcome.err
    assert steps(tmp_path) == [1, 2]
    outcome = protfold("weights", "inspect", tmp_path / "run" / "final.safetensors")
    assert outcome.status == 0
    assert "on symmetric pair maps" in outcome.out
    path.write_text(path.read_text().replace("[examples]", "[examples]\nratio = 1.5"))
    outcome = protfold("train", "pretrain", path)
    assert outcome.status == 2
    assert "ratio = 1.5; give a share between 0 and 1" in outcome.err


def test_a_pair_encoder_from_a_file(protfold: Run, tmp_path: Path) -> None:
    """A dry run shows the backbone and writes nothing; the run tells its error."""
    write_store(tmp_path / "store")
    path = tmp_path / "encoder.toml"
    path.write_text(
        'steps = 2\n[model.architecture]\nbackbone = "dilated_resnet"\nc_z = 8\n[model.architecture.settings]\nhidden = 8\ndepth = 1\n'
        '[data]\nstores = ["store"]\n[examples]\nbatch_size = 4\n[run]\noutput = "run"\nthreads = 1\ndevice = "cpu"\n'
    )
    outcome = protfold("train", "pair-encoder", path, "--dry-run")
    assert outcome.status == 0
    assert "dilated_resnet" in outcome.out
    assert not (tmp_path / "run").exists()
    outcome = protfold("train", "pair-encoder", path)
    assert outcome.status == 0
    assert "validation of 1 chains: distogram" in outcome.err
    assert steps(tmp_path) == [1, 2]
    outcome = protfold("weights", "inspect", tmp_path / "run" / "final.safetensors")
    assert "dilated_resnet, 8 channels" in outcome.out
    path.write_text(path.read_text().replace("dilated_resnet", "resnet"))
    outcome = protfold("train", "pair-encoder", path)
    assert outcome.status == 2
    assert "resnet" in outcome.err


def names(kind: object) -> Iterator[str]:
    """Keys of a settings class and of those below it, the network's sizes left out."""
    for key, inner in get_type_hints(kind).items():
        yield key
        for option in (inner, *get_args(inner)):
            if is_dataclass(option) and option is not AlphaFoldConfig:
                yield from names(option)


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs/training.md").read_text()
    named = {*names(FoldTraining), *names(DesignTraining), *names(PairEncoderTraining), *names(PretrainingSettings)}
    assert sorted(name for name in named if f"`{name}`" not in text) == []


def test_every_option_is_explained() -> None:
    commands = typer.main.get_command(app).commands["train"].commands  # type: ignore[attr-defined]
    assert set(commands) == {"design", "fold", "pair-encoder", "prepare", "pretrain"}
    for command in commands.values():
        assert [parameter.name for parameter in command.params if not (parameter.help or "").strip()] == []
