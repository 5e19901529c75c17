"""Laws of the structure module and of invariant point attention."""

from dataclasses import replace

import torch

from protfold.geometry.atom_frames import ideal_pseudo_beta
from protfold.geometry.chain import lay_out_chain
from protfold.geometry.rigid import Rigid
from protfold.geometry.superposition import superpose
from protfold.model.invariant_point_attention import InvariantPointAttention
from protfold.model.structure_module import BackboneUpdate, StructureModule
from tests.support.networks import fill_parameters, tiny_config
from tests.unit.geometry.test_fragments import helix
from tests.unit.geometry.test_rigid import random_rigid

N_RES = 5


def attention() -> InvariantPointAttention:
    """In float64, with no trivial parameter."""
    module = InvariantPointAttention(c_s=6, c_z=4, c_hidden=3, num_heads=2, num_query_points=2, num_value_points=3).double()
    fill_parameters(module)
    return module


def inputs() -> tuple[torch.Tensor, torch.Tensor, Rigid, torch.Tensor]:
    """Single and pair representations, frames, and a mask with one residue out."""
    generator = torch.Generator().manual_seed(2)
    single, pair = (torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((N_RES, 6), (N_RES, N_RES, 4)))
    return single, pair, random_rigid(N_RES), torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0], dtype=torch.float64)


@torch.no_grad()
def test_attention_is_invariant_to_a_global_motion() -> None:
    """All frames moved alike: nothing changes; one frame moved: something does."""
    single, pair, frames, mask = inputs()
    expected = attention()(single, pair, frames, mask)
    torch.testing.assert_close(attention()(single, pair, random_rigid(1, seed=7).compose(frames), mask), expected)
    one_moved = Rigid(frames.rotation, frames.translation.clone())
    one_moved.translation[0] += 1.0
    assert (attention()(single, pair, one_moved, mask) - expected).abs().max() > 1e-3


@torch.no_grad()
def test_masked_residue_is_not_seen() -> None:
    """What a masked residue holds does not reach the others."""
    single, pair, frames, mask = inputs()
    expected = attention()(single, pair, frames, mask)
    single[2], pair[:, 2], frames.translation[2] = 9.0, -3.0, 50.0
    found = attention()(single, pair, frames, mask)
    torch.testing.assert_close(found[mask > 0], expected[mask > 0])


def test_attention_gradient_is_the_numeric_one() -> None:
    """Gradcheck in float64, through frames as well."""
    single, pair, frames, mask = inputs()
    module = attention()
    wanted = [tensor.requires_grad_() for tensor in (single, pair, frames.rotation.clone(), frames.translation.clone())]

    def function(single: torch.Tensor, pair: torch.Tensor, rotation: torch.Tensor, translation: torch.Tensor) -> torch.Tensor:
        return module(single, pair, Rigid(rotation, translation), mask)

    assert torch.autograd.gradcheck(function, wanted, atol=1e-6, fast_mode=True)


def structure_module() -> StructureModule:
    """Tiny, float64."""
    config = tiny_config()
    module = StructureModule(c_s=config.c_s, c_z=config.c_z, config=config.structure).double().eval()
    fill_parameters(module)
    return module


def test_rotation_gradient_stops_between_layers() -> None:
    """Frames of the last layer still carry a gradient; frames are proper and every layer moves them."""
    generator = torch.Generator().manual_seed(3)
    single, pair = (torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((N_RES, 24), (N_RES, N_RES, 12)))
    single.requires_grad_()
    structure = structure_module()(single, pair, torch.arange(N_RES), torch.ones(N_RES, dtype=torch.float64))
    structure.backbone.rotation[-1].sum().backward()
    assert single.grad is not None
    assert torch.isfinite(single.grad).all()
    assert single.grad.abs().max() > 0
    rotation = structure.backbone.rotation.detach()
    torch.testing.assert_close(rotation @ rotation.transpose(-1, -2), torch.eye(3, dtype=torch.float64).expand_as(rotation))
    assert (rotation.diff(dim=0).abs().amax((-1, -2, -3)) > 1e-3).all()


def test_backbone_update_of_zero_parameters_is_the_identity() -> None:
    """As initialised, a layer leaves the frames where they are."""
    motion = BackboneUpdate(c_s=8)(torch.randn(4, 8))
    assert torch.equal(motion.rotation, torch.eye(3).expand(4, 3, 3))
    assert not motion.translation.any()


@torch.no_grad()
def test_start_as_a_chain() -> None:
    """As initialised, every layer leaves the chain in place: bonded, about the origin, one layer more; padding has no say."""
    config = replace(tiny_config(), structure=replace(tiny_config().structure, start="chain"))
    torch.manual_seed(0)
    module = StructureModule(c_s=config.c_s, c_z=config.c_z, config=config.structure).eval()
    mask = torch.ones(2, N_RES)
    mask[1, 3:] = 0.0
    structure = module(torch.randn(2, N_RES, 24), torch.randn(2, N_RES, N_RES, 12), torch.zeros(2, N_RES, dtype=torch.long), mask)
    assert len(structure.backbone.translation) == len(structure.torsion_sin_cos) == config.structure.num_layers + 1
    omega, phi, psi = structure.torsion_sin_cos[0, ..., :3, :].unbind(-2)
    chain = lay_out_chain(omega, phi, psi).translation
    for layer in structure.backbone.translation:
        torch.testing.assert_close(torch.cdist(layer, layer), torch.cdist(chain, chain), atol=1e-3, rtol=0.0)
    centres = (structure.backbone.translation * mask[..., None]).sum(-2)
    assert centres.abs().max() < 1e-3


@torch.no_grad()
def test_start_from_distances() -> None:
    """A sure distogram of a helix, and torsions of one, give that helix as the start, and right-handed."""
    config = replace(tiny_config(), structure=replace(tiny_config().structure, start="distances"))
    module = StructureModule(c_s=config.c_s, c_z=config.c_z, config=config.structure).eval()
    num_residues, aatype = 14, torch.zeros(14, dtype=torch.long)
    chain = helix(num_residues)
    points = ideal_pseudo_beta(aatype, Rigid(chain.rotation.float(), chain.translation.float()))
    bins = ((torch.cdist(points, points) - 2.0) / 0.3125).long().clamp(0, 63)
    angles = torch.deg2rad(torch.tensor([180.0, -63.0, -42.0, 0.0, 0.0, 0.0, 0.0]))
    module.start_torsions.output.bias.copy_(torch.stack([angles.sin(), angles.cos()], dim=-1).flatten())
    module.start_torsions.output.weight.zero_()
    single, pair = torch.randn(num_residues, config.c_s), torch.randn(num_residues, num_residues, config.c_z)
    logits = 20.0 * torch.nn.functional.one_hot(bins, 64).float()
    start = module(single, pair, aatype, torch.ones(num_residues), logits).backbone[0].translation
    found = start - start.mean(0)
    expected = chain.translation.float()
    placed = superpose(found, expected, torch.ones(num_residues)).apply(found)
    assert (placed - expected).norm(dim=-1).max() < 0.5


def test_the_start_learns_from_its_torsions_alone() -> None:
    """No gradient of later frames reaches the torsions that lay out the chain; its own torsions bring one."""
    config = replace(tiny_config(), structure=replace(tiny_config().structure, start="chain"))
    module = StructureModule(c_s=config.c_s, c_z=config.c_z, config=config.structure).double().eval()
    fill_parameters(module)
    structure = module(
        torch.randn(N_RES, 24, dtype=torch.float64),
        torch.randn(N_RES, N_RES, 12, dtype=torch.float64),
        torch.arange(N_RES),
        torch.ones(N_RES, dtype=torch.float64),
    )
    weight = module.start_torsions.output.weight
    assert torch.autograd.grad(structure.backbone.translation.sum(), weight, retain_graph=True, allow_unused=True)[0] is None
    assert torch.autograd.grad(structure.torsion_sin_cos[0].sum(), weight)[0].abs().max() > 0
