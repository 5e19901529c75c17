"""Laws of the runtime settings."""

import pytest
import torch

from protfold.errors import InputError
from protfold.inference import RuntimeOptions
from protfold.model.runtime import cpu_threads


@pytest.mark.parametrize(
    "wrong", [{"device": "gpu"}, {"dtype": "float16"}, {"threads": 0}, {"max_memory_gib": 0.0}, {"max_memory_gib": float("nan")}]
)
def test_values_out_of_range(wrong: dict[str, object]) -> None:
    """The message names the setting."""
    with pytest.raises(InputError, match=next(iter(wrong))):
        RuntimeOptions(**wrong)


def test_devices_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for by name they are an error; `auto` takes what there is."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for device in ("cuda", "mps"):
        with pytest.raises(InputError, match=f"device {device}: .* finds none here"):
            RuntimeOptions(device=device).torch_device()
    assert RuntimeOptions().torch_device().type == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert RuntimeOptions().torch_device().type == "cuda"


def test_threads_hold_within_the_context() -> None:
    """The number before comes back, also after an error; None changes nothing."""
    before, within = torch.get_num_threads(), []

    def fail() -> None:
        with cpu_threads(before + 1):
            within.append(torch.get_num_threads())
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (within, torch.get_num_threads()) == ([before + 1], before)
    with cpu_threads(None):
        assert torch.get_num_threads() == before
