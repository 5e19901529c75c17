"""Where and how to compute: settings that change speed and rounding, never what is computed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from protfold.errors import InputError

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("float32", "bfloat16")


@dataclass(frozen=True, kw_only=True, slots=True)
class RuntimeOptions:
    """Device, precision, threads and memory of a predictor.

    Attributes:
        device: `cpu`, `cuda`, `mps`, or `auto`: the CUDA device if there is one, else the CPU.
        dtype: `float32` or `bfloat16`, of the trunk; the structure module and the heads compute in float32 always.
        threads: of the CPU; None leaves PyTorch's choice. Bytes repeat exactly only for the same number of threads.
        max_memory_gib: use no more than this; None for what is free when a prediction starts.

    Raises:
        InputError: a value out of range.
    """

    device: str = "auto"
    dtype: str = "float32"
    threads: int | None = None
    max_memory_gib: float | None = None

    def __post_init__(self) -> None:
        for name, known in (("device", DEVICES), ("dtype", DTYPES)):
            if getattr(self, name) not in known:
                raise InputError(f"{name} = {getattr(self, name)!r}; give one of {', '.join(known)}")
        if self.threads is not None and self.threads < 1:
            raise InputError(f"threads = {self.threads}; give 1 or more")
        if self.max_memory_gib is not None and not self.max_memory_gib > 0.0:
            raise InputError(f"max_memory_gib = {self.max_memory_gib}; give a positive number")

    @property
    def torch_dtype(self) -> torch.dtype:
        """The trunk's type."""
        return torch.bfloat16 if self.dtype == "bfloat16" else torch.float32

    def torch_device(self) -> torch.device:
        """The device to use.

        Raises:
            InputError: PyTorch sees no such device here.
        """
        available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        if self.device == "auto":
            return torch.device("cuda" if available["cuda"] else "cpu")
        if not available[self.device]:
            raise InputError(f"device {self.device}: PyTorch {torch.__version__} finds none here; use --device auto or cpu")
        return torch.device(self.device)


@contextmanager
def cpu_threads(threads: int | None) -> Iterator[None]:
    """PyTorch's number of threads within the context; None leaves it."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
