"""Laws of the Evoformer block."""

import torch

from protfold.model.evoformer import PairStack
from protfold.model.triangle_attention import TriangleAttention
from tests.support.networks import fill_parameters


@torch.no_grad()
def test_pair_stack_without_heads_is_one_whose_attention_adds_nothing() -> None:
    """Everything else of it has the same parameters and gives the same numbers."""
    sizes = {"c_z": 12, "c_triangle": 8, "c_head": 4, "transition_factor": 2}
    full, bare = PairStack(num_heads=2, **sizes).eval(), PairStack(num_heads=0, **sizes).eval()
    fill_parameters(full)
    for module in full.modules():
        if isinstance(module, TriangleAttention):
            module.attention.output.weight.zero_()
            module.attention.output.bias.zero_()
    bare.load_state_dict({name: value for name, value in full.state_dict().items() if not name.startswith("attend_")})
    generator = torch.Generator().manual_seed(0)
    pair = torch.randn(5, 5, 12, generator=generator)
    mask = torch.tensor([1.0, 1.0, 0.0, 1.0, 1.0])
    torch.testing.assert_close(bare(pair.clone(), mask[:, None] * mask), full(pair.clone(), mask[:, None] * mask))
    full.attend_starting.attention.output.bias.fill_(1.0)
    assert (bare(pair.clone(), None) - full(pair.clone(), None)).abs().max() > 1e-2
