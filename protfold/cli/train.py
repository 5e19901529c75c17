"""`protfold train`: networks from data, by settings in a TOML file."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from protfold.cli import console, train_prepare
from protfold.cli.shared_options import SHARED, Debug, Quiet, Verbose
from protfold.errors import InputError, ProtfoldError
from protfold.runs.options import Device

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from protfold.train.design_config import DesignTraining
    from protfold.train.design_task import DesignTask
    from protfold.train.fold_config import FoldTraining
    from protfold.train.fold_task import FoldTask
    from protfold.train.loop import Trainer
    from protfold.train.pair_encoder_config import PairEncoderTraining
    from protfold.train.pair_encoder_task import PairEncoderTask
    from protfold.train.pretraining_config import PretrainingSettings
    from protfold.train.pretraining_task import PretrainingTask


app = typer.Typer(no_args_is_help=True, help="Train networks: data into a store, a store into weights.")

app.command("prepare")(train_prepare.prepare)

ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="All settings; docs/training.md says what there is.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check settings, data and weights, show the run, and leave.")]
SeedInstead = Annotated[int | None, typer.Option(min=0, help="Instead of run.seed of the file.", rich_help_panel=SHARED)]
DeviceInstead = Annotated[Device | None, typer.Option(help="Instead of run.device of the file.", rich_help_panel=SHARED)]
ThreadsInstead = Annotated[int | None, typer.Option(min=1, help="Instead of run.threads of the file.", rich_help_panel=SHARED)]


@app.command("fold")
@console.command
def fold(
    config: ConfigFile,
    dry_run: DryRun = False,
    seed: SeedInstead = None,
    device: DeviceInstead = None,
    threads: ThreadsInstead = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Train the folding network, or go on training published parameters.

    A run that was stopped at any moment goes on by the same command. Several processes: `torchrun --nproc-per-node 2 -m protfold
    train fold CONFIG.toml`.

    Exit status: 0 all steps done; 1 the run could not go on, its last checkpoint is kept; 2 bad settings or data, nothing started.
    """
    training = read_fold_training(config, {"seed": seed, "device": device, "threads": threads})
    from protfold.train.fold_run import fold_trainer

    _train(fold_trainer(training), _fold_facts, dry_run=dry_run, quiet=quiet, debug=debug)


@app.command("design")
@console.command
def design(
    config: ConfigFile,
    dry_run: DryRun = False,
    seed: SeedInstead = None,
    device: DeviceInstead = None,
    threads: ThreadsInstead = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Train the designer's network.

    A run that was stopped at any moment goes on by the same command. Several processes: `torchrun --nproc-per-node 2 -m protfold
    train design CONFIG.toml`.

    Exit status: 0 all steps done; 1 the run could not go on, its last checkpoint is kept; 2 bad settings or data, nothing started.
    """
    training = read_design_training(config, {"seed": seed, "device": device, "threads": threads})
    from protfold.train.design_run import design_trainer

    _train(design_trainer(training), _design_facts, dry_run=dry_run, quiet=quiet, debug=debug)


@app.command("pair-encoder")
@console.command
def pair_encoder(
    config: ConfigFile,
    dry_run: DryRun = False,
    seed: SeedInstead = None,
    device: DeviceInstead = None,
    threads: ThreadsInstead = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Train an encoder of pair maps to tell distances from co-evolution.

    A run that was stopped at any moment goes on by the same command. Several processes: `torchrun --nproc-per-node 2 -m protfold
    train pair-encoder CONFIG.toml`.

    Exit status: 0 all steps done; 1 the run could not go on, its last checkpoint is kept; 2 bad settings or data, nothing started.
    """
    training = read_pair_encoder_training(config, {"seed": seed, "device": device, "threads": threads})
    from protfold.train.pair_encoder_run import pair_encoder_trainer

    _train(pair_encoder_trainer(training), _pair_encoder_facts, dry_run=dry_run, quiet=quiet, debug=debug)


@app.command("pretrain")
@console.command
def pretrain(
    config: ConfigFile,
    dry_run: DryRun = False,
    seed: SeedInstead = None,
    device: DeviceInstead = None,
    threads: ThreadsInstead = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    debug: Debug = False,
) -> None:
    """Pretrain an encoder of pair maps on structures, by filling in what is removed from their maps.

    A run that was stopped at any moment goes on by the same command. Several processes: `torchrun --nproc-per-node 2 -m protfold
    train pretrain CONFIG.toml`.

    Exit status: 0 all steps done; 1 the run could not go on, its last checkpoint is kept; 2 bad settings or data, nothing started.
    """
    training = read_pretraining(config, {"seed": seed, "device": device, "threads": threads})
    from protfold.train.pretraining_run import pretraining_trainer

    _train(pretraining_trainer(training), _pretraining_facts, dry_run=dry_run, quiet=quiet, debug=debug)


def _train(
    ready: "AbstractContextManager[Trainer[Any]]",
    facts: "Callable[[Any, int], Iterator[tuple[str, str]]]",
    *,
    dry_run: bool,
    quiet: bool,
    debug: bool,
) -> None:
    """Takes the steps that are left, or shows what the run would be."""
    from protfold.cli.train_progress import training_progress
    from protfold.train.loop import BEST, FINAL

    with ready as trainer:
        if dry_run:
            for topic, value in facts(trainer.task, trainer.progress.step):
                console.out.print(f"{topic:<12}{console.printable(value)}", markup=False, highlight=False)
            return
        is_first = trainer.world.is_first
        try:
            with training_progress(quiet=quiet or not is_first) as progress:
                trainer.train(progress)
        except ProtfoldError as error:
            console.stop(str(error), console.FAILED, error if debug else None)
        if is_first:
            console.logger.info("weights in %s: %s (last step), %s (best validation)", trainer.run.output, FINAL, BEST)


def read_fold_training(path: Path, instead: Mapping[str, object] | None = None) -> "FoldTraining":
    """The settings of `protfold train fold` in a file, whose paths are relative to it.

    Args:
        path: a TOML file.
        instead: values for its section `run`; None leaves what the file says.

    Raises:
        InputError: the file is no TOML, a key is unknown or missing, or a value cannot be used.
    """
    from protfold.train.fold_config import FoldTraining

    return _read_training(FoldTraining, path, instead)


def read_design_training(path: Path, instead: Mapping[str, object] | None = None) -> "DesignTraining":
    """The settings of `protfold train design`; as `read_fold_training`."""
    from protfold.train.design_config import DesignTraining

    return _read_training(DesignTraining, path, instead)


def read_pretraining(path: Path, instead: Mapping[str, object] | None = None) -> "PretrainingSettings":
    """The settings of `protfold train pretrain`; as `read_fold_training`."""
    from protfold.train.pretraining_config import PretrainingSettings

    return _read_training(PretrainingSettings, path, instead)


def read_pair_encoder_training(path: Path, instead: Mapping[str, object] | None = None) -> "PairEncoderTraining":
    """The settings of `protfold train pair-encoder`; as `read_fold_training`."""
    from protfold.train.pair_encoder_config import PairEncoderTraining

    return _read_training(PairEncoderTraining, path, instead)


def _read_training(kind: type[Any], path: Path, instead: Mapping[str, object] | None) -> Any:
    """Settings of a class of them."""
    from protfold.weights.plain_data import from_plain

    table = read_toml(path)
    try:
        training = from_plain(kind, table, "the file")
        given = {name: value for name, value in (instead or {}).items() if value is not None}
        return replace(training, run=replace(training.run, **given)).relative_to(path.parent)
    except InputError as error:
        raise InputError(error.problem, file=path) from error
    except ValueError as error:
        raise InputError(str(error).replace("the file.", ""), file=path) from error


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a TOML file.

    Raises:
        InputError: it is missing, or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no TOML file: {error}", file=path) from error


def _fold_facts(task: "FoldTask", step: int) -> Iterator[tuple[str, str]]:
    yield from _common_facts(task)
    for number, stage in enumerate(task.training.stage, start=1):
        sizes = f"{stage.examples.batch_size} examples of up to {stage.examples.crop_size} residues, {stage.micro_batch} at a time"
        yield f"stage {number}", f"{stage.steps} steps of {sizes}"
    yield _output(task, step)


def _design_facts(task: "DesignTask", step: int) -> Iterator[tuple[str, str]]:
    yield from _common_facts(task)
    training = task.training
    sizes = (
        f"{training.examples.batch_size} chains of up to {training.examples.crop_size} residues, {training.micro_batch} at a time"
    )
    yield "steps", f"{training.steps} of {sizes}"
    yield _output(task, step)


def _pair_encoder_facts(task: "PairEncoderTask", step: int) -> Iterator[tuple[str, str]]:
    yield from _common_facts(task)
    training, examples = task.training, task.training.examples
    sizes = f"{examples.batch_size} maps of up to {examples.crop_size} residues, {training.micro_batch} at a time"
    yield "backbone", task.model.config.backbone
    yield "steps", f"{training.steps} of {sizes}"
    yield _output(task, step)


def _pretraining_facts(task: "PretrainingTask", step: int) -> Iterator[tuple[str, str]]:
    yield from _common_facts(task)
    training, examples = task.training, task.training.examples
    sizes = f"{examples.batch_size} maps of up to {examples.crop_size} residues, {training.micro_batch} at a time"
    yield "steps", f"{training.steps} of {sizes}"
    yield "removed", f"{examples.ratio:.0%}, {'windows' if task.model.config.lomar is not None else examples.pattern}"
    yield _output(task, step)


def _common_facts(task: "FoldTask | DesignTask | PairEncoderTask | PretrainingTask") -> Iterator[tuple[str, str]]:
    learning = sum(parameter.numel() for parameter in task.model.parameters() if parameter.requires_grad)
    yield "network", f"{learning:,} parameters that learn, on {task.device}, {task.training.run.dtype}"
    for store in task.data.learned:
        yield "data", f"{store.folder}: {len(store)} chains, {int((store.table.depth > 0).sum())} of them with an alignment"
    yield "validation", f"{len(task.data.validated)} chains"


def _output(task: "FoldTask | DesignTask | PairEncoderTask | PretrainingTask", step: int) -> tuple[str, str]:
    return "output", f"{task.training.run.output}: {step} of {task.num_steps} steps done"
