"""The peak is that of the stage, not of the whole process."""

import numpy as np
import pytest

from protfold.runs.peak_memory import PeakMemory


def test_sees_what_was_held_and_forgets_it_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("protfold.runs.peak_memory._cuda", lambda: None)
    before = PeakMemory()
    base = before.mib()
    held = np.ones(30_000_000)
    assert before.mib() - base > 150
    del held
    try:
        open("/proc/self/clear_refs", "w").close()
    except OSError:
        pytest.skip("only Linux can start the count anew")
    assert PeakMemory().mib() < base + 100
