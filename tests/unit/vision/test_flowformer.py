"""Flow attention: conservation, the quadratic form, permutations, cost, causality; the published network."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.flowformer import FLOWFORMER, FlowAttention, Flowformer, causal_flow_attention, conserved_flows, flow_attention
from protfold.vision.picture_classifier import PictureClassifier
from tests.support.backbones import pair_maps, randomize, small_backbone

NO_EPSILON = 1e-30
"""Too small to be seen, but it keeps absent tokens from 0 / 0."""


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def tokens(number: int, *, channels: int = 5, heads: int = 3) -> Tensor:
    return 2.0 * torch.randn(2, heads, number, channels, dtype=torch.float64)


def presence(number: int, present: int) -> Tensor:
    """1 for `present` tokens of the second sample, in no order, and for all of the first."""
    mask = torch.ones(2, 1, number, dtype=torch.float64)
    mask[1, 0, torch.randperm(number)[present:]] = 0.0
    return mask


def quadratic(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Of one head, every product by itself, without epsilon; to the definition."""
    queries, keys = queries.sigmoid(), keys.sigmoid()
    weights = queries @ keys.T
    incoming, outgoing = weights.sum(1), weights.sum(0)
    conserved_incoming = (weights / outgoing).sum(1)
    conserved_outgoing = (weights / incoming[:, None]).sum(0)
    competition = conserved_outgoing.clamp(-1, 1).softmax(0) * len(keys)
    allocation = torch.sigmoid(conserved_incoming * len(queries) / len(keys))
    return allocation[:, None] * (weights / incoming[:, None]) @ (values * competition[:, None])


def quadratic_causal(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Of one head, token by token; every sum is a mean over those up to the token."""
    queries, keys = queries.sigmoid(), keys.sigmoid()
    length = len(queries)
    incoming = [(keys[: i + 1] @ queries[i]).mean() for i in range(length)]
    outgoing = [(queries[: i + 1] @ keys[i]).mean() for i in range(length)]
    conserved_in, strength, rows = [], [], []
    for i in range(length):
        conserved_in.append(torch.stack([queries[i] @ keys[j] / outgoing[j] for j in range(i + 1)]).mean())
        out = torch.stack([keys[i] @ queries[j] / incoming[j] for j in range(i + 1)]).mean()
        strength.append(out.clamp(-1, 1).exp())
        value = torch.zeros(values.shape[1], dtype=values.dtype)
        for j in range(i + 1):
            competition = strength[j] / torch.stack(strength[: j + 1]).sum() * (j + 1)
            value += (queries[i] @ keys[j]) / (incoming[i] * (i + 1)) * competition * values[j]
        rows.append(torch.sigmoid(conserved_in[i]) * value)
    return torch.stack(rows)


def test_flows_are_conserved() -> None:
    queries, keys = tokens(7).sigmoid(), tokens(11).sigmoid()
    flow = conserved_flows(queries, keys, eps=NO_EPSILON)
    torch.testing.assert_close(flow.incoming.sum(-2), flow.outgoing.sum(-2), rtol=1e-12, atol=0.0)
    torch.testing.assert_close(flow.conserved_incoming.sum(-2), torch.full((2, 3, 1), 11.0, dtype=torch.float64))
    torch.testing.assert_close(flow.conserved_outgoing.sum(-2), torch.full((2, 3, 1), 7.0, dtype=torch.float64))
    shares = (queries / flow.incoming) @ keys.transpose(-1, -2)
    torch.testing.assert_close(shares.sum(-1), torch.ones(2, 3, 7, dtype=torch.float64))


def test_flows_are_conserved_among_those_present() -> None:
    sinks, sources = presence(7, 4), presence(11, 6)
    queries, keys = tokens(7).sigmoid() * sinks[..., None], tokens(11).sigmoid() * sources[..., None]
    flow = conserved_flows(queries, keys, eps=NO_EPSILON)
    counts = [
        (one * mask[..., None]).sum(-2) for one, mask in ((flow.conserved_incoming, sinks), (flow.conserved_outgoing, sources))
    ]
    torch.testing.assert_close(counts[0][:, 0, 0], torch.tensor([11.0, 6.0], dtype=torch.float64))
    torch.testing.assert_close(counts[1][:, 0, 0], torch.tensor([7.0, 4.0], dtype=torch.float64))


def test_linear_form_equals_the_quadratic() -> None:
    queries, keys, values = tokens(7), tokens(11), tokens(11, channels=4)
    result = flow_attention(queries, keys, values, eps=NO_EPSILON)
    for sample in range(2):
        for head in range(3):
            expected = quadratic(queries[sample, head], keys[sample, head], values[sample, head])
            torch.testing.assert_close(result[sample, head], expected, rtol=1e-10, atol=1e-12)


def test_released_epsilon_is_hardly_seen() -> None:
    queries, keys, values = tokens(9), tokens(9), tokens(9)
    torch.testing.assert_close(
        flow_attention(queries, keys, values), flow_attention(queries, keys, values, eps=NO_EPSILON), rtol=1e-4, atol=1e-5
    )


def test_absent_tokens_as_none() -> None:
    sinks, sources = presence(7, 4), presence(11, 6)
    queries, keys, values = tokens(7), tokens(11), tokens(11)
    result = flow_attention(queries, keys, values, sources, sinks)[1][:, sinks[1, 0] > 0]
    here, there = sinks[1, 0] > 0, sources[1, 0] > 0
    torch.testing.assert_close(
        result, flow_attention(queries[1][:, here], keys[1][:, there], values[1][:, there]), rtol=1e-5, atol=1e-6
    )


def test_absent_tokens_are_not_felt_and_have_no_gradient() -> None:
    mask = presence(8, 5)
    inputs = [tokens(8).requires_grad_() for _ in range(3)]
    flow_attention(*inputs, mask, mask)[1][:, mask[1, 0] > 0].sum().backward()
    for one in inputs:
        assert one.grad is not None
        assert not one.grad[1][:, mask[1, 0] == 0].any()
        assert one.grad[1][:, mask[1, 0] > 0].any()


def test_no_token_at_all() -> None:
    result = flow_attention(tokens(3), tokens(4), tokens(4), torch.zeros(2, 1, 4), torch.ones(2, 1, 3))
    assert not result.any()


def test_attention_knows_no_order() -> None:
    attention = randomize(FlowAttention(12, 3).double())
    x = torch.randn(1, 10, 12, dtype=torch.float64)
    order = torch.randperm(10)
    torch.testing.assert_close(attention(x[:, order]), attention(x)[:, order], rtol=1e-12, atol=1e-12)


def test_cost_of_a_token_does_not_depend_on_their_number() -> None:
    costs = []
    for number in (256, 2048):
        with torch.device("meta"), FlopCounterMode(display=False) as counter:
            FlowAttention(32, 4)(torch.empty(1, number, 32))
        costs.append(counter.get_total_flops() / number)
    assert costs[0] == costs[1]


def test_heads_that_do_not_divide_the_channels() -> None:
    """As in the defaults of the released class."""
    with pytest.raises(InputError, match="64 channels cannot be divided among 12 heads"):
        Flowformer(3, hidden=(64, 128), num_heads=12)


def test_causal_form_token_by_token() -> None:
    queries, keys, values = tokens(6, heads=1), tokens(6, heads=1), tokens(6, heads=1)
    result = causal_flow_attention(queries, keys, values, eps=0.0)
    for sample in range(2):
        expected = quadratic_causal(queries[sample, 0], keys[sample, 0], values[sample, 0])
        torch.testing.assert_close(result[sample, 0], expected, rtol=1e-11, atol=1e-12)


def test_causal_form_knows_nothing_later() -> None:
    inputs = [tokens(9) for _ in range(3)]
    later = [torch.cat([one[..., :5, :], tokens(4)], dim=-2) for one in inputs]
    assert torch.equal(causal_flow_attention(*inputs)[..., :5, :], causal_flow_attention(*later)[..., :5, :])


def test_one_stage_of_single_pixels_commutes_with_transposition() -> None:
    """Whatever the weights are, as with any permutation of pairs."""
    net = small_backbone("flowformer", hidden=(8,), depths=(2,), patch_size=1, symmetry="none")
    x = pair_maps(9)
    ((one, _),) = net(x)
    ((other, _),) = net(x.transpose(-1, -2))
    torch.testing.assert_close(other.transpose(-1, -2), one, rtol=1e-11, atol=1e-11)


def test_every_pixel_reads_every_other() -> None:
    net = small_backbone("flowformer", hidden=(8,), depths=(1,), patch_size=1)
    x = pair_maps(7, batch=1).requires_grad_()
    net(x)[0][0][0, 0, 0, 6].backward()
    assert x.grad is not None
    assert (x.grad[0].abs().amax(0) > 0).all()


def test_positions_bind_to_a_length() -> None:
    net = small_backbone("flowformer", length=10, symmetry="none")
    assert net(pair_maps(10))[0][0].shape[-1] == 5
    with pytest.raises(InputError, match="positions for length 10"):
        net(pair_maps(20))
    with pytest.raises(InputError, match="absolute positions are not symmetric"):
        small_backbone("flowformer", length=10, symmetry="kernel")


def test_published_size_and_cost() -> None:
    """Of the released class; the paper's table has 41 M and 6.3 G."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        net = PictureClassifier(Flowformer(3, **FLOWFORMER), final_norm=nn.LayerNorm(768))  # type: ignore[arg-type]
        net(torch.empty(1, 3, 224, 224))
    assert sum(parameter.numel() for parameter in net.parameters()) == 43_311_304
    assert counter.get_total_flops() / 2e9 == pytest.approx(6.87, abs=0.005)
