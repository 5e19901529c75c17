"""How blocks compute: the one object that knows about chunk sizes and attention kernels.

A block describes its mathematics for a slice of rows and asks `by_rows` to apply it; whether that happens at once or in chunks is decided
here, by the innermost `execution(...)` context.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from protfold.typing import Float

MASKED = -1e9
CACHED_LOGITS = 2**20
"""Attention logits held at a time in bfloat16 on a CPU: 2 MiB."""

_chunk_elements: ContextVar[int | None] = ContextVar("chunk_elements", default=None)
_checkpointing: ContextVar[bool] = ContextVar("checkpointing", default=False)
_product_dtype: ContextVar[torch.dtype | None] = ContextVar("product_dtype", default=None)


@contextmanager
def execution(
    *, chunk_elements: int | None = None, checkpointing: bool = False, product_dtype: torch.dtype | None = None
) -> Iterator[None]:
    """Sets how blocks compute within the context.

    Args:
        chunk_elements: largest number of elements of a temporary array when no gradient is wanted; None computes everything at once.
        checkpointing: recompute each block in the backward pass instead of keeping its activations.
        product_dtype: type in which the blocks of the stacks multiply matrices, by PyTorch's autocast; parameters and the sums between
            blocks keep theirs. None leaves all as it is.
    """
    changes: tuple[tuple[ContextVar[Any], Any], ...] = (
        (_chunk_elements, chunk_elements),
        (_checkpointing, checkpointing),
        (_product_dtype, product_dtype),
    )
    tokens = [(variable, variable.set(value)) for variable, value in changes]
    try:
        yield
    finally:
        for variable, token in tokens:
            variable.reset(token)


def by_rows(function: Callable[[slice], Tensor], *, num_rows: int, row_elements: int, dim: int = -3) -> Tensor:
    """`function(slice(None))`, computed chunk by chunk along the axis `dim` of its result.

    Args:
        function: gives the result for a slice of rows; each row must not depend on the others.
        num_rows: length of that axis.
        row_elements: elements of all temporaries that one row needs.
    """
    budget = _chunk_elements.get()
    rows = num_rows if budget is None else max(1, budget // max(1, row_elements))
    if rows >= num_rows or torch.is_grad_enabled():
        return function(slice(None))
    first = function(slice(0, rows))
    shape = list(first.shape)
    shape[dim] = num_rows
    result = first.new_empty(shape)
    result.narrow(dim, 0, rows).copy_(first)
    for start in range(rows, num_rows, rows):
        stop = min(start + rows, num_rows)
        result.narrow(dim, start, stop - start).copy_(function(slice(start, stop)))
    return result


def add_update(representation: Tensor, update: Tensor) -> Tensor:
    """`representation + update`, in place when no gradient is wanted."""
    if torch.is_grad_enabled():
        return representation + update
    return representation.add_(update)


def run_block(block: Callable[..., tuple[Tensor, Tensor]], *tensors: Tensor | None) -> tuple[Tensor, Tensor]:
    """One block of a stack, in reduced precision or recomputed in the backward pass if the context asks for it."""
    device = next(tensor.device for tensor in tensors if tensor is not None)
    with products_on(device):
        if _checkpointing.get() and torch.is_grad_enabled():
            updated: tuple[Tensor, Tensor] = checkpoint(block, *tensors, use_reentrant=False)
            return updated
        return block(*tensors)


def products_on(device: torch.device) -> AbstractContextManager[Any]:
    """Matrix products in the context's type, on the device."""
    dtype = _product_dtype.get()
    return nullcontext() if dtype is None else torch.autocast(device.type, dtype=dtype)


def mask_bias(mask: Float[Tensor, "*shape N_key"], like: Tensor) -> Float[Tensor, "*shape 1 1 N_key"]:
    """Attention bias over (heads, queries, keys) that rules masked keys out; a row of masked keys attends to all of them evenly."""
    return torch.where(mask[..., None, None, :] > 0, 0.0, MASKED).to(like.dtype)


def attend(
    query: Float[Tensor, "*rows H N_query C"],
    key: Float[Tensor, "*rows H N_key C"],
    value: Float[Tensor, "*rows H N_key C"],
    bias: Tensor | None,
) -> Float[Tensor, "*rows H N_query C"]:
    """Softmax attention, every attention of the network; `bias` broadcasts to [*rows, H, N_query, N_key]."""
    if torch.is_grad_enabled() and bias is not None and bias.requires_grad:
        return _softmax_attention(
            query, key, value, bias
        )  # what SDPA falls back to, without its search for rows that are masked whole
    if query.dtype == torch.bfloat16 and query.device.type == "cpu" and not torch.is_grad_enabled():
        return _attend_in_pieces(query, key, value, bias)
    return F.scaled_dot_product_attention(query, key, value, attn_mask=bias)


def _softmax_attention(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """By plain matrix products."""
    logits = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2)
    return torch.softmax(logits if bias is None else logits + bias, dim=-1) @ value


def _attend_in_pieces(query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
    """Over pieces of rows whose logits stay in the cache: plain bfloat16 products outrun SDPA on a CPU."""
    if query.dim() > 4:
        biases = [None] * len(query) if bias is None else bias.expand(len(query), *bias.shape[1:])
        return torch.stack([_attend_in_pieces(*parts) for parts in zip(query, key, value, biases, strict=True)])
    num_rows, num_heads, num_queries, c_head = query.shape
    bias = None if bias is None else bias.expand(num_rows, *bias.shape[1:])
    result = query.new_empty(num_rows, num_queries, num_heads, c_head).transpose(1, 2)
    rows = max(1, CACHED_LOGITS // (num_heads * num_queries * key.shape[-2]))
    for start in range(0, num_rows, rows):
        part = slice(start, start + rows)
        result[part] = _softmax_attention(query[part], key[part], value[part], None if bias is None else bias[part])
    return result
