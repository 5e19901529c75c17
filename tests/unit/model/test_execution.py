"""Chunks, checkpointing, dropout and reduced precision."""

from dataclasses import replace

import pytest
import torch

from protfold.features import FoldFeatures
from protfold.model import AlphaFold
from protfold.model.dropout import SharedDropout
from protfold.model.execution import attend, by_rows, execution, mask_bias
from tests.support.networks import fill_parameters, random_features, tiny_config, tiny_network


@pytest.mark.parametrize("dim", [-3, -2])
def test_by_rows_cuts_as_told(dim: int) -> None:
    """Seven rows of ten elements in chunks of at most 25: slices 2, 2, 2, 1, joined along the axis asked for."""
    values, seen = torch.arange(70.0).reshape(7, 2, 5), []

    def rows(part: slice) -> torch.Tensor:
        seen.append(part)
        return (values[part] + 1).movedim(0, dim)

    with execution(chunk_elements=25), torch.no_grad():
        result = by_rows(rows, num_rows=7, row_elements=10, dim=dim)
    assert [len(range(*part.indices(7))) for part in seen] == [2, 2, 2, 1]
    assert torch.equal(result, (values + 1).movedim(0, dim))


def test_gradients_are_never_cut() -> None:
    """One call, whatever the budget."""
    seen = []
    with execution(chunk_elements=1):
        by_rows(lambda part: seen.append(part) or torch.ones(3, 1, 1), num_rows=3, row_elements=10)
    assert seen == [slice(None)]


def test_attention_by_hand() -> None:
    """Softmax of scaled products plus bias, written out; a row whose keys are all masked attends to all of them evenly."""
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(2, 3, 5, 4, generator=generator) for _ in range(3))
    mask = torch.tensor([[1.0, 1, 0, 1, 1], [0.0, 0, 0, 0, 0]])
    logits = query @ key.transpose(-1, -2) / 2.0
    logits = torch.where(mask[:, None, None] > 0, logits, torch.tensor(-1e9))
    expected = torch.softmax(logits, dim=-1) @ value
    torch.testing.assert_close(attend(query, key, value, mask_bias(mask, query)), expected)


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("bias_rows", [0, 1, 5])
def test_attention_in_bfloat16_by_pieces(monkeypatch: pytest.MonkeyPatch, batch: tuple[int, ...], bias_rows: int) -> None:
    """Two rows a piece, three pieces: float32's result within bfloat16's rounding; the bias may differ by row, be shared, or be absent."""
    monkeypatch.setattr("protfold.model.execution.CACHED_LOGITS", 2 * 3 * 7 * 6)
    generator = torch.Generator().manual_seed(0)
    query = torch.randn(*batch, 5, 3, 7, 4, generator=generator).bfloat16()
    key, value = (torch.randn(*batch, 5, 3, 6, 4, generator=generator).bfloat16() for _ in range(2))
    bias = 3 * torch.randn(*(1 for _ in batch), bias_rows, 3, 7, 6, generator=generator).bfloat16() if bias_rows else None
    expected = attend(query.float(), key.float(), value.float(), None if bias is None else bias.float())
    with torch.no_grad():
        found = attend(query, key, value, bias)
    assert found.shape == expected.shape
    torch.testing.assert_close(found.float(), expected, atol=0.04, rtol=0.0)


def test_attention_with_a_bias_that_learns() -> None:
    """Values and all four gradients are those of PyTorch's attention, in float64."""
    generator = torch.Generator().manual_seed(0)
    shapes = ((2, 5, 3, 7, 4), (2, 5, 3, 6, 4), (2, 5, 3, 6, 4), (2, 1, 3, 7, 6))
    inputs = [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for shape in shapes]
    expected = torch.nn.functional.scaled_dot_product_attention(*inputs[:3], attn_mask=inputs[3])
    found = attend(*inputs)
    torch.testing.assert_close(found, expected)
    weight = torch.randn(expected.shape, generator=generator, dtype=torch.float64)
    for left, right in zip(*(torch.autograd.grad((one * weight).sum(), inputs) for one in (found, expected)), strict=True):
        torch.testing.assert_close(left, right)


def test_shared_dropout() -> None:
    """One mask along the shared axis, the expectation kept, and nothing in evaluation."""
    torch.manual_seed(0)
    dropout, ones = SharedDropout(0.25, shared_dim=-3), torch.ones(6, 400, 50)
    dropped = dropout(ones)
    assert torch.equal(dropped, dropped[:1].expand_as(dropped))
    assert dropped.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert abs(float(dropped.mean()) - 1.0) < 0.02
    assert torch.equal(dropout.eval()(ones), ones)


def kept_bytes(model: torch.nn.Module, features: FoldFeatures, *, checkpointing: bool) -> int:
    """Activations that wait for the backward pass, each storage counted once."""
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with execution(checkpointing=checkpointing), torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        output = model(features)
        output.pair.sum().backward()
    return sum(kept.values())


def test_checkpointing_spares_memory() -> None:
    """Of six blocks little more is kept than what goes from one to the next; dropout and gradients stay to the bit."""
    stack = replace(tiny_config().evoformer, num_blocks=6)
    model = AlphaFold(replace(tiny_config(templates=False), evoformer=stack)).train()
    fill_parameters(model)
    features = random_features(templates=0)
    kept, gradients = [], []
    for checkpointing in (False, True):
        model.zero_grad()
        torch.manual_seed(0)
        kept.append(kept_bytes(model, features, checkpointing=checkpointing))
        gradients.append(torch.cat([p.grad.flatten() for p in model.evoformer.parameters() if p.grad is not None]))
    assert kept[1] < 0.4 * kept[0]
    assert torch.equal(gradients[0], gradients[1])


def test_products_in_bfloat16() -> None:
    """Within the context only, and only in the stacks: parameters, what goes between blocks, structure and heads stay float32."""
    model, features = tiny_network(templates=False), random_features(num_passes=1, templates=0)
    expected = model(features)
    seen = []
    product = model.evoformer.blocks[0].msa_transition.widen
    product.register_forward_hook(lambda module, arguments, output: seen.append(output.dtype))
    handles = [
        part.register_forward_hook(lambda module, arguments, output: seen.append(output.dtype))
        for part in (model.distogram_head, model.structure_module.input, model.single)
    ]
    with execution(product_dtype=torch.bfloat16):
        found = model(features)
    assert seen == [torch.bfloat16, torch.float32, torch.float32, torch.float32]
    assert found.pair.dtype == torch.float32
    difference = (found.pair - expected.pair).square().mean().sqrt() / expected.pair.square().mean().sqrt()
    assert 0 < difference < 0.1
    found.pair.sum().backward()
    assert all(parameter.grad.dtype == torch.float32 for parameter in model.parameters() if parameter.grad is not None)
    for handle in handles:
        handle.remove()
    model(features)
    assert seen[4:] == [torch.float32]


@torch.no_grad()
def test_bfloat16_is_near_float32() -> None:
    """The trunk in bfloat16, results in float32."""
    features = random_features(num_passes=1)
    expected = tiny_network()(features)
    reduced = tiny_network()
    reduced.set_trunk_dtype(torch.bfloat16)
    found = reduced(features)
    assert reduced.trunk_dtype == torch.bfloat16
    assert found.atom37_positions.dtype == found.pae_logits.dtype == torch.float32
    scale = expected.pair.square().mean().sqrt()
    difference = (found.pair - expected.pair).square().mean().sqrt() / scale
    assert 0 < difference < 0.1
