"""`CoevolutionTerm`: nothing at the start, the encoder's reading afterwards, kept in checkpoints and learned in training."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from protfold.entities import Msa
from protfold.errors import InputError
from protfold.features import FeatureConfig, build_features
from protfold.features.coevolution import CoevolutionConfig, coevolution
from protfold.model import AlphaFold
from protfold.train.examples import batch_features
from protfold.train.fold_config import ModelChoice
from protfold.train.fold_run import fold_trainer, train_fold
from protfold.vision import DistanceNetwork, DistanceNetworkConfig
from protfold.vision.coevolution_term import CoevolutionTerm
from protfold.weights import ModelCard, load_checkpoint, load_weights, save_checkpoint
from tests.support.fold_training import tiny_training
from tests.support.networks import random_features, tiny_config, tiny_network

INPUT = CoevolutionConfig(pseudo_likelihood=False)
CONFIG = DistanceNetworkConfig(backbone="dilated_resnet", settings={"hidden": 8, "depth": 1}, c_z=8, input=INPUT)
CARD = ModelCard(name="tiny", description="", licence="", training_data="", training_steps=1)


def network() -> DistanceNetwork:
    """With random parameters everywhere."""
    torch.manual_seed(0)
    made = DistanceNetwork(CONFIG).eval()
    torch.nn.init.normal_(made.encoder.output.weight)
    return made


def folding(*, learned: bool) -> AlphaFold:
    """A small folding network with the encoder; the matrix behind it as it starts, or as if it had learned."""
    term = CoevolutionTerm.of(network(), c_z=12)
    if learned:
        torch.nn.init.normal_(term.output.weight)
    with_term = AlphaFold(tiny_config(), pair_encoder=term).eval()
    with_term.load_state_dict(tiny_network().state_dict(), strict=False)
    return with_term


def maps(num_residues: int) -> torch.Tensor:
    x = torch.randn(len(INPUT.channel_names), num_residues, num_residues, generator=torch.Generator().manual_seed(1))
    return x + x.mT


@torch.no_grad()
def test_it_starts_as_nothing_and_is_a_term_of_the_pair_representation() -> None:
    features = random_features()
    seen = replace(features, coevolution=maps(features.num_residues))
    plain = tiny_network()(features).pair
    assert torch.equal(folding(learned=False)(seen).pair, plain)
    assert not torch.allclose(folding(learned=True)(seen).pair, plain, atol=1e-3)


@torch.no_grad()
def test_it_is_what_the_encoder_reads() -> None:
    """In a batch with padding, too; and without co-evolution it says what is missing."""
    features = random_features()
    length = features.num_residues
    term = CoevolutionTerm.of(network(), c_z=12)
    torch.nn.init.normal_(term.output.weight)
    seen = replace(features, coevolution=maps(length))
    expected = term.output(network().encoder(maps(length)[None], None, features.residue_index[None]))[0]
    torch.testing.assert_close(term.eval()(seen, 0), expected)
    longer = random_features(num_residues=length + 3, templates=0, seed=1)
    together = batch_features([replace(seen, templates=None), replace(longer, coevolution=maps(length + 3))])
    torch.testing.assert_close(term(together, 0)[0, :length, :length], expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(InputError, match="the features hold none"):
        term(features, 0)


def test_a_checkpoint_keeps_it(tmp_path: Path) -> None:
    made = folding(learned=True)
    save_checkpoint(made, tmp_path / "a.safetensors", CARD)
    read = load_checkpoint(tmp_path / "a.safetensors").model
    assert isinstance(read, AlphaFold)
    assert isinstance(read.pair_encoder, CoevolutionTerm)
    assert read.pair_encoder.config == CONFIG
    assert read.state_dict().keys() == made.state_dict().keys()
    assert all(torch.equal(value, made.state_dict()[name]) for name, value in read.state_dict().items())


def test_features_hold_the_channels_asked_for() -> None:
    rows = np.random.default_rng(0).integers(0, 20, (60, 12)).astype(np.int8)
    msa = Msa(residues=rows, deletions=np.zeros(rows.shape, dtype=np.int32), descriptions=("",) * 60)
    built = build_features(msa, config=FeatureConfig(coevolution=INPUT))
    assert built.coevolution is not None
    assert torch.equal(built.coevolution, coevolution(msa, INPUT).as_map())
    assert build_features(msa).coevolution is None


def test_training_goes_on_with_it_and_its_weights_fold(tmp_path: Path) -> None:
    """From the encoder's parameters; the matrix behind it learns, and what is exported asks for the same channels."""
    save_checkpoint(network(), tmp_path / "encoder.safetensors", replace(CARD, feature_config=None))
    choice = ModelChoice(architecture=tiny_config(templates=False), pair_encoder=str(tmp_path / "encoder.safetensors"))
    training = tiny_training(tmp_path, model=choice)
    with fold_trainer(training) as trainer:
        term = trainer.task.model.pair_encoder
        assert torch.equal(term.encoder.output.weight, network().encoder.output.weight)
        features, _ = trainer.task.batch(0, [0, 1])
        assert features.coevolution is not None
        assert features.coevolution.shape[1] == len(INPUT.channel_names)
    loaded = load_weights(train_fold(training))
    assert loaded.feature_config.coevolution == INPUT
    assert isinstance(loaded.model.pair_encoder, CoevolutionTerm)
    assert bool(loaded.model.pair_encoder.output.weight.any())


def test_an_encoder_is_not_added_to_weights() -> None:
    with pytest.raises(InputError, match="weights and pair_encoder"):
        ModelChoice(weights="mini", pair_encoder="pair_encoder")
