"""When connections are refused."""

import os
import subprocess
import sys

import pytest

from protfold.io.network import OFFLINE_VARIABLE, go_offline, is_offline


@pytest.mark.parametrize(("value", "refused"), [("", False), ("0", False), ("1", True), ("yes", True)])
def test_the_variable_decides(monkeypatch: pytest.MonkeyPatch, value: str, refused: bool) -> None:
    monkeypatch.setenv(OFFLINE_VARIABLE, value)
    assert is_offline() is refused
    monkeypatch.delenv(OFFLINE_VARIABLE)
    assert not is_offline()


def test_processes_started_afterwards_refuse_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFFLINE_VARIABLE, "")
    go_offline()
    code = "from protfold.io.network import is_offline; print(is_offline())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert run.stdout == "True\n"
