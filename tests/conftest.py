"""Settings of every test."""

import pytest
import torch
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)  # a change is judged by the examples that the one before it met
settings.load_profile("repeatable")
torch.set_num_threads(1)  # the arrays are small, and waiting for a second thread is what takes the time on a busy machine


@pytest.fixture(autouse=True)
def _no_gradients_left_on() -> None:
    """Each test starts with gradients enabled, whatever the one before it did."""
    torch.set_grad_enabled(True)
