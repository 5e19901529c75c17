"""Training of an encoder of pair maps: examples, a run that is stopped, what it learns, what it leaves."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from protfold.entities import Msa
from protfold.errors import InputError, WeightsError
from protfold.features.coevolution import CoevolutionConfig, coevolution
from protfold.metrics.contacts import contact_probabilities, contacts
from protfold.train import coevolution_maps
from protfold.train.chain import Chain
from protfold.train.chain_mixture import ChainMixture
from protfold.train.coevolution_maps import CoevolutionMaps
from protfold.train.data_config import DataChoice, HeldOutChoice
from protfold.train.optimizer import OptimizerConfig
from protfold.train.pair_encoder_config import PairEncoderExampleConfig, PairEncoderModelChoice, PairEncoderTraining
from protfold.train.pair_encoder_examples import EncoderExample, EncoderSampler
from protfold.train.pair_encoder_run import pair_encoder_trainer, train_pair_encoder
from protfold.train.pair_encoder_task import PairEncoderTask
from protfold.train.run_config import RunConfig
from protfold.vision import DistanceNetworkConfig
from protfold.weights import inspect_weights, load_designer, load_pair_encoder
from tests.support.chains import example_chain
from tests.support.examples import EXAMPLES
from tests.support.fold_training import write_store

CPU = torch.device("cpu")
FAST = CoevolutionConfig(pseudo_likelihood=False)
NETWORK = DistanceNetworkConfig(backbone="dilated_resnet", settings={"hidden": 8, "depth": 2}, c_z=8, num_bins=64, input=FAST)


def aligned(chain: Chain, *, seed: int, num_rows: int = 200) -> Chain:
    """With an alignment of random rows in which residues in contact have the same type, so that contacts can be read from it."""
    points, known = chain.pseudo_beta()
    near = np.argwhere(np.triu(contacts(points) & known[:, None] & known, 6))
    residues = np.random.default_rng(seed).integers(0, 20, (num_rows, len(chain))).astype(np.int8)
    for first, second in near:
        residues[:, second] = residues[:, first]
    residues[0] = chain.aatype
    msa = Msa(residues=residues, deletions=np.zeros(residues.shape, dtype=np.int32), descriptions=("",) * num_rows)
    return replace(chain, msa=msa)


CHAINS = (
    aligned(example_chain(EXAMPLES[0], "train"), seed=1),
    example_chain(EXAMPLES[1], "train"),
    aligned(example_chain(EXAMPLES[4], "valid"), seed=2),
    example_chain(EXAMPLES[5], "valid"),
)


def tiny(folder: Path, **changes: Any) -> PairEncoderTraining:
    """A short run on the store `folder/store`, made if missing."""
    if not (folder / "store").exists():
        write_store(folder / "store", CHAINS)
    training = PairEncoderTraining(
        model=PairEncoderModelChoice(architecture=NETWORK),
        data=DataChoice(stores=(folder / "store",)),
        steps=4,
        micro_batch=2,
        examples=PairEncoderExampleConfig(batch_size=4, crop_size=32, num_versions=2),
        optimizer=OptimizerConfig(peak_rate=1e-2, warmup_steps=2, clip_norm=1.0, average_decay=0.5),
        validation=HeldOutChoice(max_chains=4),
        run=RunConfig(output=folder / "run", device="cpu", threads=1, checkpoint_every=2),
    )
    return replace(training, **changes)


def lines(folder: Path, name: str = "metrics.jsonl") -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def sampler(**changes: Any) -> EncoderSampler:
    config = replace(PairEncoderExampleConfig(crop_size=32, num_versions=2), **changes)
    return EncoderSampler(ChainMixture(CHAINS[:2]), CoevolutionMaps(FAST), config, seed=0)


def test_a_stopped_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    train_pair_encoder(tiny(tmp_path))
    whole = lines(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "whole")
    with pair_encoder_trainer(tiny(tmp_path)) as trainer:
        for _ in range(2):
            trainer.take_step()
        trainer.save()
    weights = train_pair_encoder(tiny(tmp_path))
    assert [line["total"] for line in lines(tmp_path / "run")] == [line["total"] for line in whole[2:]]
    assert weights.read_bytes() == (tmp_path / "whole" / weights.name).read_bytes()


def test_distances_are_learned(tmp_path: Path) -> None:
    train_pair_encoder(tiny(tmp_path, steps=40))
    totals = [line["total"] for line in lines(tmp_path / "run")]
    assert np.mean(totals[-5:]) < 0.85 * np.mean(totals[:5])


def test_weights_are_read_as_they_were_written(tmp_path: Path) -> None:
    """With their card, and contacts that are those of the logits."""
    weights = train_pair_encoder(tiny(tmp_path, steps=2))
    model = load_pair_encoder(weights)
    assert model.config == NETWORK
    assert inspect_weights(weights).card["training steps"] == 2
    found = coevolution(CHAINS[0].msa, FAST)  # type: ignore[arg-type]
    numbers = CHAINS[0].residue_index + 50 * (CHAINS[0].residue_index > 20)
    probabilities = model.contacts(found, numbers)
    logits = model(found.as_map()[None], None, torch.from_numpy(numbers)[None])[0]
    np.testing.assert_allclose(probabilities, contact_probabilities(logits.softmax(-1).detach().numpy()), atol=1e-6)
    np.testing.assert_allclose(probabilities, probabilities.T, atol=1e-6)
    assert not np.allclose(probabilities, model.contacts(found), atol=1e-6)
    with pytest.raises(WeightsError, match="not the parameters of a designer"):
        load_designer(weights)
    with pytest.raises(WeightsError, match="not the parameters of an encoder of pair maps"):
        load_pair_encoder("designer")
    with pytest.raises(InputError, match="but the network reads"):
        model.contacts(coevolution(CHAINS[0].msa))  # type: ignore[arg-type]


def test_a_run_goes_on_from_weights(tmp_path: Path) -> None:
    weights = train_pair_encoder(tiny(tmp_path, steps=2))
    choice = PairEncoderModelChoice(weights=str(weights))
    task = PairEncoderTask(tiny(tmp_path, model=choice, run=RunConfig(output=tmp_path / "second", device="cpu")), CPU)
    written = load_pair_encoder(weights).state_dict()
    assert all(torch.equal(value, written[name]) for name, value in task.model.state_dict().items())


def test_only_chains_with_an_alignment_are_measured(tmp_path: Path) -> None:
    task = PairEncoderTask(tiny(tmp_path), CPU)
    assert [store[index].id for store, index in task.data.validated] == [CHAINS[2].id]
    measures = task.measured(CHAINS[2])
    assert np.isfinite(measures["distogram"])
    write_store(tmp_path / "none", (*CHAINS[:2], CHAINS[3]))
    with pytest.raises(InputError, match="and an alignment"):
        PairEncoderTask(tiny(tmp_path, data=DataChoice(stores=(tmp_path / "none",))), CPU)


def test_padding_changes_no_loss(tmp_path: Path) -> None:
    """A chain beside a longer one has the loss that it has alone."""
    task = PairEncoderTask(tiny(tmp_path), CPU)
    torch.nn.init.normal_(task.model.encoder.output.weight)
    task.model.eval()
    maps = CoevolutionMaps(FAST)
    examples = [EncoderExample.of(maps.of(chain).as_map(), chain, np.arange(len(chain))) for chain in CHAINS[:2]]
    together = task.loss(0, EncoderExample.batch(examples))["total"]
    alone = torch.cat([task.loss(0, EncoderExample.batch([one]))["total"] for one in examples])
    torch.testing.assert_close(together, alone)


def test_examples_are_of_the_kinds_asked_for() -> None:
    """Aligned ones have real scores of one of the versions, simulated ones scores of a donor, others none."""
    versions = [coevolution_maps.CoevolutionMaps(FAST).of(CHAINS[0], version).scores["mean_field"] for version in range(2)]
    assert not torch.equal(*versions)
    for step in range(6):
        maps, chain, part = sampler(aligned_share=1.0).drawn(step, 0)
        assert chain.id == CHAINS[0].id
        assert any(torch.equal(maps[2], version[part][:, part]) for version in versions)
        maps, chain, part = sampler(aligned_share=0.0, simulated_share=1.0).drawn(step, 0)
        scores = maps[: len(FAST.score_names)]
        assert scores.any(dim=(1, 2)).all()
        assert torch.equal(scores, scores.mT)
        maps, chain, part = sampler(aligned_share=0.0, simulated_share=0.0).drawn(step, 0)
        assert not maps[: len(FAST.score_names)].any()
        assert maps.shape[-1] == min(32, len(chain))
    profile = maps[len(FAST.score_names) : len(FAST.score_names) + 20].diagonal(dim1=1, dim2=2)
    assert torch.equal(profile.argmax(0), torch.from_numpy(chain.aatype[part]))


def test_scores_of_a_pair_are_simulated_together() -> None:
    """Those of one pair of the donor, not each of another."""
    maps, _, _ = sampler(aligned_share=0.0, simulated_share=1.0).drawn(1, 0)
    names, known = FAST.score_names, CoevolutionMaps(FAST)
    real: set[tuple[float, ...]] = set()
    for version in range(2):
        scores = known.of(CHAINS[0], version).scores
        real |= {tuple(row) for row in torch.stack([scores[name].flatten() for name in names], dim=-1).tolist()}
    assert {tuple(row) for row in maps[: len(names)].flatten(1).T.tolist()} <= real


def test_maps_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a second run, too; other rows are another map."""
    calls = []
    monkeypatch.setattr(coevolution_maps, "coevolution", lambda msa, config: calls.append(msa.depth) or coevolution(msa, config))
    maps = CoevolutionMaps(FAST, tmp_path)
    first = maps.of(CHAINS[0])
    maps.of(CHAINS[0])
    again = CoevolutionMaps(FAST, tmp_path).of(CHAINS[0])
    assert calls == [200]
    assert torch.equal(first.as_map(), again.as_map())
    assert first.num_effective == again.num_effective
    maps.of(CHAINS[0], 1)
    other = aligned(replace(CHAINS[0], id="other"), seed=3)
    assert not torch.equal(maps.of(other).as_map(), first.as_map())
    assert len(calls) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "batch_size = 0"),
        ({"crop_size": 0}, "crop_size = 0"),
        ({"num_versions": 0}, "num_versions = 0"),
        ({"split_share": 1.01}, "split_share = 1.01"),
        ({"aligned_share": 1.5}, "aligned_share = 1.5"),
        ({"simulated_share": -0.1}, "simulated_share = -0.1"),
    ],
)
def test_settings_out_of_range(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        PairEncoderExampleConfig(**changes)
