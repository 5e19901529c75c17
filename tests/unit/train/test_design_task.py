"""Training of the designer's network."""

import json
import math
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.errors import InputError, WeightsError
from protfold.features.design_features import build_design_features
from protfold.losses.environment import EnvironmentLossConfig
from protfold.model.environment_output import HIDDEN_TYPE
from protfold.train.data_config import DataChoice, HeldOutChoice
from protfold.train.design_config import DesignModelChoice, DesignTraining
from protfold.train.design_examples import DesignExampleConfig, ToldTypes, chain_features
from protfold.train.design_run import design_trainer, train_design
from protfold.train.design_task import DesignTask
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from protfold.weights import load_designer, load_weights
from tests.support.designers import GRAPH, LOCAL
from tests.support.fold_training import write_store

CPU = torch.device("cpu")
SMALL = replace(GRAPH, num_neighbors=6)


def tiny(folder: Path, **changes: object) -> DesignTraining:
    """A short run on the store `folder/store`, made if missing."""
    if not (folder / "store").exists():
        write_store(folder / "store")
    training = DesignTraining(
        model=DesignModelChoice(architecture=SMALL),
        data=DataChoice(stores=(folder / "store",)),
        steps=6,
        micro_batch=2,
        examples=DesignExampleConfig(batch_size=4, crop_size=9),
        optimizer=OptimizerConfig(peak_rate=3e-3, warmup_steps=2, clip_norm=1.0, average_decay=0.5),
        validation=HeldOutChoice(max_chains=2),
        run=RunConfig(output=folder / "run", device="cpu", threads=1, checkpoint_every=2),
    )
    return replace(training, **changes)  # type: ignore[arg-type]


def lines(folder: Path) -> list[dict[str, float]]:
    found = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in found]


def test_the_loss_falls(tmp_path: Path) -> None:
    examples = DesignExampleConfig(batch_size=4, crop_size=30, noise=0.0, max_hidden=0.0, max_own=0.0, max_random=0.0)
    train_design(tiny(tmp_path, steps=60, examples=examples))
    totals = [line["residue_type"] for line in lines(tmp_path / "run")]
    assert np.mean(totals[:5]) == pytest.approx(math.log(20), abs=0.2)
    assert np.mean(totals[-5:]) < np.mean(totals[:5]) - 0.5


def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    train_design(tiny(tmp_path))
    whole = lines(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "whole")
    with design_trainer(tiny(tmp_path)) as trainer:
        for _ in range(3):
            trainer.take_step()
        trainer.save()
    weights = train_design(tiny(tmp_path))
    assert [line["total"] for line in lines(tmp_path / "run")] == [line["total"] for line in whole[3:]]
    assert weights.read_bytes() == (tmp_path / "whole" / weights.name).read_bytes()


def test_the_weights_are_those_of_a_designer(tmp_path: Path) -> None:
    weights = train_design(tiny(tmp_path))
    loaded = load_designer(str(weights))
    assert loaded.model.config == SMALL
    with pytest.raises(WeightsError, match="parameters of a designer, not of a folding network"):
        load_weights(weights)
    again = DesignTask(tiny(tmp_path, model=DesignModelChoice(weights=str(weights))), CPU)
    assert all(torch.equal(one, two) for one, two in zip(again.model.parameters(), loaded.model.parameters(), strict=True))


def test_examples_depend_on_step_and_number_alone(tmp_path: Path) -> None:
    task = DesignTask(tiny(tmp_path), CPU)
    both, second = task.batch(3, [0, 1]), DesignTask(tiny(tmp_path), CPU).batch(3, [1])
    size = len(second.features)
    assert torch.equal(both.features.backbone[-size:], second.features.backbone)
    assert torch.equal(both.told.types[-size:], second.told.types)
    assert torch.equal(both.target.aatype[-size:], second.target.aatype)
    assert not torch.equal(task.batch(4, [1]).features.backbone[:3], second.features.backbone[:3])


def test_noise_is_as_large_as_asked_for(tmp_path: Path) -> None:
    task = DesignTask(tiny(tmp_path), CPU)
    chain = task.data.learned[0][0]
    still = chain_features(chain, slice(None), 6)
    noisy = chain_features(chain, slice(None), 6, noise=0.3, generator=np.random.default_rng(0))
    assert float((noisy.backbone - still.backbone)[still.complete].std()) == pytest.approx(0.3, rel=0.2)
    assert torch.equal(noisy.linked, still.linked)


def test_a_chain_and_its_structure_have_the_same_features(tmp_path: Path) -> None:
    chain = DesignTask(tiny(tmp_path), CPU).data.learned[0][0]
    of_chain, of_protein = chain_features(chain, slice(None), 6), build_design_features(chain.protein(), num_neighbors=6)
    for field in fields(of_chain):
        assert torch.equal(getattr(of_chain, field.name), getattr(of_protein, field.name)), field.name


def test_told_types_have_the_shares_asked_for() -> None:
    config = DesignExampleConfig(max_hidden=0.8, max_own=0.5, max_random=0.4)
    native = np.zeros(400, dtype=np.int64)
    drawn = [ToldTypes.drawn(native, config, np.random.default_rng(seed)) for seed in range(200)]
    hidden = np.array([float((one.types == HIDDEN_TYPE).float().mean()) for one in drawn])
    assert hidden.mean() == pytest.approx(0.4, abs=0.05)
    assert hidden.min() < 0.05
    assert 0.7 < hidden.max() < 0.9
    own = np.array([float(one.own.float().mean()) for one in drawn])
    assert own.mean() == pytest.approx(0.25 * 0.6, abs=0.03)
    other = np.array([float(((one.types != 0) & (one.types != HIDDEN_TYPE)).float().mean()) for one in drawn])
    assert other.mean() == pytest.approx(0.2 * 0.6 * 0.95, abs=0.03)
    nothing = ToldTypes.drawn(native, DesignExampleConfig(max_hidden=0.0, max_own=0.0, max_random=0.0), np.random.default_rng(0))
    assert not nothing.types.any()
    assert not nothing.own.any()


def test_the_networks_own_guess_takes_the_place_of_types(tmp_path: Path) -> None:
    task = DesignTask(tiny(tmp_path), CPU)
    torch.nn.init.normal_(task.model.network.heads.linear.weight)
    task.model.eval()
    batch = task.batch(0, [0, 1])
    without = replace(batch, told=replace(batch.told, own=torch.zeros_like(batch.told.own)))
    everywhere = replace(batch, told=replace(batch.told, own=torch.ones_like(batch.told.own)))
    losses = [float(task.loss(0, one)["total"][0].detach()) for one in (without, everywhere)]
    assert losses[0] != losses[1]
    environments = task.model.encode(batch.features)
    guess = task._guess(environments, batch.told)
    assert not guess.requires_grad
    told = replace(batch, told=replace(without.told, types=guess))
    assert float(task.loss(0, told)["total"][0].detach()) == pytest.approx(losses[1], abs=1e-6)


def test_validation_tells_recovery_and_perplexity_in_both_contexts(tmp_path: Path) -> None:
    with design_trainer(tiny(tmp_path)) as trainer:
        measures = trainer.task.validate(trainer.world)
        assert trainer.task.score(measures) == -measures["perplexity_native"]
    assert measures["chains"] == 1
    assert 19.0 < measures["perplexity_native"] == pytest.approx(measures["perplexity_alone"], rel=0.05)


def test_excluded_chains_are_neither_learned_nor_measured(tmp_path: Path) -> None:
    task = DesignTask(tiny(tmp_path), CPU)
    ids = task.data.learned[0].table.id.tolist()
    measured = [store[index].id for store, index in task.data.validated]
    (tmp_path / "left_out.txt").write_text(f"{ids[0]}\n")
    data = DataChoice(stores=(tmp_path / "store",), excluded=tmp_path / "left_out.txt")
    less = DesignTask(tiny(tmp_path, data=data), CPU)
    assert less.data.learned[0].table.id.tolist() == ids[1:]
    assert less.data.digests != task.data.digests
    (tmp_path / "left_out.txt").write_text(f"{measured[0]}\n")
    with pytest.raises(InputError, match="no chain of the split 'valid'"):
        DesignTask(tiny(tmp_path, data=data), CPU)
    with pytest.raises(InputError, match="cannot be read as a list of chains"):
        DesignTask(tiny(tmp_path, data=replace(data, excluded=tmp_path / "none.txt")), CPU)


def test_a_local_network_learns_without_torsions(tmp_path: Path) -> None:
    choice = DesignModelChoice(architecture=LOCAL)
    with pytest.raises(InputError, match=r"loss\.chi = 0"):
        tiny(tmp_path, model=choice)
    train_design(tiny(tmp_path, model=choice, steps=2, loss=EnvironmentLossConfig(chi=0.0)))
    assert "chi" not in lines(tmp_path / "run")[0]


@pytest.mark.parametrize("choice", [{}, {"weights": "designer", "architecture": SMALL}])
def test_a_run_has_one_network(choice: dict[str, object]) -> None:
    with pytest.raises(InputError, match="give one of weights, architecture"):
        DesignModelChoice(**choice)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [{"max_hidden": 1.5}, {"noise": -0.1}, {"batch_size": 0}])
def test_impossible_examples_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=r"^examples\."):
        DesignExampleConfig(**wrong)  # type: ignore[arg-type]
