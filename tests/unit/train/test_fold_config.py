"""Settings of a run: stages in a row, places, and what may change."""

from dataclasses import replace
from pathlib import Path

import pytest

from protfold.errors import InputError
from protfold.train.data_config import DataChoice
from protfold.train.fold_config import FoldTraining, ModelChoice, Stage
from protfold.train.run_config import RunConfig

PLAIN = FoldTraining(
    model=ModelChoice(preset="mini"),
    data=DataChoice(stores=(Path("store"), Path("../more"))),
    stage=(Stage(steps=3), Stage(steps=2)),
    run=RunConfig(output=Path("run")),
)


def test_stages_follow_one_another() -> None:
    assert [PLAIN.stage_number(step) for step in range(6)] == [1, 1, 1, 2, 2, 2]
    assert PLAIN.num_steps == 5
    assert PLAIN.may_grow == "stage[2].steps"


def test_paths_are_relative_to_a_folder() -> None:
    """Names of weights are no paths; absolute paths stay."""
    moved = PLAIN.relative_to(Path("/a/b"))
    assert moved.data.stores == (Path("/a/b/store"), Path("/a/more"))
    assert moved.run.output == Path("/a/b/run")
    for weights, expected in (("model_1", "model_1"), ("x.npz", "/a/b/x.npz"), ("c/d", "/a/b/c/d"), ("/e/x.npz", "/e/x.npz")):
        assert replace(PLAIN, model=ModelChoice(weights=weights)).relative_to(Path("/a/b")).model.weights == expected


def test_settings_leave_out_where_files_lie() -> None:
    """And nothing else."""
    given = replace(PLAIN, model=ModelChoice(weights="here/x.npz"))
    assert given.relative_to(Path("/a")).settings() == given.relative_to(Path("/b")).settings()
    for other in (
        replace(given, model=ModelChoice(weights="here/y.npz")),
        replace(given, model=PLAIN.model),
        replace(given, run=replace(given.run, threads=1)),
        replace(given, stage=(Stage(steps=3), Stage(steps=2, micro_batch=2))),
    ):
        assert other.settings() != given.settings()


@pytest.mark.parametrize("given", [{}, {"preset": "mini", "weights": "x"}])
def test_a_model_is_one_of_three(given: dict[str, str]) -> None:
    with pytest.raises(InputError, match="give one of preset, weights, architecture"):
        ModelChoice(**given)


@pytest.mark.parametrize("shares", [(1.0,), (-1.0, 2.0), (0.0, 0.0)])
def test_shares_belong_to_stores(shares: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="give one number for each of the 2 stores"):
        DataChoice(stores=PLAIN.data.stores, shares=shares)
