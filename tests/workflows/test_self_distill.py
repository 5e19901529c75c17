"""Laws of self-distillation: what is sure is learned, what is held out never, and what is done is not done twice."""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import decode
from protfold.errors import InputError
from protfold.features import FeatureConfig
from protfold.io import read_structure
from protfold.runs.distillation import Distillation, choose_confident, held_out_sequences, student_training
from protfold.runs.summary import TargetRow
from protfold.train import fold_run
from protfold.train.chain_store import ChainStore
from protfold.weights import load_weights, save_checkpoint
from tests.support.fold_training import CHAINS, TINY_TOML, write_store
from tests.support.networks import tiny_network
from tests.support.weight_files import CARD
from workflows import runners, self_distill_command
from workflows.fold import TaskSettings
from workflows.self_distill import self_distill

HELD_OUT = decode(CHAINS[2].aatype)
SEQUENCES = {
    "one": "MKTAYIAKQRQISFVKSHFSRQ",
    "two": "GSHMLEDPVDAFKLAENWKCTG",
    "again": "GSHMLEDPVDAFKLAENWKCTG",
    "held": f"GGSGG{HELD_OUT}GGSGG",
}
MIN_PLDDT = 35.0
SETTINGS = TINY_TOML.replace('[data]\nstores = ["store"]\n', "").replace('output = "run"\n', "")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny network of random values, whose pLDDT is above and below `MIN_PLDDT` within a chain without alignment."""
    network, generator = tiny_network(templates=False), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * (2.0 / parameter.shape[-1]) ** 0.5)
        network.plddt_head.logits.weight.mul_(3.0)
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    features = FeatureConfig(max_msa_clusters=4, max_extra_msa=4, num_recycles=1, max_templates=0)
    save_checkpoint(network, path, replace(CARD, feature_config=features))
    return str(path)


def write_inputs(folder: Path) -> dict[str, str]:
    """Sequences, one of them with an alignment, a labelled store and settings, the latter as arguments of the flow."""
    write_store(folder / "store")
    (folder / "train.toml").write_text(SETTINGS)
    (folder / "sequences").mkdir()
    (folder / "sequences" / "one.a3m").write_text(f">one\n{SEQUENCES['one']}\n>other\n{SEQUENCES['one'].replace('K', 'R')}\n")
    lone = {name: sequence for name, sequence in SEQUENCES.items() if name != "one"} | {"broken": "MK4TAY"}
    (folder / "sequences" / "lone.fasta").write_text("".join(f">{name}\n{sequence}\n" for name, sequence in lone.items()))
    return {"store": str(folder / "store"), "config": str(folder / "train.toml"), "output": str(folder / "out")}


def times(folder: Path, pattern: str) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.glob(pattern)}


@pytest.mark.usefixtures("prefect_server")
def test_from_sequences_to_a_student(tmp_path: Path, teacher: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped before it trains, it goes on from there, and a broken record stops nothing; a third time nothing is done.

    The store holds the atoms of sure residues.
    """
    given, inputs, output = write_inputs(tmp_path), [str(tmp_path / "sequences")], tmp_path / "out"
    train = fold_run.train_fold

    def breaks(*arguments: object) -> None:
        raise RuntimeError("the machine goes down")

    def run() -> str:
        limits = Distillation(min_plddt=MIN_PLDDT, min_mean_plddt=0.0, labelled_share=0.5)
        path: str = self_distill(inputs, teacher, **given, limits=limits, settings=TaskSettings(retries=0))
        return path

    monkeypatch.setattr(fold_run, "train_fold", breaks)
    with pytest.raises(RuntimeError, match="goes down"):
        run()
    before = times(output, "predicted/*/DONE") | times(output, "distilled/shard*")
    assert len(before) == len(SEQUENCES) + 1
    monkeypatch.setattr(fold_run, "train_fold", train)
    assert run() == str(output / "student" / "final.safetensors")
    assert load_weights(str(output / "student" / "final.safetensors")).model.config.c_m == 16
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len((output / "student" / "metrics.jsonl").read_text().splitlines()) == 4

    store = ChainStore(output / "distilled")
    assert set(store.table.split) == {"train"}
    assert dict(zip(store.table.id, store.table.depth, strict=True)) == {"one": 2, "two": 0, "again": 0}
    assert len(set(store.table.cluster)) == 2  # equal sequences share one
    for chain in store:
        predicted = read_structure(output / "predicted" / chain.id / "ranked_1.cif")
        sure = predicted.b_factors[:, ATOM37_INDEX["CA"]] >= MIN_PLDDT
        assert sure.all() == (chain.id == "one")
        assert np.array_equal(chain.atom37_mask[:, ATOM37_INDEX["CA"]] > 0, sure)
        assert decode(chain.aatype) == SEQUENCES[chain.id]

    trained = (output / "student" / "checkpoint.pt").read_bytes()
    run()
    assert (output / "student" / "checkpoint.pt").read_bytes() == trained


def row(name: str, mean_plddt: float | None) -> TargetRow:
    return TargetRow(target=name, folder=name, status="failed" if mean_plddt is None else "done", mean_plddt=mean_plddt)


def test_only_sure_targets_that_nobody_measures_are_kept(tmp_path: Path) -> None:
    """One at the limit is kept; one below, one that failed, and parts and extensions of a held-out chain are not."""
    table = tmp_path / "table.csv"
    sequences = {"limit": "ACDEF", "below": "ACDEF", "failed": "ACDEF", "longer": "GGMKTAYGG", "part": "KTA"}
    rows = [row("limit", 70.0), row("below", 69.99), row("failed", None), row("longer", 90.0), row("part", 90.0)]
    left_out = choose_confident(rows, sequences, table, min_mean_plddt=70.0, held_out=("MKTAY",))
    assert [line.split(":")[0] for line in left_out] == ["below", "longer", "part"]
    with table.open() as file:
        assert list(csv.DictReader(file)) == [
            {"id": "limit", "file": "limit/ranked_1.cif", "split": "train", "msa": "limit/msa.a3m"}
        ]
    with pytest.raises(InputError, match=r"below: mean pLDDT 70\.0 is below 70; lower --min-mean-plddt"):
        choose_confident(rows[1:3], sequences, table, min_mean_plddt=70.0, held_out=())


def test_what_a_store_measures_on_is_held_out(tmp_path: Path) -> None:
    """Of three chains the one of the split `valid`."""
    assert held_out_sequences(write_store(tmp_path / "store")) == (HELD_OUT,)


def test_the_settings_are_completed(tmp_path: Path) -> None:
    """Data and folder are added, the network only where there is none; a file that says them already is refused."""
    settings = {"stage": [{"steps": 3}], "run": {"seed": 7}}
    given = {
        "file": tmp_path / "train.toml",
        "weights": "mini",
        "labelled": tmp_path / "a",
        "distilled": tmp_path / "b",
        "labelled_share": 0.25,
        "output": tmp_path / "c",
    }
    training = student_training(settings, **given)
    assert training.data.stores == (tmp_path / "a", tmp_path / "b")
    assert training.data.shares == (0.25, 0.75)
    assert (training.model.weights, training.run.seed, training.run.output) == ("mini", 7, tmp_path / "c")
    assert student_training({**settings, "model": {"preset": "mini"}}, **given).model.weights is None
    with pytest.raises(InputError, match=r"train\.toml: run is 3, not a table"):
        student_training({**settings, "run": 3}, **given)
    for extra, name in (({"data": {"stores": ["a"]}}, "data"), ({"run": {"output": "x"}}, r"run\.output")):
        with pytest.raises(InputError, match=rf"train\.toml: {name} is what self-distillation completes"):
            student_training({**settings, **extra}, **given)


@pytest.mark.parametrize(
    ("further", "fasta", "message"),
    [
        (["--min-plddt", "101"], ">a\nMKTAYIAK\n", "--min-plddt is 101.0; give 0 to 100"),
        ([], ">a\nMKTAY:IAKQR\n", "is a complex of 2 chains; give each chain as a record"),
    ],
)
def test_wrong_input_starts_no_server(
    tmp_path: Path,
    teacher: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    further: list[str],
    fasta: str,
    message: str,
) -> None:
    given = write_inputs(tmp_path)
    (tmp_path / "sequences.fasta").write_text(fasta)
    command = ["workflows.self_distill", str(tmp_path / "sequences.fasta"), "--weights", teacher, *further]
    monkeypatch.setattr(sys, "argv", [*command, *(part for name in given for part in (f"--{name}", given[name]))])
    monkeypatch.setattr(runners, "SubprocessASGIServer", None)
    with pytest.raises(SystemExit) as caught:
        self_distill_command.main()
    assert caught.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
