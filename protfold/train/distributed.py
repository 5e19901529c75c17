"""`World`: the processes that train together, one by default, several under `torchrun`."""

import datetime
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed
from torch import Tensor

T = TypeVar("T")

TIMEOUT = datetime.timedelta(hours=6)
"""How long a process waits for the others; they may be at a long validation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """One process among those that share a step's examples.

    Attributes:
        rank: number of this process; 0 writes the files.
        size: number of processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes."""
        return self.rank == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """The items that this process works on: every `size`-th."""
        return items[self.rank :: self.size]

    def add_up(self, values: Tensor) -> None:
        """Replaces values by their sums over the processes."""
        if self.size > 1:
            torch.distributed.all_reduce(values)

    def gather(self, items: Sequence[T]) -> list[T]:
        """The items of all processes, in the order that `share` took them from."""
        if self.size == 1:
            return list(items)
        parts: list[Any] = [None] * self.size
        torch.distributed.all_gather_object(parts, list(items))
        longest = max(len(part) for part in parts)
        return [part[position] for position in range(longest) for part in parts if position < len(part)]


def local_device(device: torch.device) -> torch.device:
    """The device of this process: under `torchrun`, each takes a graphics card of its own."""
    if device.type == "cuda" and "LOCAL_RANK" in os.environ:
        return torch.device("cuda", int(os.environ["LOCAL_RANK"]))
    return device


@contextmanager
def joined_world(device: torch.device) -> Iterator[World]:
    """The processes that `torchrun` started, joined for the length of the context; a world of one without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield World()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo", timeout=TIMEOUT)
    try:
        yield World(rank=torch.distributed.get_rank(), size=size)
    finally:
        torch.distributed.destroy_process_group()
