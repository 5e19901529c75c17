"""Settings of every test."""

import pytest
import torch

torch.set_num_threads(1)  # the arrays are small, and waiting for a second thread is what takes the time on a busy machine


@pytest.fixture(autouse=True)
def _no_gradients_left_on() -> None:
    """Each test starts with gradients enabled, whatever the one before it did."""
    torch.set_grad_enabled(True)
