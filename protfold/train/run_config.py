"""Settings of a training run that are the same for every network."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from protfold.errors import InputError
from protfold.model.runtime import RuntimeOptions
from protfold.train.data_config import path_below


@dataclass(frozen=True, kw_only=True, slots=True)
class RunConfig:
    """Where and how to train.

    Attributes:
        output: the run's folder; a checkpoint in it is continued.
        seed: of every random draw.
        device: `cpu`, `cuda`, `mps`, or `auto`: the CUDA device if there is one, else the CPU.
        dtype: in which the stacks multiply matrices; `bfloat16` leaves parameters, sums, structure module and heads in float32.
        threads: of the CPU; None leaves PyTorch's choice. Losses repeat exactly only for the same number.
        checkpoint_blocks: recompute the blocks of the stacks in the backward pass; less memory for more time.
        checkpoint_every: steps between checkpoints, which are what a stopped run loses at most.
        validate_every: steps between validations; 0 validates at the end only.
        max_skipped: examples in a row that may be left out because their loss or gradient is not finite.
        tensorboard: write for TensorBoard, too.

    Raises:
        InputError: a value out of range.
    """

    output: Path
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    dtype: Literal["float32", "bfloat16"] = "float32"
    threads: int | None = None
    checkpoint_blocks: bool = False
    checkpoint_every: int = 100
    validate_every: int = 0
    max_skipped: int = 100
    tensorboard: bool = False

    def __post_init__(self) -> None:
        RuntimeOptions(device=self.device, dtype=self.dtype, threads=self.threads)
        if self.checkpoint_every < 1:
            raise InputError(f"run.checkpoint_every = {self.checkpoint_every}; give 1 or more steps")
        for name in ("seed", "validate_every", "max_skipped"):
            if getattr(self, name) < 0:
                raise InputError(f"run.{name} = {getattr(self, name)}; give 0 or more")

    def relative_to(self, folder: Path) -> "RunConfig":
        """The same with the output taken from a folder."""
        return replace(self, output=path_below(folder, self.output))

    @property
    def product_dtype(self) -> torch.dtype | None:
        """The type of matrix products where it is not that of the parameters."""
        return torch.bfloat16 if self.dtype == "bfloat16" else None
