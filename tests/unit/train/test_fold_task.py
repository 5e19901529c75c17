"""The folding network in the training loop."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.errors import InputError
from protfold.features import FeatureConfig
from protfold.losses import FoldLoss, FoldLossConfig
from protfold.train.data_config import DataChoice
from protfold.train.distributed import World
from protfold.train.examples import ExampleConfig
from protfold.train.fold_config import ModelChoice, Stage, ValidationChoice
from protfold.train.fold_run import fold_trainer, train_fold
from protfold.train.fold_task import FoldTask
from protfold.train.loop import BEST, FINAL
from protfold.train.optimizer import OptimizerConfig
from protfold.weights import ModelCard, load_weights, save_checkpoint
from tests.support.chains import ideal_chain
from tests.support.fold_training import tiny_training, write_store
from tests.support.networks import tiny_config, tiny_network

CPU = torch.device("cpu")


def records(folder: Path, name: str = "metrics.jsonl") -> list[dict[str, float]]:
    """Lines without their times."""
    lines = (folder / "run" / name).read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key != "seconds"} for line in lines]


def test_a_network_learns_two_chains(tmp_path: Path) -> None:
    """In 30 steps the distances and torsions of whole chains are learned a good way."""
    examples = ExampleConfig(crop_size=20, batch_size=2, aligned_share=0.0, clamped_share=0.0)
    training = tiny_training(
        tmp_path,
        stage=(Stage(steps=30, micro_batch=2, examples=examples),),
        optimizer=OptimizerConfig(peak_rate=6e-3, warmup_steps=3, clip_norm=1.0, schedule="constant"),
        model=ModelChoice(architecture=tiny_config(templates=False), dropout=False),
        validation=ValidationChoice(max_chains=0),
    )
    train_fold(training)
    first, last = records(tmp_path)[0], records(tmp_path)[-5:]
    for term in ("distogram", "torsion", "total"):
        assert np.mean([record[term] for record in last]) < 0.85 * first[term]


def test_a_stopped_run_ends_as_a_whole_one(tmp_path: Path) -> None:
    """Losses, validations and exported weights, with dropout, recycles and two stages; it stops between two checkpoints."""
    for name in ("whole", "parts"):
        write_store(tmp_path / name / "store")
    train_fold(tiny_training(tmp_path / "whole", run={"validate_every": 2}))
    with fold_trainer(tiny_training(tmp_path / "parts", run={"validate_every": 2})) as trainer:
        take = trainer.take_step

        def stop_before_the_sixth() -> object:
            if trainer.progress.step == 5:
                raise KeyboardInterrupt
            return take()

        trainer.take_step = stop_before_the_sixth  # type: ignore[method-assign, assignment]
        with pytest.raises(KeyboardInterrupt):
            trainer.train()
    assert len(records(tmp_path / "parts")) == 5
    with fold_trainer(tiny_training(tmp_path / "parts", run={"validate_every": 2})) as trainer:
        assert trainer.progress.step == 4
        trainer.train()
    for name in ("metrics.jsonl", "validation.jsonl"):
        assert records(tmp_path / "parts", name) == records(tmp_path / "whole", name)
    for name in (BEST, FINAL):
        assert (tmp_path / "parts/run" / name).read_bytes() == (tmp_path / "whole/run" / name).read_bytes()


def test_lines_tell_stage_terms_and_measures(tmp_path: Path) -> None:
    train_fold(tiny_training(tmp_path))
    lines = records(tmp_path)
    assert [line["stage"] for line in lines] == [1, 1, 1, 2, 2, 2]
    assert {line["recycles"] for line in lines[:3]} == {0}
    assert {"backbone_fape", "all_atom_fape", "torsion", "angle_norm", "distogram", "plddt", "pae", "total"} < set(lines[0])
    assert "violation" not in lines[0], "a term without weight is not shown"
    (measures,) = records(tmp_path, "validation.jsonl")
    assert {"step", "chains", "lddt_ca", "tm_score", "plddt", "plddt_correlation", "best_step"} <= set(measures)


def test_an_example_counts_by_the_root_of_its_length(tmp_path: Path) -> None:
    """Chains of 20 and 5 residues in a crop of 20."""
    write_store(tmp_path / "store", [ideal_chain(20), ideal_chain(5, name="short", cluster="other")])
    config = ExampleConfig(crop_size=20, batch_size=8, aligned_share=0.0)
    training = tiny_training(
        tmp_path,
        stage=(Stage(steps=1, micro_batch=8, examples=config),),
        model=ModelChoice(architecture=tiny_config(templates=False), dropout=False),
        validation=ValidationChoice(max_chains=0),
    )
    task = FoldTask(training, CPU)
    features, target = task.batch(0, range(8))
    lengths = target.seq_mask.sum(-1)
    assert set(lengths.tolist()) == {5.0, 20.0}
    plain = FoldLoss()(task.model(features), target, features)["total"]
    torch.testing.assert_close(task.loss(0, (features, target))["total"], plain * torch.where(lengths == 20.0, 1.0, 0.5))


def test_exported_weights_fold(tmp_path: Path) -> None:
    """The average of the weights, with a card that tells steps, data, measures and features."""
    training = tiny_training(tmp_path)
    with fold_trainer(training) as trainer:
        trainer.train()
        average = {name: value.clone() for name, value in trainer.average.values.items()}
    loaded = load_weights(tmp_path / "run" / FINAL)
    assert loaded.feature_config == FeatureConfig(max_msa_clusters=3, max_extra_msa=2, num_recycles=1, max_templates=0)
    for name, value in loaded.model.state_dict().items():
        assert torch.equal(value, average[name])


def test_training_goes_on_from_weights(tmp_path: Path) -> None:
    """Their values, features and licence; the template embedder, which no example reaches, keeps its values under weight decay."""
    path = tmp_path / "start.safetensors"
    features = FeatureConfig(max_msa_clusters=5, max_extra_msa=3, num_recycles=0, max_templates=2)
    card = ModelCard(name="x", description="", licence="CC BY 4.0", training_data="", training_steps=1, feature_config=features)
    save_checkpoint(tiny_network(), path, card)
    training = tiny_training(
        tmp_path,
        model=ModelChoice(weights=str(path)),
        optimizer=OptimizerConfig(peak_rate=1e-3, warmup_steps=0, weight_decay=0.1, average_decay=0.0),
    )
    with fold_trainer(training) as trainer:
        before = {name: value.clone() for name, value in trainer.task.model.state_dict().items()}
        assert torch.equal(before["single.weight"], tiny_network().state_dict()["single.weight"])
        trainer.train()
    loaded = load_weights(tmp_path / "run" / FINAL)
    assert loaded.licence == "CC BY 4.0"
    assert loaded.feature_config == features
    changed = {name for name, value in loaded.model.state_dict().items() if not torch.equal(value, before[name])}
    assert "single.weight" in changed
    assert not any(name.startswith("template_embedder") for name in changed)


@pytest.mark.parametrize("option", ["checkpoint_blocks", "dtype"])
def test_how_to_compute_changes_the_rounding_only(tmp_path: Path, option: str) -> None:
    """Checkpointed blocks give the same gradients, dropout included; bfloat16 gives near ones."""
    kinds = {"plain": {}, option: {"dtype": "bfloat16"} if option == "dtype" else {option: True}}
    gradients = {}
    for kind, run in kinds.items():
        with fold_trainer(tiny_training(tmp_path, run=run)) as trainer:
            trainer.take_step()
            gradients[kind] = torch.cat([value.grad.flatten() for value in trainer.task.model.parameters()])  # type: ignore[union-attr]
    difference = (gradients[option] - gradients["plain"]).norm() / gradients["plain"].norm()
    assert difference < (1e-5 if option == "checkpoint_blocks" else 0.1)
    assert option == "checkpoint_blocks" or difference > 0


def test_processes_share_the_validation(tmp_path: Path) -> None:
    """Each measures its part; what they gather has the order and the values of one process."""
    write_store(tmp_path / "store", [ideal_chain(12 + n, name=str(n), split="valid" if n else "train", seed=n) for n in range(6)])
    task = FoldTask(tiny_training(tmp_path, validation=ValidationChoice(max_chains=4)), CPU)
    whole = task.validate(World())
    assert whole["chains"] == 4
    parts = []

    class Half(World):
        def gather(self, items):  # type: ignore[no-untyped-def]
            parts.append(list(items))
            return list(items)

    for rank in range(2):
        task.validate(Half(rank=rank, size=2))
    assert [[one.chain for one in part] for part in parts] == [["1", "4"], ["2", "5"]]
    assert np.mean([one.lddt_ca for part in parts for one in part]) == pytest.approx(whole["lddt_ca"])
    assert task.model.training


def test_validation_chains_are_spread_and_short_enough(tmp_path: Path) -> None:
    chains = [ideal_chain(5 + n, name=str(n), split="train" if n == 0 else "valid", seed=n) for n in range(12)]
    write_store(tmp_path / "store", chains)
    task = FoldTask(tiny_training(tmp_path, validation=ValidationChoice(max_chains=3, max_length=14)), CPU)
    assert [store[index].id for store, index in task.data.validated] == ["1", "5", "9"]
    with pytest.raises(InputError, match="no chain of the split 'valid' has up to 3 residues"):
        FoldTask(tiny_training(tmp_path, validation=ValidationChoice(max_length=3)), CPU)


def test_a_store_takes_its_share(tmp_path: Path) -> None:
    """Of two stores, one is never drawn from; left out, shares follow the clusters."""
    first = write_store(tmp_path / "store", [ideal_chain(8, name="a", cluster=str(n), seed=n) for n in range(3)])
    second = write_store(tmp_path / "other", [ideal_chain(9, name="b", seed=9)])
    plain = tiny_training(tmp_path, validation=ValidationChoice(max_chains=0))
    task = FoldTask(replace(plain, data=DataChoice(stores=(first, second), shares=(0.0, 1.0))), CPU)
    config = plain.stage[0].examples
    assert {task.sampler.example(step, 0, config).chain_id for step in range(20)} == {"b"}
    task = FoldTask(replace(plain, data=DataChoice(stores=(first, second))), CPU)
    drawn = [task.sampler.example(step, 0, config).chain_id for step in range(100) if not task.sampler.sees_alignment(step, config)]
    assert 0.55 < drawn.count("a") / len(drawn) < 0.95


def test_without_terms_there_is_nothing_to_learn(tmp_path: Path) -> None:
    nothing = FoldLossConfig(backbone_fape=0.0, all_atom_fape=0.0, torsion=0.0, angle_norm=0.0, distogram=0.0, plddt=0.0, pae=0.0)
    plain = tiny_training(tmp_path)
    with fold_trainer(replace(plain, stage=(replace(plain.stage[0], loss=nothing),))) as trainer:
        record = trainer.take_step()
    assert record["gradient_norm"] == 0.0
    assert math.isclose(record["rate"] or 0.0, 1e-3)
