"""Laws of `StageTimes`: every second between calls belongs to the stage at work, and to it alone."""

import pytest

from protfold.inference import StageTimes, progress


def test_stage_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time between stages counts for none; a stage begun again adds up."""
    clock = iter([0.0, 2.0, 10.0, 11.0, 14.0, 20.0, 20.5])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(clock))
    times = StageTimes()
    for call in [
        ("features", 0, 1),
        ("features", 1, 1),
        ("pass", 0, 2),
        ("pass", 1, 2),
        ("pass", 2, 2),
        ("pass", 0, 1),
        ("pass", 1, 1),
    ]:
        times(*call)
    assert times.seconds == {"features": 2.0, "pass": 4.5}
