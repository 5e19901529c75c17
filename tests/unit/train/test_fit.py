"""The training loop: it learns, stops by the clock, follows its stages, and continues where it was."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.losses.total import FoldLossConfig
from protfold.model import AlphaFold
from protfold.train.examples import ExampleConfig
from protfold.train.fit import Fit, FitConfig, Stage, learning_rate
from tests.support.chains import ideal_chain
from tests.support.networks import tiny_config

SHORT = ExampleConfig(crop_size=6, batch_size=2, aligned_share=0.3, max_msa_clusters=3)
CONFIG = FitConfig(
    minutes=1000.0,
    stages=(Stage(until=0.5, examples=SHORT), Stage(until=1.0, examples=replace(SHORT, crop_size=9, max_recycles=1))),
    warmup_steps=4,
)
CHAINS = [ideal_chain(20, name="a"), ideal_chain(18, name="b", cluster="two", depth=4, seed=3)]


def fit(folder: Path, config: FitConfig = CONFIG) -> Fit:
    torch.manual_seed(0)
    return Fit(AlphaFold(tiny_config(templates=False)), CHAINS, folder, config)


def steps(run: Fit, number: int) -> list[dict[str, float]]:
    """Steps without the clock."""
    run.model.train(run.config.dropout)
    return [run.take_step() for _ in range(number)]


def test_an_interrupted_run_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    """Weights, averages, optimiser, sampler and dropout all continue."""
    whole = fit(tmp_path / "whole")
    steps(whole, 4)
    first = fit(tmp_path / "parts")
    steps(first, 2)
    first.save()
    second = fit(tmp_path / "parts")
    assert second.progress.step == 2
    steps(second, 2)
    for name, value in whole.model.state_dict().items():
        torch.testing.assert_close(second.model.state_dict()[name], value, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(second.average[name], whole.average[name], atol=1e-5, rtol=1e-4)


def test_it_stops_when_its_time_is_used_up(tmp_path: Path) -> None:
    run = fit(tmp_path, replace(CONFIG, minutes=1.0))
    run.progress.minutes = 0.9999
    run.run()
    records = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert 1 <= len(records) <= 3
    assert records[-1]["minutes"] >= 1.0
    assert run.checkpoint_file.exists()
    assert {"step", "examples", "rate", "total", "backbone_fape", "crop"} <= set(records[-1])


def test_stages_follow_the_share_of_time(tmp_path: Path) -> None:
    run = fit(tmp_path)
    assert steps(run, 1)[0]["crop"] == 6
    run.progress.minutes = 501.0
    assert steps(run, 1)[0]["crop"] == 9


def test_the_average_trails_the_weights(tmp_path: Path) -> None:
    """After the first step a tenth of the start: the decay is low at first."""
    run = fit(tmp_path)
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    steps(run, 1)
    name = "structure_module.input.weight"
    after = run.model.state_dict()[name]
    assert not torch.equal(after, before[name])
    torch.testing.assert_close(run.average[name], 0.1 * before[name] + 0.9 * after)


def test_stages_weigh_the_terms(tmp_path: Path) -> None:
    """With every weight zero there is nothing to learn."""
    nothing = FoldLossConfig(backbone_fape=0.0, all_atom_fape=0.0, torsion=0.0, angle_norm=0.0, distogram=0.0, plddt=0.0, pae=0.0)
    run = fit(tmp_path, replace(CONFIG, stages=(Stage(until=1.0, examples=SHORT, loss=nothing),)))
    assert steps(run, 1)[0]["gradient_norm"] == 0.0


def test_a_network_learns_two_chains(tmp_path: Path) -> None:
    config = replace(CONFIG, stages=(Stage(until=1.0, examples=replace(SHORT, crop_size=20, clamped_share=0.0)),), dropout=False)
    records = steps(fit(tmp_path, replace(config, peak_rate=3e-3)), 40)
    assert np.mean([record["distogram"] for record in records[-5:]]) < 0.8 * records[0]["distogram"]
    assert np.mean([record["torsion"] for record in records[-5:]]) < 0.8 * records[0]["torsion"]


@pytest.mark.parametrize(
    ("step", "share", "expected"), [(0, 0.0, 0.25), (3, 0.0, 1.0), (99, 0.0, 1.0), (99, 0.5, 0.51), (99, 1.0, 0.02)]
)
def test_rate_warms_up_by_steps_and_falls_by_time(step: int, share: float, expected: float) -> None:
    config = replace(CONFIG, peak_rate=1.0, final_rate=0.02)
    assert learning_rate(config, step, share) == pytest.approx(expected)
