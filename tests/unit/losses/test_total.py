"""The whole loss on the network: terms, weights, masks, and what can be learned from it."""

from dataclasses import fields, replace

import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.features import FeatureConfig, build_features
from protfold.losses.target import FoldTarget
from protfold.losses.total import FoldLoss, FoldLossConfig
from protfold.model import AlphaFold
from protfold.model.output import FoldOutput
from protfold.train.chain_store import Chain
from protfold.train.examples import batch_features, batch_targets, fold_target
from tests.support.chains import ideal_chain
from tests.support.networks import tiny_config

TERMS = {"backbone_fape", "all_atom_fape", "torsion", "angle_norm", "peptide_bond", "distogram", "plddt", "pae"}


def predict(model: AlphaFold, chain: Chain) -> FoldOutput:
    config = FeatureConfig(max_msa_clusters=1, max_extra_msa=1, num_recycles=0, max_templates=0)
    return model(batch_features([build_features(chain.query(), config=config)]))


def detached(terms: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: term.detach() for name, term in terms.items()}


def network() -> AlphaFold:
    torch.manual_seed(0)
    return AlphaFold(tiny_config(templates=False)).eval()


def test_the_total_is_the_weighted_sum_of_all_terms() -> None:
    chain = ideal_chain()
    config = FoldLossConfig(peptide_bond=0.7)
    terms = detached(FoldLoss(config)(predict(network(), chain), batch_targets([fold_target(chain)])))
    assert set(terms) == TERMS | {"total"}
    expected = sum(getattr(config, name) * float(terms[name]) for name in TERMS)
    assert float(terms["total"]) == pytest.approx(expected, rel=1e-5)
    assert {field.name for field in fields(FoldLossConfig)} >= TERMS


def test_poorly_resolved_structures_do_not_train_confidence() -> None:
    chain = ideal_chain()
    output, target = predict(network(), chain), batch_targets([fold_target(chain)])
    blurred = replace(target, resolution=torch.tensor([3.5]))
    terms = detached(FoldLoss()(output, blurred))
    assert float(terms["plddt"]) == 0.0
    assert float(terms["pae"]) == 0.0
    assert float(detached(FoldLoss()(output, target))["plddt"]) > 0.0


def test_padding_changes_no_term() -> None:
    """A shorter example in a batch has the losses it has alone."""
    short, long = ideal_chain(12, seed=3), ideal_chain(20, seed=5)
    model = network()
    config = FeatureConfig(max_msa_clusters=1, max_extra_msa=1, num_recycles=0, max_templates=0, masked_fraction=0.0)
    features = [build_features(chain.query(), config=config) for chain in (short, long)]
    targets = [fold_target(short), fold_target(long)]
    loss = FoldLoss()
    together = loss(model(batch_features(features)), batch_targets(targets))
    alone = loss(model(batch_features(features[:1])), batch_targets(targets[:1]))
    for name in TERMS:
        torch.testing.assert_close(together[name][:1], alone[name], atol=1e-4, rtol=1e-4)


def test_unobserved_side_chains_leave_backbone_terms_as_they_are() -> None:
    chain = ideal_chain()
    output = predict(network(), chain)
    mask = chain.atom37_mask.copy()
    mask[:, ATOM37_INDEX["CB"] + 2 :] = 0.0
    full, backbone = (
        detached(FoldLoss()(output, batch_targets([fold_target(one)]))) for one in (chain, replace(chain, atom37_mask=mask))
    )
    for name in ("backbone_fape", "distogram", "plddt", "pae"):
        torch.testing.assert_close(full[name], backbone[name])
    assert float(full["all_atom_fape"]) != float(backbone["all_atom_fape"])


def test_a_few_steps_bring_every_structure_term_down() -> None:
    """The gradient of the total reaches trunk, structure module and heads."""
    torch.manual_seed(1)
    model, chain = network(), ideal_chain(8)
    target, loss = batch_targets([fold_target(chain, clamp_fape=False)]), FoldLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    first = detached(loss(predict(model, chain), target))
    for _ in range(40):
        terms = loss(predict(model, chain), target)
        optimizer.zero_grad()
        terms["total"].sum().backward()
        optimizer.step()
    last = detached(loss(predict(model, chain), target))
    for name in ("backbone_fape", "torsion", "distogram", "plddt"):
        assert float(last[name]) < 0.9 * float(first[name]), name


def test_target_maps_every_tensor() -> None:
    target = fold_target(ideal_chain(), slice(2, 9))
    doubled = target.map(lambda tensor: torch.stack([tensor, tensor]))
    assert isinstance(doubled, FoldTarget)
    assert all(getattr(doubled, field.name).shape == (2, *getattr(target, field.name).shape) for field in fields(FoldTarget))
