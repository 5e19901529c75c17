"""Pretraining on pair maps, and probes of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protfold.errors import InputError, WeightsError
from protfold.io.atomic import write_atomically
from protfold.metrics.hydrogen_bonds import BOND_BREAK
from protfold.train.data_config import DataChoice, HeldOutChoice
from protfold.train.filled_in import fill_in
from protfold.train.optimizer import OptimizerConfig, make_optimizer
from protfold.train.pretraining_config import PretrainingExampleConfig, PretrainingModelChoice, PretrainingSettings, ProbeChoice
from protfold.train.pretraining_run import pretraining_trainer, train_pretraining
from protfold.train.pretraining_task import PretrainingTask, explained, remove
from protfold.train.probe_config import probe_settings
from protfold.train.probe_run import last_measures, train_probe
from protfold.train.probe_task import ProbeTask, bond_precision, bonded_pairs
from protfold.train.run_config import RunConfig
from protfold.vision.pretraining.network import ConvMaeSizes, LomarSizes, MaeSizes, PairPretraining, PairPretrainingConfig
from protfold.weights import inspect_weights, load_pretrained, load_weights
from tests.support.chains import example_chain
from tests.support.examples import EXAMPLES, example
from tests.support.fold_training import write_store

CPU = torch.device("cpu")
SIZES = {
    "mae": MaeSizes(hidden=16, depth=2, num_heads=2, decoder_hidden=16, decoder_depth=1, decoder_heads=2),
    "lomar": LomarSizes(hidden=16, depth=2, num_heads=2),
    "convmae": ConvMaeSizes(hidden=(8, 8, 16), depths=(1, 1, 1), num_heads=2, decoder_hidden=16, decoder_depth=1, decoder_heads=2),
}
every = pytest.mark.parametrize("kind", SIZES)


def config_of(kind: str, **changes: Any) -> PairPretrainingConfig:
    return PairPretrainingConfig(**{kind: SIZES[kind]}, **changes)


def tiny(folder: Path, kind: str = "mae", **changes: Any) -> PretrainingSettings:
    """A short run on the store `folder/store`, made if missing."""
    if not (folder / "store").exists():
        write_store(
            folder / "store", [example_chain(name, "valid" if place < 2 else "train") for place, name in enumerate(EXAMPLES)]
        )
    optimizer = OptimizerConfig(peak_rate=3e-3, warmup_steps=2, clip_norm=1.0, average_decay=0.5)
    training = PretrainingSettings(
        model=PretrainingModelChoice(architecture=config_of(kind)),
        data=DataChoice(stores=(folder / "store",)),
        steps=4,
        micro_batch=2,
        examples=PretrainingExampleConfig(batch_size=4, crop_size=40),
        optimizer=optimizer,
        validation=HeldOutChoice(max_chains=2),
        probe=ProbeChoice(steps=3, batch_size=2, micro_batch=2, crop_size=30, optimizer=optimizer),
        run=RunConfig(output=folder / "run", device="cpu", threads=1, checkpoint_every=2),
    )
    return replace(training, **changes)


def lines(folder: Path, name: str = "metrics.jsonl") -> list[dict[str, float]]:
    found = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    return [{name: value for name, value in line.items() if name != "seconds"} for line in found]


@every
def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path, kind: str) -> None:
    train_pretraining(tiny(tmp_path, kind))
    whole = lines(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "whole")
    with pretraining_trainer(tiny(tmp_path, kind)) as trainer:
        for _ in range(2):
            trainer.take_step()
        trainer.save()
    weights = train_pretraining(tiny(tmp_path, kind))
    assert [line["total"] for line in lines(tmp_path / "run")] == [line["total"] for line in whole[2:]]
    assert weights.read_bytes() == (tmp_path / "whole" / weights.name).read_bytes()


def test_filling_in_is_learned(tmp_path: Path) -> None:
    run = RunConfig(output=tmp_path / "run", device="cpu", threads=1, validate_every=10)
    train_pretraining(tiny(tmp_path, steps=40, run=run))
    totals = [line["total"] for line in lines(tmp_path / "run")]
    assert np.mean(totals[-5:]) < 0.6 * np.mean(totals[:5])
    shares = [line["explained"] for line in lines(tmp_path / "run", "validation.jsonl")]
    assert shares[-1] > shares[0]


@every
def test_the_weights_are_those_of_a_backbone(tmp_path: Path, kind: str) -> None:
    """With their card; and what they leave computes as the encoder did."""
    weights = train_pretraining(tiny(tmp_path, kind, steps=1))
    model = load_pretrained(weights)
    assert model.config == config_of(kind)
    summary = inspect_weights(weights)
    assert summary.card["training steps"] == 1
    assert "reconstruction" in summary.card
    x = torch.randn(1, 2, 24, 24)
    x = x + x.transpose(-1, -2)
    backbone = model.backbone(symmetry="none").eval()
    for (one, _), (other, _) in zip(backbone(x), model.network.encoder(x), strict=True):
        assert torch.equal(one, other)
    assert model.backbone().symmetry == "average"
    with pytest.raises(WeightsError, match="parameters of a network for pair maps, not of a folding network"):
        load_weights(weights)
    again = PretrainingTask(tiny(tmp_path, model=PretrainingModelChoice(weights=str(weights))), CPU)
    assert all(torch.equal(one, two) for one, two in zip(again.model.parameters(), model.parameters(), strict=True))


def test_other_weights_are_refused(tmp_path: Path) -> None:
    write_atomically(tmp_path / "other.npz", b"PK\x05\x06" + bytes(18))
    with pytest.raises(WeightsError, match="not the parameters of a network pretrained on pair maps"):
        load_pretrained(tmp_path / "other.npz")


@every
def test_examples_depend_on_step_and_number_alone(tmp_path: Path, kind: str) -> None:
    """Not on what they are batched with, nor on its padding."""
    task = PretrainingTask(tiny(tmp_path, kind, examples=PretrainingExampleConfig(batch_size=4, crop_size=60)), CPU)
    both, second = task.batch(3, [0, 1]), task.batch(3, [1])
    length = second.pairs.mask.shape[1]
    assert torch.equal(both.pairs.maps[1, :, :length, :length], second.pairs.maps[0])
    assert not both.pairs.mask[1, length:].any()
    torch.testing.assert_close(task.loss(3, both)["total"][1:], task.loss(3, second)["total"], rtol=1e-5, atol=1e-6)
    other = task.batch(4, [1]).pairs.maps
    assert other.shape != second.pairs.maps.shape or not torch.equal(other, second.pairs.maps)


@pytest.mark.parametrize("pattern", ["random", "blocks", "residues"])
def test_all_patterns_can_be_asked_for(tmp_path: Path, pattern: Any) -> None:
    examples = PretrainingExampleConfig(batch_size=2, crop_size=33, pattern=pattern, ratio=0.95)
    task = PretrainingTask(tiny(tmp_path, examples=examples), CPU)
    batch = task.batch(0, [0, 1])
    assert isinstance(batch.removed, torch.Tensor)
    assert torch.equal(batch.removed, batch.removed.transpose(-1, -2))
    assert 0.85 < float(batch.removed.float().mean()) < 1.0
    assert task.loss(0, batch)["total"].isfinite().all()


def test_directed_maps(tmp_path: Path) -> None:
    choice = PretrainingModelChoice(architecture=config_of("mae", channels="directed"))
    task = PretrainingTask(tiny(tmp_path, model=choice), CPU)
    batch = task.batch(0, [0])
    assert batch.pairs.maps.shape[1] == 8
    assert task.loss(0, batch)["total"].isfinite().all()


def test_wrong_settings() -> None:
    with pytest.raises(InputError, match=r"architecture has mae and lomar; give one of mae, lomar, convmae"):
        PairPretrainingConfig(mae=SIZES["mae"], lomar=SIZES["lomar"])  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"architecture has no network"):
        PairPretrainingConfig()
    with pytest.raises(InputError, match=r"ratio = 1\.5"):
        PretrainingExampleConfig(ratio=1.5)
    with pytest.raises(InputError, match=r"examples\.crop_size = 0; give 1 or more"):
        PretrainingExampleConfig(crop_size=0)
    with pytest.raises(InputError, match=r"examples\.least_variance = -1\.0"):
        PretrainingExampleConfig(least_variance=-1.0)


def test_another_probe_does_not_stop_a_run_from_going_on(tmp_path: Path) -> None:
    assert tiny(tmp_path).settings() == tiny(tmp_path, probe=ProbeChoice(steps=7)).settings()


def test_explained_is_one_for_all_and_zero_for_means(tmp_path: Path) -> None:
    task = PretrainingTask(tiny(tmp_path), CPU)
    result = task.model(*(lambda batch: (batch.pairs.maps, batch.pairs.mask, batch.removed))(task.batch(0, [0])))
    assert explained(replace(result, predicted=result.target)) == 1.0
    channels = result.target.unflatten(-1, (-1, 2))
    mean = channels[result.counted].mean(0).repeat(16).expand_as(result.target)
    assert explained(replace(result, predicted=mean)) == pytest.approx(0.0, abs=1e-5)


@every
def test_a_picture_of_what_is_filled_in(tmp_path: Path, kind: str) -> None:
    """What is left is the map; what was removed is filled in, and nothing else."""
    torch.manual_seed(0)
    model, chain = PairPretraining(config_of(kind)).eval(), example_chain(EXAMPLES[0], "train")
    examples = PretrainingExampleConfig(ratio=0.5)
    found = fill_in(model, chain, examples)
    left = np.isfinite(found.seen)
    assert 0.02 < left.mean() < 1.0
    assert np.array_equal(found.seen[left], found.true[left])
    assert np.array_equal(found.filled[left], found.true[left])
    missing = ~left & np.isfinite(found.true)
    assert missing.any()
    assert (found.filled[missing] != found.true[missing]).mean() > 0.99
    assert np.array_equal(left, left.T) or kind == "lomar"
    again = fill_in(model, chain, examples, seed=1)
    assert not np.array_equal(np.isfinite(again.seen), left)


def test_bonded_pairs_are_those_of_dssp() -> None:
    """In an alpha helix those of i and i + 4; symmetric; none of residues without a backbone."""
    protein = example("1orc_A")
    bonded, known = bonded_pairs(protein)
    assert torch.equal(bonded, bonded.T)
    assert known.all()
    first, second = torch.triu(bonded).nonzero().T
    assert int((second - first == 4).sum()) > 10
    assert int((second - first >= 6).sum()) > 5
    mask = protein.atom37_mask.copy()
    mask[10, 4] = 0.0
    bonded, known = bonded_pairs(replace(protein, atom37_mask=mask))
    assert not known[10]
    assert not bonded[10].any()
    assert BOND_BREAK > 2.0


def test_bond_precision() -> None:
    """Four true bonds; of the four best pairs three are."""
    bonded = np.zeros((9, 9), dtype=bool)
    scores = np.zeros((9, 9))
    for rank, (i, j) in enumerate([(0, 4), (1, 5), (2, 8), (0, 7), (3, 7)]):
        bonded[i, j] = bonded[j, i] = (i, j) != (0, 7)
        scores[i, j] = 10.0 - rank
    asked = np.ones(9, dtype=bool)
    assert bond_precision(scores, bonded, asked) == 0.75
    assert bond_precision(scores, bonded, asked, least=6) == 1.0
    asked[8] = False
    assert bond_precision(scores, bonded, asked) == pytest.approx(2 / 3)
    assert np.isnan(bond_precision(scores, bonded, asked, least=8))


@pytest.mark.parametrize("frozen", [True, False])
def test_probing_leaves_a_frozen_backbone_as_it_is(tmp_path: Path, frozen: bool) -> None:
    weights = train_pretraining(tiny(tmp_path, steps=1))
    settings = probe_settings(tiny(tmp_path), tmp_path / "probe", weights=weights, frozen=frozen)
    task = ProbeTask(settings, CPU)
    before = {name: value.clone() for name, value in task.model.state_dict().items() if name.startswith("backbone.")}
    pretrained = load_pretrained(weights).network.encoder.state_dict()
    assert all(torch.equal(before[f"backbone.{name}"], value) for name, value in pretrained.items())
    measures = train_probe(settings)
    assert measures["step"] == 3
    assert 0.0 <= measures["bond_precision"] <= 1.0
    from safetensors.torch import load_file

    after = load_file(settings.run.output / "final.safetensors")
    assert all(torch.equal(after[name], value) for name, value in before.items()) is frozen


def test_a_probe_from_scratch_has_other_weights(tmp_path: Path) -> None:
    weights = train_pretraining(tiny(tmp_path))
    scratch = ProbeTask(probe_settings(tiny(tmp_path), tmp_path / "scratch", weights=None, frozen=True), CPU)
    probe = ProbeTask(probe_settings(tiny(tmp_path), tmp_path / "probe", weights=weights, frozen=True), CPU)
    assert [one.shape for one in scratch.model.parameters()] == [one.shape for one in probe.model.parameters()]
    assert not torch.equal(scratch.model.backbone.patch_embedding.weight, probe.model.backbone.patch_embedding.weight)  # type: ignore
    assert torch.equal(scratch.model.heads[0].projection.weight, probe.model.heads[0].projection.weight)  # type: ignore
    assert last_measures(tmp_path / "probe") == {}


def test_the_rate_of_the_head_is_ten_times_that_of_the_last_layer(tmp_path: Path) -> None:
    """After every step of the loop, whatever the schedule."""
    weights = train_pretraining(tiny(tmp_path, steps=1))
    settings = probe_settings(tiny(tmp_path), tmp_path / "probe", weights=weights, frozen=False)
    from protfold.train.run import ready_trainer

    with ready_trainer(settings, ProbeTask) as trainer:
        seen = []
        for _ in range(3):
            trainer.take_step()
            rates = {group["rate_factor"]: group["lr"] for group in trainer.optimizer.param_groups}
            assert all(rate / factor == pytest.approx(rates[10.0] / 10.0) for factor, rate in rates.items())
            seen.append(rates[10.0])
        assert len(set(seen)) > 1
        assert sorted(rates) == [0.75**3, 0.75**2, 0.75, 10.0]
    held = [parameter for group in trainer.optimizer.param_groups for parameter in group["params"]]
    assert len(held) == len({id(one) for one in held}) == len(list(trainer.task.model.parameters()))


def test_groups_replace_those_of_all_other_runs(tmp_path: Path) -> None:
    model = torch.nn.Linear(2, 2)
    groups = [{"params": [model.weight], "rate_factor": 3.0}, {"params": [model.bias], "rate_factor": 1.0}]
    optimizer = make_optimizer(model, OptimizerConfig(), groups)
    assert [group["rate_factor"] for group in optimizer.param_groups] == [3.0, 1.0]


def test_removal_is_of_each_map(tmp_path: Path) -> None:
    """A batch of one and of two remove the same of the first."""
    from protfold.train.pair_examples import image_of

    model = PairPretraining(config_of("mae"))
    images = [image_of(example_chain(name, "train"), "symmetric") for name in EXAMPLES[:2]]
    draws = [np.random.default_rng(place) for place in range(2)]
    both = remove(model, images, PretrainingExampleConfig(), draws).removed
    alone = remove(model, images[:1], PretrainingExampleConfig(), [np.random.default_rng(0)]).removed
    assert isinstance(alone, torch.Tensor)
    assert isinstance(both, torch.Tensor)
    side = alone.shape[-1]
    assert torch.equal(both[:1, :side, :side], alone)
    assert not both[0, side:].any()
