"""Laws of the whole network: padding, batches, chunks, recycling, motion."""

from dataclasses import replace

import pytest
import torch

from protfold.features.fold_features import FoldFeatures
from protfold.geometry.rigid import Rigid
from protfold.model import AlphaFold
from protfold.model.execution import execution
from tests.support.networks import fill_parameters, random_features, tiny_config, tiny_network


def pad(features: FoldFeatures, residues: int, rows: int) -> FoldFeatures:
    """The same target with masked residues at the end and masked rows, whose values are not zero."""

    def grow(tensor: torch.Tensor, amounts: tuple[int, ...], value: float) -> torch.Tensor:
        widths = [number for amount in reversed(amounts) for number in (0, amount)]
        return torch.nn.functional.pad(tensor, widths, value=value)

    assert features.templates is None
    return FoldFeatures(
        aatype=grow(features.aatype, (residues,), 3),
        residue_index=grow(features.residue_index, (residues,), 7),
        seq_mask=grow(features.seq_mask, (residues,), 0),
        target_feat=grow(features.target_feat, (residues, 0), 2),
        msa_feat=grow(features.msa_feat, (0, rows, residues, 0), 3),
        msa_mask=grow(features.msa_mask, (0, rows, residues), 0),
        extra_msa=grow(features.extra_msa, (0, rows, residues), 5),
        extra_has_deletion=grow(features.extra_has_deletion, (0, rows, residues), 1),
        extra_deletion_value=grow(features.extra_deletion_value, (0, rows, residues), 2),
        extra_msa_mask=grow(features.extra_msa_mask, (0, rows, residues), 0),
        bert_mask=grow(features.bert_mask, (0, rows, residues), 0),
        true_msa=grow(features.true_msa, (0, rows, residues), 0),
    )


@torch.no_grad()
def test_padding_changes_nothing() -> None:
    """Masked residues and rows, filled with rubbish, leave the real part as it was."""
    model, features = tiny_network().double(), random_features(templates=0).map(_double)
    bare, padded = model(features), model(pad(features, 3, 2))
    length = features.num_residues
    torch.testing.assert_close(padded.atom37_positions[:length], bare.atom37_positions, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(padded.pair[:length, :length], bare.pair, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(padded.plddt[:length], bare.plddt, atol=1e-4, rtol=1e-6)
    torch.testing.assert_close(padded.ptm, bare.ptm, atol=1e-6, rtol=1e-6)
    assert not padded.atom37_positions[length:].any()
    assert not padded.atom37_mask[length:].any()


def _double(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


@torch.no_grad()
def test_batch_of_two_is_two_singles() -> None:
    """Batch axes lead (after the axis of passes)."""
    model = tiny_network()
    targets = [random_features(seed=seed) for seed in (1, 2)]
    singles = [model(target) for target in targets]
    together = model(_stack(targets))
    for index, single in enumerate(singles):
        torch.testing.assert_close(together.atom37_positions[index], single.atom37_positions, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.pae[index], single.pae, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(together.ptm[index], single.ptm)


def _stack(targets: list[FoldFeatures]) -> FoldFeatures:
    sampled = {
        "msa_feat",
        "msa_mask",
        "extra_msa",
        "extra_has_deletion",
        "extra_deletion_value",
        "extra_msa_mask",
        "bert_mask",
        "true_msa",
    }
    first = targets[0]
    changed = {
        name: torch.stack([getattr(target, name) for target in targets], dim=1 if name in sampled else 0)
        for name in first.__dataclass_fields__
        if name not in ("templates", "couplings", "coevolution")
    }
    assert first.templates is not None
    templates = replace(
        first.templates,
        **{
            name: torch.stack([getattr(target.templates, name) for target in targets])
            for name in first.templates.__dataclass_fields__
        },
    )
    return replace(first, **changed, templates=templates)


@torch.no_grad()
@pytest.mark.parametrize("chunk_elements", [1, 500])
def test_chunked_is_whole(chunk_elements: int) -> None:
    """With a mixed mask, so that a mask cut in the wrong place would show."""
    model, features = tiny_network(), random_features(num_residues=7, num_passes=1, templates=1)
    generator = torch.Generator().manual_seed(5)
    holes = (torch.rand(features.msa_mask.shape, generator=generator) > 0.2).float()
    holes[:, 0] = 1
    features = replace(
        features, msa_mask=holes, extra_msa_mask=(torch.rand(features.extra_msa.shape, generator=generator) > 0.3).float()
    )
    whole = model(features)
    with execution(chunk_elements=chunk_elements):
        chunked = model(features)
    torch.testing.assert_close(chunked.pair, whole.pair, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(chunked.atom37_positions, whole.atom37_positions, atol=1e-3, rtol=1e-4)


def test_gradient_mode_gives_the_same_numbers() -> None:
    """In-place and chunked inference equals the differentiable form; checkpointing changes no gradient."""
    model, features = tiny_network(), random_features()
    with torch.no_grad():
        expected = model(features)
    outputs = []
    for checkpointing in (False, True):
        model.zero_grad()
        with execution(checkpointing=checkpointing):
            output = model(features)
            (output.atom37_positions.sum() + output.distogram_logits.square().sum()).backward()
        outputs.append({name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None})
        torch.testing.assert_close(output.atom37_positions.detach(), expected.atom37_positions, atol=1e-4, rtol=1e-4)
    assert outputs[0].keys() == outputs[1].keys()
    for name, gradient in outputs[0].items():
        torch.testing.assert_close(outputs[1][name], gradient, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_recycling_continues_where_it_stopped() -> None:
    """More passes change the result; converged passes stop early; later passes reuse the last sample."""
    model, features = tiny_network(), random_features(num_passes=3)
    outputs = [model(features, num_recycles=n) for n in (0, 1, 2)]
    assert [output.num_recycles_used for output in outputs] == [0, 1, 2]
    assert not torch.allclose(outputs[0].pair, outputs[1].pair, atol=1e-3)
    stopped = model(features, num_recycles=2, recycle_tolerance=1e6)
    assert stopped.num_recycles_used == 1
    assert torch.equal(stopped.atom37_positions, outputs[1].atom37_positions)
    assert torch.isfinite(model(features, num_recycles=4).plddt).all()


@torch.no_grad()
def test_every_input_matters() -> None:
    """Each feature the network reads changes its output."""
    model, features = tiny_network(), random_features(num_passes=1)
    before = model(features)
    assert features.templates is not None
    for name in ("target_feat", "msa_feat", "extra_has_deletion", "extra_deletion_value"):
        changed = replace(features, **{name: getattr(features, name) + 1.0})
        assert not torch.allclose(model(changed).pair, before.pair, atol=1e-4), name
    for name, value in {"aatype": (features.aatype + 1) % 20, "extra_msa": (features.extra_msa + 1) % 20}.items():
        after = model(replace(features, **{name: value}))
        assert not torch.allclose(after.atom37_positions, before.atom37_positions, atol=1e-4), name
    moved = replace(
        features, residue_index=torch.where(features.residue_index > 4, features.residue_index + 50, features.residue_index)
    )
    assert not torch.allclose(model(moved).pair, before.pair, atol=1e-4)
    without = model(replace(features, templates=None))
    assert not torch.allclose(without.pair, before.pair, atol=1e-4)
    nothing_real = replace(features.templates, mask=torch.zeros(2))
    torch.testing.assert_close(model(replace(features, templates=nothing_real)).pair, without.pair, atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_templates_are_seen_up_to_a_rotation() -> None:
    """Only distances and torsions of a template enter. Absent atoms stand at the origin, as published, so that it must stay."""
    from tests.unit.geometry.test_rigid import random_rigid

    model, features = tiny_network().double(), random_features().map(_double)
    templates = features.templates
    assert templates is not None
    motion = Rigid(random_rigid(1).rotation, torch.zeros(1, 3, dtype=torch.float64))
    moved = replace(
        templates,
        atom37_positions=motion.apply(templates.atom37_positions),
        pseudo_beta=motion.apply(templates.pseudo_beta),
    )
    expected, found = model(features).pair, model(replace(features, templates=moved)).pair
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_parameter_count_of_the_published_networks() -> None:
    """Values in DeepMind's files: model_1_ptm 93,237,338; model_3 92,899,674."""
    from protfold.model import AlphaFoldConfig

    with torch.device("meta"):
        for config, values in (
            (AlphaFoldConfig(), 93_237_338),
            (AlphaFoldConfig(num_pae_bins=0), 93_229_082),
            (AlphaFoldConfig(template=None), 92_907_930),
            (AlphaFoldConfig(template=None, num_pae_bins=0), 92_899_674),
        ):
            assert sum(parameter.numel() for parameter in AlphaFold(config).parameters()) == values


def test_pair_encoder_adds_to_the_pair_representation() -> None:
    """A built part given to the constructor, not a twin network."""

    class Encoder(torch.nn.Module):
        def forward(self, features: FoldFeatures, index: int) -> torch.Tensor:
            return torch.full((features.num_residues, features.num_residues, 12), 0.5 + index)

    plain = tiny_network()
    encoded = AlphaFold(tiny_config(), pair_encoder=Encoder()).eval()
    encoded.load_state_dict(plain.state_dict())
    features = random_features()
    with torch.no_grad():
        assert not torch.allclose(plain(features).pair, encoded(features).pair, atol=1e-3)


@torch.no_grad()
def test_couplings_are_a_term_of_the_pair_representation() -> None:
    """Untrained they change nothing; afterwards they do, symmetric scores symmetrically; those beyond the last bin count as in it."""
    plain, config = tiny_network(), replace(tiny_config(), num_coupling_bins=4)
    coupled = AlphaFold(config).eval()
    untrained = coupled.coupling_embedder.state_dict()
    coupled.load_state_dict(plain.state_dict() | {f"coupling_embedder.{name}": value for name, value in untrained.items()})
    scores = torch.randn(9, 9, generator=torch.Generator().manual_seed(0))
    features = random_features()
    with_scores = replace(features, couplings=scores + scores.T)
    torch.testing.assert_close(coupled(with_scores).pair, plain(features).pair)
    fill_parameters(coupled.coupling_embedder)
    assert not torch.allclose(coupled(with_scores).pair, plain(features).pair, atol=1e-3)
    term = coupled.coupling_embedder(scores + scores.T)
    torch.testing.assert_close(term, term.transpose(0, 1))
    ends = coupled.coupling_embedder(torch.tensor([[3.0, 50.0], [1.0, 2.0]]))
    torch.testing.assert_close(ends[0, 0], ends[0, 1])
    assert not torch.allclose(ends[1, 0], ends[1, 1])
