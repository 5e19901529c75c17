"""The whole loss: terms, weights, masks, what it does not see, and what can be learned from it."""

from dataclasses import fields, replace
from typing import NoReturn

import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.geometry.rigid import Rigid
from protfold.losses import FINE_TUNING, INITIAL_TRAINING, FoldLoss, FoldLossConfig, FoldTarget, total
from protfold.model import AlphaFold
from tests.support.every_residue import random_rigid
from tests.support.networks import random_features, tiny_config
from tests.unit.losses.made import NUM_RESIDUES, PASSES, masked_features, moved, prediction, taken, true_structure

EVERYTHING = FoldLossConfig(**dict.fromkeys(total.TERMS, 1.0))
NOTHING = FoldLossConfig(**dict.fromkeys(total.TERMS, 0.0))
STRUCTURE = ("backbone_fape", "all_atom_fape", "torsion", "angle_norm", "peptide_bond", "violation", "plddt", "pae")
FUNCTIONS = {
    "backbone_fape": "backbone_fape", "all_atom_fape": "all_atom_fape", "torsion": "torsion_angle_loss", "angle_norm": "angle_norm_loss",
    "smooth_lddt": "smooth_lddt_loss", "peptide_bond": "peptide_bond_loss", "violation": "violation_loss", "distogram": "distogram_loss",
    "masked_msa": "masked_msa_loss",
    "experimentally_resolved": "experimentally_resolved_loss", "plddt": "plddt_loss", "pae": "pae_loss",
}  # fmt: skip


def test_the_total_is_the_weighted_sum_of_all_terms() -> None:
    target = true_structure()
    config = replace(FINE_TUNING, peptide_bond=0.7, smooth_lddt=0.3)
    terms = FoldLoss(config)(prediction(target), target, masked_features())
    assert list(terms) == [*total.TERMS, "total"]
    assert all(float(terms[name]) > 0.0 for name in total.TERMS)
    expected = sum(getattr(config, name) * float(terms[name]) for name in total.TERMS)
    assert float(terms["total"]) == pytest.approx(expected, rel=1e-5)


def test_initial_training_lacks_what_fine_tuning_adds() -> None:
    added = {"violation": 1.0, "experimentally_resolved": 0.01, "pae": 0.1}
    assert replace(INITIAL_TRAINING, **added) == FINE_TUNING
    assert all(getattr(INITIAL_TRAINING, name) == 0.0 for name in added)


@pytest.mark.parametrize("name", total.TERMS)
def test_a_term_without_weight_is_zero_and_not_computed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def compute(*_: object, **__: object) -> NoReturn:
        raise AssertionError(name)

    target = true_structure()
    output, features = prediction(target), masked_features()
    with monkeypatch.context() as patch:
        patch.setattr(total, FUNCTIONS[name], compute)
        terms = FoldLoss(replace(EVERYTHING, **{name: 0.0}))(output, target, features)
        assert list(terms) == [*total.TERMS, "total"]
        assert float(terms[name]) == 0.0
        with pytest.raises(AssertionError, match=name):
            FoldLoss(EVERYTHING)(output, target, features)


def test_without_any_weight_there_is_a_total_to_differentiate() -> None:
    target = true_structure()
    output = prediction(target)
    output.plddt_logits.requires_grad_()
    FoldLoss(NOTHING)(output, target)["total"].backward()
    assert output.plddt_logits.grad is not None
    assert output.plddt_logits.grad.eq(0.0).all()


def test_a_network_without_pae_head_has_no_such_term() -> None:
    target = true_structure()
    terms = FoldLoss(EVERYTHING)(replace(prediction(target), pae_logits=None), target, masked_features())
    assert float(terms["pae"]) == 0.0


def test_masked_alignment_of_the_last_pass() -> None:
    """What an earlier pass saw masked does not count; fewer samples than passes are used again."""
    target, features = true_structure(), masked_features()
    output, loss = prediction(target), FoldLoss(replace(NOTHING, masked_msa=1.0))
    last = features.map(lambda tensor: tensor[PASSES - 1 :] if tensor.shape[0] == PASSES else tensor)
    first = features.map(lambda tensor: tensor[: PASSES - 1] if tensor.shape[0] == PASSES else tensor)
    found = loss(output, target, features)["masked_msa"]
    torch.testing.assert_close(loss(output, target, last)["masked_msa"], found)
    assert float(loss(output, target, first)["masked_msa"]) != float(found)
    with pytest.raises(ValueError, match="masked_msa"):
        loss(output, target)


@pytest.mark.parametrize("resolution", [0.0, 0.05, 2.0, 3.0, 3.5])
def test_confidence_is_learned_from_well_resolved_structures(resolution: float) -> None:
    """From 0.1 to 3.0 Å as published; on request from those of unknown resolution (0) too."""
    target = true_structure(resolution=resolution)
    output, features = prediction(target), masked_features()
    published = FoldLoss(EVERYTHING)(output, target, features)
    lenient = FoldLoss(replace(EVERYTHING, best_resolution=0.0))(output, target, features)
    for name in ("plddt", "pae", "experimentally_resolved"):
        assert (float(published[name]) > 0.0) == (0.1 <= resolution <= 3.0), name
        assert (float(lenient[name]) > 0.0) == (resolution <= 3.0), name
    assert float(published["distogram"]) > 0.0


def test_padding_changes_no_term() -> None:
    """Whatever was predicted for padding, the example has the losses that it has alone."""
    real = 14
    target, features = true_structure(), masked_features()
    output = prediction(target)
    mask = (torch.arange(NUM_RESIDUES) < real).float()
    padded = replace(
        target,
        aatype=target.aatype * mask.long(),
        residue_index=target.residue_index * mask.long(),
        seq_mask=mask,
        atom37_positions=target.atom37_positions * mask[:, None, None],
        atom37_mask=target.atom37_mask * mask[:, None],
    )
    together = FoldLoss(EVERYTHING)(output, padded, replace(features, bert_mask=features.bert_mask * mask))
    alone = FoldLoss(EVERYTHING)(*(taken(value, NUM_RESIDUES, slice(real)) for value in (output, target, features)))
    for name, term in alone.items():
        torch.testing.assert_close(together[name], term, msg=lambda text, name=name: f"{name}: {text}")


def test_examples_of_a_batch_have_the_losses_they_have_alone() -> None:
    target, features = true_structure(5), masked_features(5)
    output = prediction(target)
    together = FoldLoss(EVERYTHING)(output, target, features)
    for example in (0, 3):
        alone = FoldLoss(EVERYTHING)(*(taken(value, 5, example) for value in (output, target, features)))
        for name, term in alone.items():
            torch.testing.assert_close(together[name][example], term, msg=lambda text, name=name: f"{name}: {text}")


def test_unobserved_side_chains_leave_backbone_terms_as_they_are() -> None:
    target = true_structure()
    output, mask = prediction(target), target.atom37_mask.clone()
    mask[:, ATOM37_INDEX["CB"] + 2 :] = 0.0
    full, backbone = (FoldLoss(EVERYTHING)(output, one, masked_features()) for one in (target, replace(target, atom37_mask=mask)))
    for name in ("backbone_fape", "distogram", "plddt", "pae", "violation"):
        torch.testing.assert_close(full[name], backbone[name])
    assert float(full["all_atom_fape"]) != float(backbone["all_atom_fape"])


@pytest.mark.parametrize("which", ["prediction", "truth"])
def test_no_term_sees_where_in_space_a_structure_lies(which: str) -> None:
    target, motion = true_structure(), random_rigid(1, seed=8)
    output, features = prediction(target), masked_features()
    here = FoldLoss(EVERYTHING)(output, target, features)
    elsewhere = replace(target, atom37_positions=motion.apply(target.atom37_positions) * target.atom37_mask[..., None])
    there = FoldLoss(EVERYTHING)(*((moved(output, motion), target) if which == "prediction" else (output, elsewhere)), features)
    for name, term in here.items():
        torch.testing.assert_close(there[name], term, atol=1e-4, rtol=1e-4, msg=lambda text, name=name: f"{name}: {text}")


def test_fape_sees_a_mirror_image_and_lddt_does_not() -> None:
    """A perfect prediction and its mirror image: the same bins of lDDT, but errors from every frame."""
    target = true_structure()
    mirror = torch.tensor([1.0, 1.0, -1.0])
    image = replace(target, atom37_positions=target.atom37_positions * mirror)
    perfect, mirrored = (
        replace(prediction(target), atom37_positions=one.atom37_positions, structure=with_backbone(prediction(target), one))
        for one in (target, image)
    )
    right, wrong = (FoldLoss(EVERYTHING)(output, target, masked_features()) for output in (perfect, mirrored))
    torch.testing.assert_close(right["plddt"], wrong["plddt"])
    assert float(right["backbone_fape"]) < 2e-3
    assert float(wrong["backbone_fape"]) > 0.3
    assert float(wrong["pae"]) != float(right["pae"])


def with_backbone(output, structure: FoldTarget):  # type: ignore[no-untyped-def]
    """The frames of a known structure in every layer."""
    frames, _ = total.true_backbone(structure)
    layers = len(output.structure.backbone.translation)
    return replace(
        output.structure, backbone=Rigid(*(torch.stack([part] * layers) for part in (frames.rotation, frames.translation)))
    )


def test_a_collapsed_structure_has_a_finite_gradient() -> None:
    """All frames the identity, as before the first layer: CA atoms coincide, and others of equal residues."""
    target = true_structure()
    target = replace(target, aatype=torch.zeros_like(target.aatype), atom37_mask=target.atom37_mask * 0.0)
    output = prediction(target)
    atoms = torch.zeros_like(output.structure.atom14_positions).requires_grad_()
    flat = torch.zeros_like(output.atom37_positions).requires_grad_()
    terms = FoldLoss(EVERYTHING)(
        replace(output, atom37_positions=flat, structure=replace(output.structure, atom14_positions=atoms)),
        target,
        masked_features(),
    )
    terms["total"].backward()
    for leaf in (atoms, flat):
        assert leaf.grad is not None
        assert leaf.grad.isfinite().all()
    assert float(terms["violation"].detach()) > 1.0


def test_a_few_steps_bring_every_term_down() -> None:
    """The gradient of the total reaches trunk, structure module and all heads. (The bonds of random residues are broken.)"""
    torch.manual_seed(1)
    model = AlphaFold(tiny_config(templates=False)).eval()
    target = taken(replace(true_structure(), clamp_fape=torch.tensor(0.0)), NUM_RESIDUES, slice(8))
    features = replace(random_features(num_residues=8, num_rows=2, num_extra=1, num_passes=1, templates=0), aatype=target.aatype)
    features = replace(features, bert_mask=torch.ones_like(features.bert_mask), residue_index=target.residue_index)
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=1e-2), FoldLoss(replace(FINE_TUNING, violation=0.0, masked_msa=0.5))
    history = []
    for _ in range(21):
        terms = loss(model(features), target, features)
        optimizer.zero_grad()
        terms["total"].backward()
        optimizer.step()
        history.append({name: float(term.detach()) for name, term in terms.items()})
    for name in ("backbone_fape", "torsion", "distogram", "masked_msa", "experimentally_resolved", "plddt", "pae"):
        assert history[-1][name] < 0.95 * history[0][name], name


def test_target_maps_every_tensor() -> None:
    target = true_structure()
    doubled = target.map(lambda tensor: torch.stack([tensor, tensor]))
    assert isinstance(doubled, FoldTarget)
    assert all(getattr(doubled, field.name).shape == (2, *getattr(target, field.name).shape) for field in fields(FoldTarget))
