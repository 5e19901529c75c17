"""The loop on a toy: it learns, clips, averages, skips, validates, and continues to the bit."""

import json
import logging
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from protfold.errors import InputError, TrainingError
from protfold.train.distributed import World
from protfold.train.loop import BEST, CHECKPOINT, FINAL, Trainer
from protfold.train.optimizer import OptimizerConfig
from protfold.train.run_config import RunConfig
from tests.support.toy_task import ToyTask

OPTIMIZER = OptimizerConfig(peak_rate=0.05, warmup_steps=2, clip_norm=1.0, average_decay=0.8)


def trainer(folder: Path, task: ToyTask | None = None, **changes: Any) -> Trainer[Any]:
    settings = {"steps": 12, "kind": "toy", "width": 3} | changes.pop("settings", {})
    return Trainer(
        task or ToyTask(),
        RunConfig(output=folder, checkpoint_every=changes.pop("checkpoint_every", 3), **changes),
        OPTIMIZER,
        settings=settings,
        may_grow="steps",
    )


def lines(path: Path) -> list[dict[str, Any]]:
    """Records without their times."""
    return [
        {name: value for name, value in json.loads(line).items() if name != "seconds"} for line in path.read_text().splitlines()
    ]


def test_it_learns_and_writes_a_line_a_step(tmp_path: Path) -> None:
    trainer(tmp_path, ToyTask(60)).train()
    records = lines(tmp_path / "metrics.jsonl")
    assert [record["step"] for record in records] == list(range(1, 61))
    assert records[-1]["examples"] == 240
    assert {"rate", "gradient_norm", "clipped", "error", "total", "skipped"} < set(records[0])
    assert sum(record["error"] for record in records[-10:]) < 0.3 * sum(record["error"] for record in records[:10])


def test_a_step_is_adam_on_the_mean_of_clipped_gradients(tmp_path: Path) -> None:
    """Against autograd and torch's own clipping, one example at a time; micro-batches of two are clipped in pairs."""
    for micro_batch in (1, 2):
        task = ToyTask(micro_batch=micro_batch)
        task.model.noise.p = 0.0
        reference = torch.nn.Linear(3, 1)
        reference.load_state_dict(task.model.line.state_dict())
        mean = [torch.zeros_like(parameter) for parameter in reference.parameters()]
        norms = []
        for start in range(0, 4, micro_batch):
            reference.zero_grad()
            x = task.batch(0, range(start, start + micro_batch))
            (0.5 * (reference(x)[:, 0] - x.sum(-1)).square()).mean().backward()
            norms.append(float(torch.nn.utils.clip_grad_norm_(reference.parameters(), 1.0)))
            for total, parameter in zip(mean, reference.parameters(), strict=True):
                total += parameter.grad / (4 // micro_batch)  # type: ignore[operator]
        run = trainer(tmp_path / str(micro_batch), task)
        record = run.take_step()
        for parameter, expected in zip(task.model.line.parameters(), mean, strict=True):
            torch.testing.assert_close(parameter.grad, expected)
        assert record["gradient_norm"] == pytest.approx(sum(norms) / len(norms), rel=1e-5)
        assert record["clipped"] == pytest.approx(sum(norm > 1.0 for norm in norms) / len(norms), rel=1e-5)
        assert max(norms) > 1.0


@pytest.mark.parametrize("stopped_after", [0, 2, 3, 7])
def test_a_stopped_run_ends_as_a_whole_one(tmp_path: Path, stopped_after: int) -> None:
    """Dropout, weights, averages, optimiser, best validation and both logs, to the last bit; lines past the checkpoint are redone."""
    trainer(tmp_path / "whole", validate_every=4).train()
    stopped = trainer(tmp_path / "parts", validate_every=4)

    class Stop(Exception):
        pass

    def stop(record: object, take: Any = stopped.take_step) -> Any:
        if stopped.progress.step == stopped_after:
            raise Stop
        return take()

    stopped.take_step = lambda: stop(None)  # type: ignore[method-assign]
    with pytest.raises(Stop):
        stopped.train()
    with (tmp_path / "parts" / "metrics.jsonl").open("a") as file:
        file.write('{"step": 999')  # torn
    (tmp_path / "parts" / ".protfold-0.tmp").write_text("a checkpoint that was not finished")
    continued = trainer(tmp_path / "parts", validate_every=4)
    assert continued.progress.step == stopped_after // 3 * 3
    continued.train()
    for name in ("metrics.jsonl", "validation.jsonl"):
        assert lines(tmp_path / "parts" / name) == lines(tmp_path / "whole" / name)
    for name in (BEST, FINAL):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    assert sorted(file.name for file in (tmp_path / "parts").iterdir()) == [
        "best.safetensors", "checkpoint.pt", "final.safetensors", "metrics.jsonl", "validation.jsonl",
    ]  # fmt: skip
    whole, parts = (torch.load(tmp_path / kind / CHECKPOINT, weights_only=True) for kind in ("whole", "parts"))
    assert whole["progress"] == parts["progress"]
    for kind in ("model", "average"):
        for name, value in whole[kind].items():
            assert torch.equal(value, parts[kind][name])


def test_the_average_is_validated_and_exported(tmp_path: Path) -> None:
    """Not the weights themselves, which come back afterwards."""
    task = ToyTask()
    run = trainer(tmp_path, task, validate_every=5)
    run.train()
    assert [record["step"] for record in lines(tmp_path / "validation.jsonl")] == [5, 10, 12]
    assert torch.equal(task.validated[-1], run.average.values["line.weight"])
    assert not torch.equal(task.model.line.weight, run.average.values["line.weight"])
    assert (tmp_path / FINAL).read_text() == f"12 {run.average.values['line.weight'].tolist()}\n"


def test_the_best_is_kept(tmp_path: Path) -> None:
    """A later validation that is worse changes nothing."""
    task = ToyTask()
    run = trainer(tmp_path, task, validate_every=5)
    distances = iter([2.0, 1.0, 3.0])
    task.validate = lambda world: {"distance": next(distances)}  # type: ignore[method-assign]
    run.train()
    assert (tmp_path / BEST).read_text().startswith("10 ")
    assert [record["best_step"] for record in lines(tmp_path / "validation.jsonl")] == [5, 10, 10]


def test_a_bad_example_is_skipped_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Only its micro-batch; the others are learned from, and weights stay finite."""
    run = trainer(tmp_path, ToyTask(spoiled=frozenset({(1, 2)})))
    with caplog.at_level(logging.WARNING, logger="protfold"):
        first, second, third = (run.take_step() for _ in range(3))
    assert [record["skipped"] for record in (first, second, third)] == [0, 1, 1]
    assert [record["examples"] for record in (first, second, third)] == [4, 7, 11]
    assert math.isfinite(second["total"] or math.nan)
    assert "step 2: examples [2] are left out, not finite: error, total" in caplog.text


def test_a_step_of_bad_examples_leaves_the_weights_alone(tmp_path: Path) -> None:
    run = trainer(tmp_path, ToyTask(spoiled=frozenset((0, index) for index in range(4))))
    before = {name: value.clone() for name, value in run.task.model.state_dict().items()}
    record = run.take_step()
    assert record["total"] is None
    assert record["step"] == 1
    for name, value in run.task.model.state_dict().items():
        assert torch.equal(value, before[name])


def test_too_many_bad_examples_in_a_row_stop_the_run(tmp_path: Path) -> None:
    """Eight are allowed, so the third step of four stops it; a good example in between starts the count again."""
    spoiled = {(step, index) for step in (1, 2, 3, 5, 6, 7) for index in range(4)}
    run = trainer(tmp_path / "a", ToyTask(spoiled=frozenset(spoiled - {(2, 3)})), max_skipped=8)
    with pytest.raises(TrainingError, match="step 8: the last 12 examples gave no finite loss or gradient"):
        run.train()


def test_a_finished_run_may_be_made_longer_but_not_changed(tmp_path: Path) -> None:
    trainer(tmp_path).train()
    longer = trainer(tmp_path, ToyTask(15), settings={"steps": 15})
    longer.train()
    assert lines(tmp_path / "metrics.jsonl")[-1]["step"] == 15
    for settings, told in (
        ({"steps": 14}, "steps = 15, and now it is 14"),
        ({"steps": 15, "kind": "other"}, 'kind = "toy", and now it is "other"'),
        ({"steps": 15, "width": 4}, "width = 3, and now it is 4"),
        ({"steps": 15, "more": 1}, "more = absent, and now it is 1"),
    ):
        with pytest.raises(TrainingError, match=f"this run was begun with {told}"):
            trainer(tmp_path, settings=settings)


def test_a_damaged_checkpoint_is_told(tmp_path: Path) -> None:
    trainer(tmp_path).train()
    content = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(content[: len(content) // 2])
    with pytest.raises(TrainingError, match=r"checkpoint\.pt: damaged"):
        trainer(tmp_path)


def test_micro_batches_must_fit_the_processes(tmp_path: Path) -> None:
    run = Trainer(ToyTask(batch_size=3), RunConfig(output=tmp_path), OPTIMIZER, settings={}, world=World(rank=0, size=2))
    with pytest.raises(InputError, match="3 micro-batches of 1 cannot be shared evenly by 2 processes"):
        run.take_step()
